internal import NIOConcurrencyHelpers
internal import NIOCore
internal import QuizModel
internal import QuizRoom
package import QuizRoomHost
internal import QuizShards
internal import QuizWire

/// The owner's side of sessions that are connected elsewhere: lets them into rooms of this node and performs their commands.
package final class RemoteSessions: Sendable {
    private struct Key: Hashable {
        var peer: Incarnation
        var session: UInt64
    }

    private let host: RoomHost
    private let table: ShardTable
    private let transport: any PeerTransport
    private let sessions = NIOLockedValueBox<[Key: RemoteSession]>([:])

    package init(host: RoomHost, table: ShardTable, transport: any PeerTransport) {
        self.host = host
        self.table = table
        self.transport = transport
    }

    package var count: Int { sessions.withLockedValue { $0.count } }

    // MARK: - What gateways say

    func attach(_ attach: SessionAttach, from peer: Incarnation) {
        switch host.find(attach.code) {
        case .room(let room): enter(attach, room, from: peer)
        case .quarantined: tell(attach.handle, .quarantined, to: peer)
        case .none:
            let shard = ShardID(of: attach.code)
            if host.term(of: shard) != nil { return tell(attach.handle, .notFound, to: peer) }
            // Empty when nobody is known: the gateway waits until it hears of an owner.
            transport.send(.notMine(ShardClaims(terms: table.term(of: shard).map { [$0] } ?? [])), to: peer)
        }
    }

    private func enter(_ attach: SessionAttach, _ room: RoomActor, from peer: Incarnation) {
        let session = RemoteSession(peer: peer, attach: attach, room: room, transport: transport) { [weak self] in
            self?.forget($0)
        }
        let key = Key(peer: peer, session: attach.handle.session)
        let older = sessions.withLockedValue { sessions -> RemoteSession? in
            if let known = sessions[key], known.handle.attachment >= attach.handle.attachment { return session }
            return sessions.updateValue(session, forKey: key)
        }
        // One that comes late belongs to an attachment that is over.
        if older === session { return }
        older?.close()
        let began = NIODeadline.now() - .milliseconds(Int64(attach.ageMs))
        switch attach.kind {
        case .join(let json, let ack, let number):
            let command = RoomCommand(
                name: .roomJoin, json: json, ack: ack, began: began,
                origin: InputOrigin(session: attach.handle.session, number: number))
            do throws(Rejection) {
                try command.join(session, nickname: attach.nickname, in: room) { joined in
                    self.tell(attach.handle, joined ? .fresh(baseline: 0) : .notMember, room.id, to: peer)
                    if !joined { self.forget(session) }
                }
            } catch {
                tell(attach.handle, .notMember, room.id, to: peer)
                refuse(ack, error, to: session)
                forget(session)
            }
        case .resume(let offset, let baseline):
            let mark = OffsetMark(offset) ?? OffsetMark(code: attach.code, seq: -1, proof: "")
            room.run { room in
                room.resume(session, offset: mark, baseline: baseline) { verdict in
                    switch verdict {
                    case .recovered: self.tell(attach.handle, .recovered, room.id, to: peer)
                    case .notRecovered(let baseline):
                        self.tell(attach.handle, .fresh(baseline: baseline), room.id, to: peer)
                    case .notMember:
                        self.tell(attach.handle, .notMember, room.id, to: peer)
                        self.forget(session)
                    }
                }
            }
        }
    }

    func command(_ command: SessionCommand, from peer: Incarnation) {
        guard let session = session(command.handle, from: peer) else { return }
        session.heard(latencyMs: command.latencyMs)
        guard let name = ClientEventName(rawValue: command.name) else {
            return refuse(command.ack, Rejection(.invalid, message: "There is no such command."), to: session)
        }
        let performed = RoomCommand(
            name: name, json: command.json, ack: command.ack,
            began: NIODeadline.now() - .milliseconds(Int64(command.ageMs)),
            origin: InputOrigin(session: command.handle.session, number: command.number))
        do throws(Rejection) {
            // A join whose answer was lost with the owner before this one.
            if name == .roomJoin {
                return try performed.join(session, nickname: session.nickname, in: session.room) { _ in }
            }
            try performed.perform(by: session, in: session.room)
        } catch {
            refuse(command.ack, error, to: session)
        }
    }

    func measured(_ measure: SessionMeasure, from peer: Incarnation) {
        for handle in measure.sessions { session(handle, from: peer)?.heard(latencyMs: measure.latencyMs) }
    }

    func chat(_ chat: SessionChat, from peer: Incarnation) {
        guard let session = session(chat.handle, from: peer),
            let message = try? WireJSON.decode(ChatMessagePayload.self, from: chat.json)  // made by a gateway
        else { return }
        session.room.run { room in
            let isShown = room.broadcastChat(message, from: session)
            // Texts always encode.
            let answer =
                isShown
                ? try? WireJSON.buffer(Accepted(DoneAck())) : try? WireJSON.buffer(Refused(Rejection(.notInRoom)))
            if let answer { session.acknowledge(chat.ack, answer) }
        }
    }

    func detach(_ detach: SessionDetach, from peer: Incarnation) {
        guard let session = session(detach.handle, from: peer) else { return }
        forget(session)
        session.close()
    }

    /// The link is gone, and with it all sessions behind it; their gateway attaches them again.
    func lost(_ peer: Incarnation) {
        let gone = sessions.withLockedValue { sessions in
            let gone = sessions.filter { $0.key.peer == peer }
            for key in gone.keys { sessions[key] = nil }
            return Array(gone.values)
        }
        for session in gone { session.close() }
    }

    // MARK: - Detail

    private func session(_ handle: SessionHandle, from peer: Incarnation) -> RemoteSession? {
        let found = sessions.withLockedValue { $0[Key(peer: peer, session: handle.session)] }
        return found?.handle == handle ? found : nil
    }

    private func forget(_ session: RemoteSession) {
        sessions.withLockedValue { sessions in
            let key = Key(peer: session.peer, session: session.handle.session)
            if sessions[key] === session { sessions[key] = nil }
        }
    }

    private func tell(
        _ handle: SessionHandle, _ verdict: SessionAttached.Verdict, _ room: RoomID? = nil, to peer: Incarnation
    ) {
        transport.send(.attached(SessionAttached(handle: handle, room: room, verdict: verdict)), to: peer)
    }

    private func refuse(_ ack: Int?, _ rejection: Rejection, to session: RemoteSession) {
        // Texts always encode.
        guard let ack, let json = try? WireJSON.buffer(Refused(rejection)) else { return }
        session.acknowledge(ack, json)
    }
}
