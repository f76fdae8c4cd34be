internal import NIOConcurrencyHelpers
package import NIOCore
package import QuizModel
package import QuizRoomHost
internal import QuizShards

/// A gateway's session as the mesh sees it. Called on any thread.
package protocol ForwardedSession: SessionOutlet {
    /// Where its socket is read, and where it attaches.
    var loop: any EventLoop { get }
    func attached(_ message: SessionAttached)
    /// The room may have another owner: look, and attach there.
    ///
    /// - Parameter linkLost: whoever owned it has forgotten the session.
    func ownerMayHaveChanged(linkLost: Bool)
    /// Tells its client to go where its room is, if that is on another node and the client can.
    func tellTheWay()
    /// Its client was told to go to another node, or is about to be, and has not gone yet.
    var isLeaving: Bool { get }
}

/// The gateway's side: which of its sessions are in which room, whoever owns it.
package final class ForwardedSessions: Sendable {
    private struct Entry {
        var session: any ForwardedSession
        var attachment: UInt32
        var code: RoomCode
        /// Nil: the room is here, or nobody is known to own it.
        var peer: Incarnation?
    }

    private typealias Member = (handle: SessionHandle, session: any ForwardedSession)

    private let entries = NIOLockedValueBox<[UInt64: Entry]>([:])
    private let broadcaster: any RoomBroadcaster
    private let stopping = NIOLockedValueBox(false)

    /// - Parameter broadcaster: delivers to this node's sessions, encoding once.
    package init(broadcaster: any RoomBroadcaster) { self.broadcaster = broadcaster }

    /// Notes where a session attaches now; what belongs to an older attachment is dropped from here on.
    package func note(_ session: any ForwardedSession, _ handle: SessionHandle, code: RoomCode, peer: Incarnation?) {
        let entry = Entry(session: session, attachment: handle.attachment, code: code, peer: peer)
        entries.withLockedValue { $0[handle.session] = entry }
    }

    package func forget(_ session: UInt64) { entries.withLockedValue { $0[session] = nil } }

    // MARK: - What owners say

    /// Which attachment a session is at is asked where it attaches: on its way to another loop an event may fall behind the next attachment, which says
    /// what its client has seen, and would come twice. So there is one hop for each loop, and none for the caller's.
    func event(_ message: SessionsEvent) {
        let event = RoomEvent(
            name: message.name, payload: message.json, offset: message.offset, conflation: message.conflation)
        var groups: [(loop: any EventLoop, members: [Member])] = []
        for member in attached(message.sessions) {
            if let position = groups.firstIndex(where: { $0.loop === member.session.loop }) {
                groups[position].members.append(member)
            } else {
                groups.append((member.session.loop, [member]))
            }
        }
        for (loop, members) in groups {
            if loop.inEventLoop {
                broadcaster.broadcast(event, to: members.map(\.session))
            } else {
                loop.execute {
                    self.broadcaster.broadcast(event, to: self.attached(members.map(\.handle)).map(\.session))
                }
            }
        }
    }

    /// Those that are still at this attachment.
    private func attached(_ handles: [SessionHandle]) -> [Member] {
        entries.withLockedValue { entries in
            handles.compactMap { handle in
                guard let entry = entries[handle.session], entry.attachment == handle.attachment else { return nil }
                return (handle, entry.session)
            }
        }
    }

    func attached(_ message: SessionAttached) { session(message.handle)?.attached(message) }
    func reply(_ message: SessionReply) { session(message.handle)?.acknowledge(message.ack, message.json) }
    func ended(_ message: SessionEnded) { session(message.handle)?.ended(message.reason) }
    func measure(_ message: SessionMeasure) { for handle in message.sessions { session(handle)?.ping() } }

    private func session(_ handle: SessionHandle) -> (any ForwardedSession)? {
        entries.withLockedValue { entries in
            guard let entry = entries[handle.session], entry.attachment == handle.attachment else { return nil }
            return entry.session
        }
    }

    // MARK: - What changes

    /// Sessions of rooms in these shards look for their owner again.
    func ownersChanged(_ shards: Set<ShardID>) {
        poke(linkLost: false) { shards.contains(ShardID(of: $0.code)) }
    }

    /// Sessions that wait for an owner may attach to this one.
    func linkOpened() { poke(linkLost: false) { $0.peer == nil } }

    /// Sessions that were attached over this link look again.
    func linkLost(_ peer: Incarnation) { poke(linkLost: true) { $0.peer == peer } }

    // MARK: - The end of the node

    /// This node stops: whoever's room moves away is told so at once.
    package var isStopping: Bool { stopping.withLockedValue { $0 } }

    func stop() { stopping.withLockedValue { $0 = true } }

    /// The rooms have gone: clients that can are told to go after them, and get some time for it, while the others are still forwarded.
    func farewell(limit: Duration) async {
        let deadline = ContinuousClock.now + limit
        for session in sessions() { session.tellTheWay() }
        while ContinuousClock.now < deadline, sessions().contains(where: \.isLeaving) {
            try? await Task.sleep(for: .milliseconds(50))  // ends early only when cancelled
            if Task.isCancelled { return }
        }
    }

    private func sessions() -> [any ForwardedSession] { entries.withLockedValue { $0.values.map(\.session) } }

    private func poke(linkLost: Bool, _ isMeant: (Entry) -> Bool) {
        let sessions = entries.withLockedValue { entries in entries.values.filter(isMeant).map(\.session) }
        for session in sessions { session.ownerMayHaveChanged(linkLost: linkLost) }
    }
}
