import Dispatch
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import QuizModel
import QuizRoomHost
import Testing

@testable import QuizCluster

struct ForwardedSessionsTests {
    private let broadcaster = SpeakingBroadcaster()
    private let code = RoomCode("ABCDEFG")!

    @Test func `an event that falls behind the next attachment on its way to the session's loop is not shown`()
        async throws
    {
        let sessions = ForwardedSessions(broadcaster: broadcaster)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let session = ListeningSession(on: loop)
        let first = SessionHandle(session: 7, attachment: 1)
        sessions.note(session, first, code: code, peer: Incarnation(value: 2))
        sessions.event(event("one", to: [first]))
        try await loop.submit {}.get()
        #expect(session.seen == ["one"])
        let held = DispatchSemaphore(value: 0)
        loop.execute { held.wait() }
        sessions.event(event("two", to: [first]))
        // The session says what it has seen, and the event is sent again.
        let second = SessionHandle(session: 7, attachment: 2)
        sessions.note(session, second, code: code, peer: Incarnation(value: 3))
        sessions.event(event("two", to: [second]))
        held.signal()
        try await loop.submit {}.get()
        #expect(session.seen == ["one", "two"])
    }

    @Test func `sessions of one loop are told together`() async throws {
        let sessions = ForwardedSessions(broadcaster: broadcaster)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let (one, other) = (group.next(), group.next())
        let members = [one, one, other, one].map(ListeningSession.init)
        let handles = members.indices.map { SessionHandle(session: UInt64($0), attachment: 1) }
        for (member, handle) in zip(members, handles) { sessions.note(member, handle, code: code, peer: nil) }
        sessions.event(event("one", to: handles))
        for loop in [one, other] { try await loop.submit {}.get() }
        #expect(members.map(\.seen) == [["one"], ["one"], ["one"], ["one"]])
        #expect(broadcaster.sizes.sorted() == [1, 3])
        try await group.shutdownGracefully()
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
    let loop: any EventLoop
    let sessionID = "listening"
    let player = PlayerID(value: 1)
    let latencyMs: Int? = nil
    let isOpen = true
    let isLeaving = false
    private let events = NIOLockedValueBox<[String]>([])

    init(on loop: any EventLoop) { self.loop = loop }

    var seen: [String] { events.withLockedValue { $0 } }

    func send(_ event: RoomEvent) { events.withLockedValue { $0.append(event.name) } }
    func acknowledge(_ ack: Int, _ json: ByteBuffer) {}
    func ping() {}
    func ended(_ reason: SessionEnd) {}
    func attached(_ message: SessionAttached) {}
    func ownerMayHaveChanged(linkLost: Bool) {}
    func tellTheWay() {}
}
