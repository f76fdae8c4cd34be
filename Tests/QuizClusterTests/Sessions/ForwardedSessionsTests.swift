import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import QuizModel
import QuizRoomHost
import Testing

@testable import QuizCluster

struct ForwardedSessionsTests {
    private let broadcaster = SpeakingBroadcaster()
    private let code = RoomCode("ABCDEFG")!

    @Test func `an event that falls behind the next attachment on its way to the session's loop is not shown`() async {
        let sessions = ForwardedSessions(broadcaster: broadcaster)
        let session = ListeningSession()
        let first = SessionHandle(session: 7, attachment: 1)
        sessions.note(session, first, code: code, peer: Incarnation(value: 2))
        sessions.event(event("one", to: [first]))
        await session.testingLoop.run()
        #expect(session.seen == ["one"])
        // The session says what it has seen, and the event is sent again.
        sessions.event(event("two", to: [first]))
        let second = SessionHandle(session: 7, attachment: 2)
        sessions.note(session, second, code: code, peer: Incarnation(value: 3))
        sessions.event(event("two", to: [second]))
        await session.testingLoop.run()
        #expect(session.seen == ["one", "two"])
    }

    @Test func `sessions of one loop are told together`() async {
        let sessions = ForwardedSessions(broadcaster: broadcaster)
        let loop = NIOAsyncTestingEventLoop()
        let members = (1...3).map { _ in ListeningSession(on: loop) } + [ListeningSession()]
        let handles = members.indices.map { SessionHandle(session: UInt64($0), attachment: 1) }
        for (member, handle) in zip(members, handles) { sessions.note(member, handle, code: code, peer: nil) }
        sessions.event(event("one", to: handles))
        await loop.run()
        await members[3].testingLoop.run()
        #expect(members.map(\.seen) == [["one"], ["one"], ["one"], ["one"]])
        #expect(broadcaster.sizes == [3, 1])
    }

    private func event(_ name: String, to handles: [SessionHandle]) -> SessionsEvent {
        SessionsEvent(sessions: handles, name: name, json: ByteBuffer(string: "{}"), offset: "", conflation: nil)
    }
}

/// Sends to each, and notes how many there were.
private final class SpeakingBroadcaster: RoomBroadcaster {
    private let noted = NIOLockedValueBox<[Int]>([])

    var sizes: [Int] { noted.withLockedValue { $0 } }

    func broadcast(_ event: RoomEvent, to sessions: [any SessionOutlet]) {
        noted.withLockedValue { $0.append(sessions.count) }
        for session in sessions { session.send(event) }
    }
}

private final class ListeningSession: ForwardedSession {
    let testingLoop: NIOAsyncTestingEventLoop
    let sessionID = "listening"
    let player = PlayerID(value: 1)
    let latencyMs: Int? = nil
    let isOpen = true
    let isLeaving = false
    private let events = NIOLockedValueBox<[String]>([])

    init(on loop: NIOAsyncTestingEventLoop = NIOAsyncTestingEventLoop()) { testingLoop = loop }

    var loop: any EventLoop { testingLoop }
    var seen: [String] { events.withLockedValue { $0 } }

    func send(_ event: RoomEvent) { events.withLockedValue { $0.append(event.name) } }
    func acknowledge(_ ack: Int, _ json: ByteBuffer) {}
    func ping() {}
    func ended(_ reason: SessionEnd) {}
    func attached(_ message: SessionAttached) {}
    func ownerMayHaveChanged(linkLost: Bool) {}
    func tellTheWay() {}
}
