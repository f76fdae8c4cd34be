import NIOCore
import QuizWire
import Testing

@testable import QuizClient

@Suite struct ReconnectDelayTests {
    let delay = ReconnectDelay(first: .milliseconds(300), most: .seconds(5))

    @Test func `the bound doubles up to its most, and the wait is anything below`() {
        #expect(
            [1, 2, 3, 4, 5, 6, 60].map { delay.delay(attempt: $0, draw: 1) }
                == [300, 600, 1_200, 2_400, 4_800, 5_000, 5_000].map { .milliseconds($0) })
        #expect(delay.delay(attempt: 6, draw: 0) == .zero)
        #expect(delay.delay(attempt: 2, draw: 0.5) == .milliseconds(300))
    }
}

@Suite struct ServerAddressTests {
    @Test func `an origin has a host, a port and a scheme`() throws {
        let plain = try ServerAddress("http://127.0.0.1:8080")
        #expect((plain.host, plain.port, plain.isSecure) == ("127.0.0.1", 8_080, false))
        let secure = try ServerAddress("https://Quiz.example.org")
        #expect((secure.host, secure.port, secure.isSecure) == ("quiz.example.org", 443, true))
        let six = try ServerAddress("http://[::1]:8080")
        #expect((six.host, six.port) == ("::1", 8_080))
    }

    @Test(arguments: [
        "", "quiz.example.org", "ws://quiz.example.org", "http://", "http://a:0", "http://a:x", "http://a/b",
        "http://u@a",
    ])
    func `anything else is refused`(text: String) {
        #expect(throws: QuizClientError.addressUnusable(text)) { try ServerAddress(text) }
    }
}

@Suite struct SeenEventsTests {
    private func event(_ name: ServerEventName, _ seq: Int? = nil, _ text: String = "{}") -> SeenEvents.Arrival {
        .init(name: name, payload: ByteBuffer(string: text), offset: nil, seq: seq)
    }

    @Test func `what the first connection gave the second one does not give again`() {
        var seen = SeenEvents()
        for seq in 1...7 { seen.note(event(.roomMember, seq)) }
        let held = [event(.roomState, 6), event(.gameCountdown, 7), event(.gameQuestion, 8)]
        #expect(seen.unseen(held).map(\.seq) == [8])
        #expect(SeenEvents().unseen(held).count == 3)
    }

    @Test func `a second connection that is a little behind says nothing twice`() {
        var seen = SeenEvents()
        #expect(!seen.isOld(event(.gameReveal, 3)))
        seen.note(event(.gameReveal, 7))
        #expect(seen.isOld(event(.gameReveal, 7)))
        #expect(!seen.isOld(event(.gameLeaderboard, 8)))
        // A whole state is a new beginning, also one that goes back.
        #expect(!seen.isOld(event(.roomState, 2)))
        func now(_ offset: String) -> SeenEvents.Arrival {
            .init(name: .presenceUpdate, payload: ByteBuffer(string: "{}"), offset: offset, seq: nil)
        }
        #expect(seen.isOld(now("ABCDEFG.6.00000000")))
        #expect(!seen.isOld(now("ABCDEFG.7.00000000")))
        #expect(!seen.isOld(now("-.0.00000000")))
    }

    @Test func `of what is so now only the last is given, and of talk everything`() {
        let held = [
            event(.presenceUpdate, nil, "1"), event(.chatMessage, nil, "2"), event(.presenceUpdate, nil, "3"),
            event(.chatMessage, nil, "4"), event(.roomMe, nil, "5"), event(.roomMe, nil, "6"),
        ]
        #expect(SeenEvents().unseen(held).map { String(buffer: $0.payload) } == ["2", "3", "4", "6"])
    }
}
