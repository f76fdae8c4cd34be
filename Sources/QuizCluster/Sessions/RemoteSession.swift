package import NIOCore
package import QuizModel
package import QuizRoomHost
internal import Synchronization

/// A session whose client is connected to another node: what its room here says goes over the mesh.
package final class RemoteSession: SessionOutlet {
    package let player: PlayerID
    package let sessionID: String
    let peer: Incarnation
    let handle: SessionHandle
    let nickname: Nickname
    let room: RoomActor
    private let transport: any PeerTransport
    private let hasEnded: @Sendable (RemoteSession) -> Void
    /// Milliseconds; -1: nothing was measured.
    private let latency = Atomic<Int>(-1)
    private let open = Atomic<Bool>(true)

    init(
        peer: Incarnation, attach: SessionAttach, room: RoomActor, transport: any PeerTransport,
        hasEnded: @escaping @Sendable (RemoteSession) -> Void
    ) {
        self.peer = peer
        handle = attach.handle
        player = attach.player
        nickname = attach.nickname
        sessionID = String(attach.handle.session, radix: 16)
        self.room = room
        self.transport = transport
        self.hasEnded = hasEnded
        heard(latencyMs: attach.latencyMs)
    }

    /// The gateway measures and tells with each command.
    func heard(latencyMs: Int?) { latency.store(latencyMs ?? -1, ordering: .relaxed) }

    /// The client or the link has gone; the room is told.
    func close() {
        open.store(false, ordering: .relaxed)
        room.run { $0.detach(self) }
    }

    // MARK: - SessionOutlet

    package var latencyMs: Int? {
        let known = latency.load(ordering: .relaxed)
        return known < 0 ? nil : known
    }

    package var isOpen: Bool { open.load(ordering: .relaxed) }

    package func send(_ event: RoomEvent) { transport.send(.event(SessionsEvent([handle], event)), to: peer) }

    package func acknowledge(_ ack: Int, _ json: ByteBuffer) {
        transport.send(.reply(SessionReply(handle: handle, ack: ack, json: json)), to: peer)
    }

    package func ping() { transport.send(.measure(SessionMeasure(sessions: [handle])), to: peer) }

    package func ended(_ reason: SessionEnd) {
        open.store(false, ordering: .relaxed)
        transport.send(.ended(SessionEnded(handle: handle, reason: reason)), to: peer)
        hasEnded(self)
    }
}

extension SessionsEvent {
    init(_ sessions: [SessionHandle], _ event: RoomEvent) {
        self.init(
            sessions: sessions, name: event.name, json: event.payload, offset: event.offset,
            conflation: event.conflation)
    }
}

/// Sends a room's events to the sessions of this node and, once per node, to those elsewhere.
package struct ClusterBroadcaster: RoomBroadcaster {
    private let local: any RoomBroadcaster
    private let transport: any PeerTransport

    package init(local: any RoomBroadcaster, transport: any PeerTransport) {
        self.local = local
        self.transport = transport
    }

    package func broadcast(_ event: RoomEvent, to sessions: [any SessionOutlet]) {
        guard sessions.contains(where: { $0 is RemoteSession }) else { return local.broadcast(event, to: sessions) }
        var here: [any SessionOutlet] = []
        var elsewhere: [(peer: Incarnation, handles: [SessionHandle])] = []
        for session in sessions {
            guard let remote = session as? RemoteSession else {
                here.append(session)
                continue
            }
            if let position = elsewhere.firstIndex(where: { $0.peer == remote.peer }) {
                elsewhere[position].handles.append(remote.handle)
            } else {
                elsewhere.append((remote.peer, [remote.handle]))
            }
        }
        for (peer, handles) in elsewhere { transport.send(.event(SessionsEvent(handles, event)), to: peer) }
        local.broadcast(event, to: here)
    }
}
