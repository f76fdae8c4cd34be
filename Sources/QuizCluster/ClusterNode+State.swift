internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import QuizModel
internal import QuizRoomHost
internal import QuizShards
internal import QuizTelemetry

extension ClusterNode {
    /// What the loops share.
    struct State: Sendable {
        var announcement: NodeAnnouncement
        var membership: Membership
        var desk: CoordinatorDesk
        var view: ClusterView
        var fences = ClusterFences(terms: [:], coordinator: nil)
        var pending: [ShardMove] = []
        var settings = ClusterSettings()
        var reasons = ClusterReasons()
        var beat: UInt64 = 0
        var generation: String?
        /// Shards that are being adopted or handed over now.
        var busy: Set<ShardID> = []
        var isOver = false
        var store: StoreReach
        var pollServer: (any PollServer)?

        /// Counts what other loops have learned, and what each shard's term was learned as.
        var lessons: UInt64 = 0
        var learnedAt: [ShardID: UInt64] = [:]

        /// Who cannot reach the database, though this node can.
        var cutOff: Set<Incarnation> {
            guard store.isSteady(at: .now()) else { return [] }
            let flagged = view.alive.filter { $0.isCutOff == true }.map(\.incarnation)
            return Set(flagged).subtracting([announcement.incarnation])
        }

        /// Takes in what was read. What other loops learned since the reading began is newer and stays; everything else is as the database says, also when
        /// a database that failed over says less than it did.
        mutating func learn(_ read: ClusterFences, pending moves: [ShardMove], begunAt lesson: UInt64) {
            fences.coordinator = read.coordinator
            for (shard, term) in read.terms where learnedAt[shard] ?? 0 <= lesson { fences.terms[shard] = term }
            pending = moves.filter { fences.terms[$0.shard]?.owner != $0.to }
            for index in pending.indices { pending[index].from = fences.terms[pending[index].shard]?.realOwner }
        }

        /// Terms that have just been won.
        mutating func learn(_ won: [Term]) {
            lessons += 1
            for term in won where term.epoch >= fences.terms[term.shard]?.epoch ?? Epoch(0) {
                fences.terms[term.shard] = term
                learnedAt[term.shard] = lessons
            }
            pending.removeAll { fences.terms[$0.shard]?.owner == $0.to }
        }
    }
}

extension Term {
    /// Nil for a shard that nobody has owned yet.
    fileprivate var realOwner: Incarnation? { owner.value == 0 ? nil : owner }
}
