package import QuizModel
package import QuizRoomHost
package import QuizShards

/// The term of the cluster's coordinator: the fence row of the pseudo-shard −1.
package struct CoordinatorTerm: Hashable, Sendable {
    package var epoch: Epoch
    package var owner: Incarnation

    package init(epoch: Epoch, owner: Incarnation) {
        self.epoch = epoch
        self.owner = owner
    }
}

/// Who owns what, as PostgreSQL says at one instant.
package struct ClusterFences: Hashable, Sendable {
    /// Shards nobody has ever owned are missing.
    package var terms: ShardTerms
    /// Nil: there has never been one.
    package var coordinator: CoordinatorTerm?

    package init(terms: ShardTerms, coordinator: CoordinatorTerm?) {
        self.terms = terms
        self.coordinator = coordinator
    }

    /// Whoever owns a shard; those that nobody owns are missing.
    package var owners: [ShardID: Incarnation] {
        var owners: [ShardID: Incarnation] = [:]
        for term in terms where term.owner.value != 0 { owners[term.shard] = term.owner }
        return owners
    }
}

/// What operators have asked for. By the nodes' names, so that it outlives restarts.
package struct ClusterSettings: Hashable, Sendable {
    package struct NodeSetting: Hashable, Sendable {
        /// 0 ... `RingNode.weightMax`; nil: the node's own.
        package var weight: Int?
        package var isDraining: Bool

        package init(weight: Int?, isDraining: Bool) {
            self.weight = weight
            self.isDraining = isDraining
        }
    }

    package var nodes: [String: NodeSetting]
    package var pins: [ShardID: String]
    /// Counts up each time an operator asks for an even placement; the coordinator makes one for each number it has not seen.
    package var rebalances: Int64

    package init(nodes: [String: NodeSetting] = [:], pins: [ShardID: String] = [:], rebalances: Int64 = 0) {
        self.nodes = nodes
        self.pins = pins
        self.rebalances = rebalances
    }
}

/// Why operators set what is in force; empty texts where they did not say.
package struct ClusterReasons: Hashable, Sendable {
    package var nodes: [String: String] = [:]
    package var pins: [ShardID: String] = [:]
    /// Of the newest request for an even placement.
    package var rebalance = ""

    package init() {}
}

/// One change an operator makes to the settings.
package enum ClusterSettingChange: Hashable, Sendable {
    /// 0 ... `RingNode.weightMax`; nil: the node's own again.
    case weight(node: String, Int?)
    case drain(node: String)
    case undrain(node: String)
    case pin(ShardID, node: String)
    case unpin(ShardID)
    case rebalance
}

/// A move that has happened.
package struct ShardMoveRecord: Hashable, Sendable {
    package var shard: ShardID
    package var epoch: Epoch
    /// Nil: nobody before.
    package var from: Incarnation?
    package var to: Incarnation
    package var reason: MoveReason
    /// A sentence of an operator, or of the part that moved it; may be empty.
    package var note: String
    /// Milliseconds since 1970, the database's clock.
    package var atMs: Int64

    package init(
        shard: ShardID, epoch: Epoch, from: Incarnation?, to: Incarnation, reason: MoveReason, note: String,
        atMs: Int64
    ) {
        self.shard = shard
        self.epoch = epoch
        self.from = from
        self.to = to
        self.reason = reason
        self.note = note
        self.atMs = atMs
    }
}

/// What PostgreSQL decides about the cluster: terms, the plan, the operators' settings, and the record of moves.
package protocol ClusterStore: Sendable {
    /// All fence rows, in one statement.
    func fences() async throws(JournalFailure) -> ClusterFences

    /// Makes `owner` the coordinator if the term is still `expected`; nil expects that there has never been one.
    ///
    /// - Returns: the new term; nil when somebody else was faster.
    func takeCoordinator(
        expected: CoordinatorTerm?, owner: Incarnation
    ) async throws(JournalFailure) -> CoordinatorTerm?

    /// Replaces the plan if `coordinator` is still the coordinator. A move that has happened may stay in it.
    ///
    /// - Returns: false: the term is over, and nothing was written.
    func write(plan: [ShardMove], coordinator: CoordinatorTerm) async throws(JournalFailure) -> Bool

    /// The plan's moves that have not happened: their shard's owner is not yet `to`. `from` is the owner in the fence now.
    func pendingPlan() async throws(JournalFailure) -> [ShardMove]

    /// Moves shards by compare-and-set, in shard order, and records each move with its reason in the same statement. **This is the move.**
    /// Harmless to repeat: a shard that `owner` has by now at the next epoch counts as won.
    /// A move of the plan whose `note` is empty is recorded with the plan's.
    ///
    /// - Parameter expected: what the terms must be; a shard that nobody ever owned has epoch 0 and the owner 0.
    /// - Returns: the terms `owner` has now; shards that were not as expected are missing.
    func move(
        _ expected: [Term], to owner: Incarnation, reason: MoveReason, note: String
    ) async throws(JournalFailure) -> [Term]

    func settings() async throws(JournalFailure) -> ClusterSettings

    /// What operators gave as reasons for the settings in force.
    func reasons() async throws(JournalFailure) -> ClusterReasons

    /// - Parameter reason: why, by whom; kept with the setting.
    func apply(_ change: ClusterSettingChange, reason: String) async throws(JournalFailure)

    /// Newest first.
    func history(of shard: ShardID?, limit: Int) async throws(JournalFailure) -> [ShardMoveRecord]

    /// Writes down which process is which node: what nodes know of one another while the directory is away. Repeating is harmless, and needed: who has
    /// not for an hour and owns nothing is forgotten.
    func register(_ node: NodeAnnouncement) async throws(JournalFailure)

    /// Everybody written down, those that are gone included.
    func registered() async throws(JournalFailure) -> [NodeAnnouncement]
}

/// A store that remembers nobody.
extension ClusterStore {
    package func register(_ node: NodeAnnouncement) async throws(JournalFailure) {}
    package func registered() async throws(JournalFailure) -> [NodeAnnouncement] { [] }
}

extension ClusterStore {
    /// A store nobody gives reasons to.
    package func reasons() async throws(JournalFailure) -> ClusterReasons { ClusterReasons() }
}
