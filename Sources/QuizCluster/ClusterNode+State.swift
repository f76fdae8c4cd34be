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
        var isRegistered = false
        /// Whom the store knew when the directory was away last.
        var registered: [NodeAnnouncement] = []
        /// When this node takes its former self's place without having heard the directory; nil: it has heard it.
        var aloneFrom: NIODeadline?
        /// Shards that are being adopted or handed over now.
        var busy: Set<ShardID> = []
        var store: StoreReach
        var pollServer: (any PollServer)?

        /// Counts what other loops have learned, and what each shard's term was learned as.
        var lessons: UInt64 = 0
        var learnedAt = [UInt64](repeating: 0, count: ShardID.count)

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
            for term in read.terms where learnedAt[term.shard.index] <= lesson { fences.terms[term.shard] = term }
            pending = moves.filter { fences.terms[$0.shard]?.owner != $0.to }
            for index in pending.indices { pending[index].from = fences.terms[pending[index].shard]?.realOwner }
        }

        /// A node that starts while the directory is away is in nobody's plan. What a former process of its name had is its own: the plan would say the
        /// same, since a younger process takes an older one's place at once.
        mutating func inheritFormerSelf(at now: NIODeadline) {
            guard let aloneFrom, aloneFrom <= now else { return }
            let former = Set(
                registered.filter { $0.name == announcement.name && $0.startedAtMs < announcement.startedAtMs }
                    .map(\.incarnation))
            pending.removeAll { !view.isAlive($0.to) }
            let planned = Set(pending.map(\.shard))
            for term in fences.terms where former.contains(term.owner) && !planned.contains(term.shard) {
                pending.append(
                    ShardMove(shard: term.shard, from: term.owner, to: announcement.incarnation, reason: .ownerGone))
            }
        }

        /// Terms that have just been won.
        mutating func learn(_ won: [Term]) {
            lessons += 1
            for term in won where term.epoch >= fences.terms[term.shard]?.epoch ?? Epoch(0) {
                fences.terms[term.shard] = term
                learnedAt[term.shard.index] = lessons
            }
            pending.removeAll { fences.terms[$0.shard]?.owner == $0.to }
        }
    }
}

extension Term {
    /// Nil for a shard that nobody has owned yet.
    fileprivate var realOwner: Incarnation? { owner.value == 0 ? nil : owner }
}
