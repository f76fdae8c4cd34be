import NIOCore
import QuizModel
import QuizRoomHost
import QuizTestKit
import Testing

@testable import QuizGateway

struct PendingBroadcastsTests {
    private let members = (0..<6).map { _ in Member() }

    @Test func `events for the same members are given together`() {
        var pending = PendingBroadcasts()
        say("one", in: "ABCDEFG", to: [0, 1, 2], &pending)
        say("two", in: "HJKLMNP", to: [3, 4], &pending)
        say("three", in: "ABCDEFG", to: [0, 1, 2], &pending)
        let groups = pending.take()
        #expect(groups.map { $0.entries.map(\.message.text) } == [["one", "three"], ["two"]])
        #expect(groups.map(\.offset) == ["ABCDEFG.three.00000000", "HJKLMNP.two.00000000"])
        #expect(groups.map(\.isOnly) == [true, true])
        #expect(pending.isEmpty)
        say("four", in: "ABCDEFG", to: [0, 1, 2], &pending)
        #expect(pending.take().map { $0.entries.map(\.message.text) } == [["four"]])
    }

    @Test func `what one member is told does not overtake what all were told since the last time`() {
        var pending = PendingBroadcasts()
        say("me", in: "ABCDEFG", to: [1], &pending)
        say("question", in: "ABCDEFG", to: [0, 1, 2], &pending)
        say("me again", in: "ABCDEFG", to: [1], &pending)
        let groups = pending.take()
        #expect(shown(to: 1, groups) == ["me", "question", "me again"])
        #expect(groups.map(\.isOnly) == [false, false, false])
    }

    @Test func `every member is shown its room's events in the order in which they were said`() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<500 {
            var pending = PendingBroadcasts()
            var said: [[String]] = members.map { _ in [] }
            for number in 0..<Int.random(in: 1...12, using: &generator) {
                // Three members are in each of the two rooms.
                let room = Int.random(in: 0...1, using: &generator)
                let some = (0..<3).filter { _ in Bool.random(using: &generator) }.map { $0 + 3 * room }
                guard !some.isEmpty else { continue }
                say("\(number)", in: ["ABCDEFG", "HJKLMNP"][room], to: some, &pending)
                for member in some { said[member].append("\(number)") }
            }
            let groups = pending.take()
            #expect(members.indices.map { shown(to: $0, groups) } == said)
            for (member, events) in said.enumerated() where !events.isEmpty {
                let own = groups.filter { $0.sessions.contains { $0 === members[member] } }
                #expect(own.count == 1 || own.allSatisfy { !$0.isOnly })
            }
        }
    }

    private func say(_ text: String, in room: String, to numbers: [Int], _ pending: inout PendingBroadcasts) {
        let event = RoomEvent(name: text, payload: ByteBuffer(string: "{}"), offset: "\(room).\(text).00000000")
        let message = OutboundMessage(event: text, payloadJSON: event.payload)
        pending.add(message, event, to: numbers.map { members[$0] })
    }

    private func shown(to member: Int, _ groups: [PendingBroadcasts.Group]) -> [String] {
        groups.filter { $0.sessions.contains { $0 === members[member] } }.flatMap { $0.entries.map(\.message.text) }
    }
}

extension OutboundMessage {
    /// The event's name: the first text of the array.
    fileprivate var text: String {
        String(String(buffer: frames).split(separator: "\"").dropFirst().first ?? "")
    }
}

private final class Member: SessionOutlet {
    let sessionID = "s"
    let player = PlayerID(value: 1)
    let latencyMs: Int? = nil
    let isOpen = true

    func send(_ event: RoomEvent) {}
    func acknowledge(_ ack: Int, _ json: ByteBuffer) {}
    func ping() {}
    func ended(_ reason: SessionEnd) {}
}
