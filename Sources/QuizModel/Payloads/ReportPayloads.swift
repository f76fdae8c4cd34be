// What operators are told about the cluster: by the command line as lines and as JSON, by the HTTP API, by the page. How these values come
// about, and their lines, are in `QuizCluster/Operators`.

/// Why a shard is to have another owner.
package enum MoveReason: String, CaseIterable, Hashable, Sendable, Codable {
    /// Nobody owns it.
    case unowned
    /// Its owner is dead.
    case ownerGone = "owner_gone"
    /// Its owner is being drained or takes no shards any more.
    case draining
    /// Its owner has more than its share, and another node has too few.
    case overfull
    /// An operator pinned it to a node.
    case pinned
    /// An operator moved it. Also stands for every reason this version does not know.
    case asked
    /// Its owner had begun to hand it over, was left without an answer, and took it back.
    case reclaimed
}

/// What a node sheds; each level sheds what those before it do, too. Running games are the last to notice.
package enum OverloadLevel: String, CaseIterable, Hashable, Sendable, Codable, Comparable {
    /// Nothing.
    case calm
    /// New rooms: they are made on other nodes, or refused.
    case refusesRooms = "refuses_rooms"
    /// And players who have no seat yet.
    case refusesJoins = "refuses_joins"
    /// And how often rooms say how many have answered.
    case coarsens

    /// 0 ... 3.
    package var rank: Int {
        switch self {
        case .calm: 0
        case .refusesRooms: 1
        case .refusesJoins: 2
        case .coarsens: 3
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}

/// One node of the cluster.
package struct NodeEntry: Codable, Hashable, Sendable {
    /// Nil: it owns shards, and nobody knows its name any more.
    package var name: String?
    /// Nil: an operator has set something for it, and no process of this name is there.
    package var incarnation: Incarnation?
    package var publicURL: String?
    /// Nil: Redis does not answer.
    package var isAlive: Bool?
    package var isDraining: Bool
    /// In force: the operators', else its own.
    package var weight: Int?
    package var shards: Int
    package var rooms: Int?
    package var isCoordinator: Bool
    /// Why operators drain it or gave it its weight.
    package var reason: String?
    /// Nil: it does not say.
    package var overload: OverloadLevel?

    package init(
        name: String?, incarnation: Incarnation?, publicURL: String?, isAlive: Bool?, isDraining: Bool, weight: Int?,
        shards: Int, rooms: Int?, isCoordinator: Bool, reason: String? = nil, overload: OverloadLevel? = nil
    ) {
        self.name = name
        self.incarnation = incarnation
        self.publicURL = publicURL
        self.isAlive = isAlive
        self.isDraining = isDraining
        self.weight = weight
        self.shards = shards
        self.rooms = rooms
        self.isCoordinator = isCoordinator
        self.reason = reason
        self.overload = overload
    }
}

/// `quizmania nodes`, `GET /api/admin/nodes`.
package struct NodesReport: Codable, Hashable, Sendable {
    package var nodes: [NodeEntry]
    package var unownedShards: Int
    package var pendingMoves: Int
    package var hasRedis: Bool

    package init(nodes: [NodeEntry], unownedShards: Int, pendingMoves: Int, hasRedis: Bool) {
        self.nodes = nodes
        self.unownedShards = unownedShards
        self.pendingMoves = pendingMoves
        self.hasRedis = hasRedis
    }
}

/// A shard as lists show it.
package struct ShardEntry: Codable, Hashable, Sendable {
    package var shard: Int
    /// The owner's name, or the beginning of its incarnation; nil: nobody.
    package var owner: String?
    package var incarnation: Incarnation?
    /// 0: nobody has ever owned it.
    package var epoch: Int64
    /// The name of the node it is pinned to.
    package var pin: String?
    /// Where the plan moves it.
    package var movesTo: String?

    package init(
        shard: Int, owner: String?, incarnation: Incarnation?, epoch: Int64, pin: String?, movesTo: String?
    ) {
        self.shard = shard
        self.owner = owner
        self.incarnation = incarnation
        self.epoch = epoch
        self.pin = pin
        self.movesTo = movesTo
    }
}

/// `quizmania shards list`, `GET /api/admin/shards`.
package struct ShardListReport: Codable, Hashable, Sendable {
    package var shards: [ShardEntry]
    package init(shards: [ShardEntry]) { self.shards = shards }
}

/// A move that has happened, with names where they are still known.
package struct MoveEntry: Codable, Hashable, Sendable {
    package var shard: Int
    package var epoch: Int64
    package var from: String
    package var to: String
    package var reason: MoveReason
    /// What the operator said who brought it about, or a sentence of the part that moved it; may be empty.
    package var note: String
    /// ISO 8601, UTC, whole seconds.
    package var at: String

    package init(
        shard: Int, epoch: Int64, from: String, to: String, reason: MoveReason, note: String, at: String
    ) {
        self.shard = shard
        self.epoch = epoch
        self.from = from
        self.to = to
        self.reason = reason
        self.note = note
        self.at = at
    }
}

/// `quizmania shards history`.
package struct HistoryReport: Codable, Hashable, Sendable {
    /// Newest first.
    package var moves: [MoveEntry]
    package init(moves: [MoveEntry]) { self.moves = moves }
}

/// `quizmania shards show`, `GET /api/admin/shards/{shard}`.
package struct ShardReport: Codable, Hashable, Sendable {
    package var shard: ShardEntry
    /// The room code it was asked for by.
    package var code: String?
    /// Why it is pinned.
    package var pinReason: String?
    package var openRooms: Int
    /// Newest first.
    package var moves: [MoveEntry]

    package init(shard: ShardEntry, code: String?, pinReason: String?, openRooms: Int, moves: [MoveEntry]) {
        self.shard = shard
        self.code = code
        self.pinReason = pinReason
        self.openRooms = openRooms
        self.moves = moves
    }
}

/// What moves mean for one node.
package struct PlanNode: Codable, Hashable, Sendable {
    package var node: String
    package var gives: Int
    package var takes: Int
    /// Shards it owns before and behind the moves.
    package var before: Int
    package var after: Int

    package init(node: String, gives: Int, takes: Int, before: Int, after: Int) {
        self.node = node
        self.gives = gives
        self.takes = takes
        self.before = before
        self.after = after
    }
}

/// A move that is to happen.
package struct PlanMove: Codable, Hashable, Sendable {
    package var shard: Int
    package var from: String
    package var to: String
    package var reason: MoveReason

    package init(shard: Int, from: String, to: String, reason: MoveReason) {
        self.shard = shard
        self.from = from
        self.to = to
        self.reason = reason
    }
}

/// The moves a change causes, counted and listed.
package struct PlanReport: Codable, Hashable, Sendable {
    package var nodes: [PlanNode]
    package var moves: [PlanMove]
    /// Of these, due without the change too.
    package var alreadyDue: Int
    package var pause: String

    package init(nodes: [PlanNode], moves: [PlanMove], alreadyDue: Int, pause: String) {
        self.nodes = nodes
        self.moves = moves
        self.alreadyDue = alreadyDue
        self.pause = pause
    }
}

package enum ChangeOutcome: String, CaseIterable, Codable, Hashable, Sendable {
    /// Only shown, nothing changed.
    case planned
    /// Changed; nobody waited for the moves.
    case applied
    /// Changed, and everything has moved.
    case completed
    /// Changed; moves are left.
    case unfinished
}

/// What a command that changes something answers; also `POST /api/admin/changes`.
package struct ChangeReport: Codable, Hashable, Sendable {
    /// The change in words, without a full stop.
    package var change: String
    package var outcome: ChangeOutcome
    /// Nil: who is alive was not known, so that the moves were not.
    package var plan: PlanReport?
    package var movesLeft: Int?
    /// Milliseconds from the change to the last move.
    package var tookMs: Int?
    /// Sentences the operator should read.
    package var notes: [String]

    package init(
        change: String, outcome: ChangeOutcome, plan: PlanReport?, movesLeft: Int? = nil, tookMs: Int? = nil,
        notes: [String]
    ) {
        self.change = change
        self.outcome = outcome
        self.plan = plan
        self.movesLeft = movesLeft
        self.tookMs = tookMs
        self.notes = notes
    }
}
