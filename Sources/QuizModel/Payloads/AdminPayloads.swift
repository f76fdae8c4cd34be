// What the operators' HTTP API says beside the reports it shares with the command line. Nothing here names a player or a question.

/// What an operator can change.
package enum OperatorAction: String, CaseIterable, Codable, Hashable, Sendable {
    /// A shard to a node, where it stays until it is unpinned.
    case move
    case pin
    case unpin
    /// A node's shards to the others.
    case drain
    case undrain
    /// A node's share beside the others'.
    case weight
    /// As even a placement as it gets, once.
    case rebalance
}

/// `POST /api/admin/changes`.
package struct OperatorCommand: Codable, Hashable, Sendable {
    package var action: OperatorAction
    /// The node's name; for all but `unpin` and `rebalance`.
    package var node: String?
    /// The shard's number, or the code of a room in it; for `move`, `pin` and `unpin`.
    package var shard: String?
    /// For `weight`: 0 to 1000; left out: what the node was configured with.
    package var weight: Int?
    /// True: only shows which moves the change would cause.
    package var plan: Bool?
    /// Why; kept with the change. Needed unless `plan` is true.
    package var reason: String?

    package init(
        action: OperatorAction, node: String? = nil, shard: String? = nil, weight: Int? = nil, plan: Bool? = nil,
        reason: String? = nil
    ) {
        self.action = action
        self.node = node
        self.shard = shard
        self.weight = weight
        self.plan = plan
        self.reason = reason
    }
}

/// `GET /api/admin/moves`.
package struct AdminMovesResponse: Codable, Hashable, Sendable {
    /// Of the plan, not yet carried out; in shard order.
    package var pending: [PlanMove]
    /// Carried out, the newest first.
    package var recent: [MoveEntry]

    package init(pending: [PlanMove], recent: [MoveEntry]) {
        self.pending = pending
        self.recent = recent
    }
}

/// A node's points on the ring.
package struct AdminRingNode: Codable, Hashable, Sendable {
    package var node: String
    package var weight: Int
    /// Where its points are, 0 to 65535 around the circle, ascending.
    package var points: [Int]

    package init(node: String, weight: Int, points: [Int]) {
        self.node = node
        self.weight = weight
        self.points = points
    }
}

/// `GET /api/admin/ring`: the nodes that take shards.
package struct AdminRingResponse: Codable, Hashable, Sendable {
    package var nodes: [AdminRingNode]
    package init(nodes: [AdminRingNode]) { self.nodes = nodes }
}

/// `GET /api/admin/live`: the cluster at one instant, as the page draws it once a second.
package struct AdminLiveResponse: Codable, Hashable, Sendable {
    /// Milliseconds since 1970, by the clock of the node that answers.
    package var atMs: Int64
    /// The node that answers.
    package var node: String
    package var cluster: NodesReport
    /// For each shard in order the place of its owner among `cluster.nodes`; −1: nobody owns it.
    package var owners: [Int]
    /// Moves under way, in shard order.
    package var moves: [PlanMove]
    /// Shards that are pinned.
    package var pins: [Int]
    /// Sum of all epochs: grows with each move.
    package var revision: Int64

    package init(
        atMs: Int64, node: String, cluster: NodesReport, owners: [Int], moves: [PlanMove], pins: [Int], revision: Int64
    ) {
        self.atMs = atMs
        self.node = node
        self.cluster = cluster
        self.owners = owners
        self.moves = moves
        self.pins = pins
        self.revision = revision
    }
}

/// A live room as operators see it.
package struct AdminRoom: Codable, Hashable, Sendable {
    package var code: RoomCode
    package var shard: Int
    package var phase: RoomPhase
    package var players: Int
    package var visibility: RoomVisibility

    package init(code: RoomCode, shard: Int, phase: RoomPhase, players: Int, visibility: RoomVisibility) {
        self.code = code
        self.shard = shard
        self.phase = phase
        self.players = players
        self.visibility = visibility
    }
}

/// What a node knows of itself.
package struct AdminNodeStatus: Codable, Hashable, Sendable {
    package var name: String
    package var overload: OverloadLevel
    /// Of what the process may use; nil: not measured.
    package var cpuPercent: Int?
    /// The latest an event loop's timer fired within the last second, milliseconds.
    package var lagMs: Int
    package var memoryBytes: Int64?
    package var memoryLimitBytes: Int64?
    /// Rows applied and not yet committed.
    package var backlogRows: Int
    package var rooms: Int
    package var players: Int
    /// Its rooms, those with most players first; at most 200.
    package var live: [AdminRoom]

    package init(
        name: String, overload: OverloadLevel, cpuPercent: Int?, lagMs: Int, memoryBytes: Int64?,
        memoryLimitBytes: Int64?, backlogRows: Int, rooms: Int, players: Int, live: [AdminRoom]
    ) {
        self.name = name
        self.overload = overload
        self.cpuPercent = cpuPercent
        self.lagMs = lagMs
        self.memoryBytes = memoryBytes
        self.memoryLimitBytes = memoryLimitBytes
        self.backlogRows = backlogRows
        self.rooms = rooms
        self.players = players
        self.live = live
    }
}

/// `GET /api/admin/rooms`.
package struct AdminRoomsResponse: Codable, Hashable, Sendable {
    /// In the order of their names.
    package var nodes: [AdminNodeStatus]
    /// Alive, and without an answer in time.
    package var silent: [String]

    package init(nodes: [AdminNodeStatus], silent: [String]) {
        self.nodes = nodes
        self.silent = silent
    }
}
