package import QuizModel
package import QuizRoomHost
internal import QuizShards

/// Finds the node that owns a room.
package struct RoomRouter: Sendable {
    package enum Place: Sendable {
        case here(RoomActor)
        /// Here, and damaged.
        case quarantined
        /// It would be here, and is not.
        case nowhere
        /// Another node's, and there is a link to it.
        case elsewhere(Incarnation)
        /// Nobody is known to own it now; somebody will.
        case unknown
    }

    package let own: Incarnation
    package let host: RoomHost
    package let table: ShardTable
    package let transport: any PeerTransport

    package init(own: Incarnation, host: RoomHost, table: ShardTable, transport: any PeerTransport) {
        self.own = own
        self.host = host
        self.table = table
        self.transport = transport
    }

    package func locate(_ code: RoomCode) -> Place {
        switch host.find(code) {
        case .room(let room): return .here(room)
        case .quarantined: return .quarantined
        case .none: break
        }
        let shard = ShardID(of: code)
        if host.term(of: shard) != nil { return .nowhere }
        guard let owner = table.term(of: shard)?.owner, owner != own, transport.linked.contains(owner) else {
            return .unknown
        }
        return .elsewhere(owner)
    }
}
