internal import NIOConcurrencyHelpers
package import QuizCluster
package import QuizModel
package import QuizRoomHost
package import QuizShards

/// A cluster store in memory, with the same rules as the real one. Its fence is that of a journal, so that a shard moved here
/// refuses its old owner's appends there at once.
///
/// One store is the database of all nodes of a test. It says nothing about what PostgreSQL really does; that is tested there.
package final class InMemoryClusterStore: ClusterStore {
    /// What an operator asked for, and why.
    package struct Applied: Hashable, Sendable {
        package var change: ClusterSettingChange
        package var reason: String

        package init(_ change: ClusterSettingChange, reason: String) {
            self.change = change
            self.reason = reason
        }
    }

    private struct State {
        var coordinator: CoordinatorTerm?
        var plan: [ShardID: ShardMove] = [:]
        var settings = ClusterSettings()
        var reasons = ClusterReasons()
        var applied: [Applied] = []
        /// Oldest first.
        var history: [ShardMoveRecord] = []
        /// The database's clock: a millisecond for each statement that may move something.
        var nowMs: Int64 = 1_000
        var isAway = false
    }

    private let journal: InMemoryRoomJournal
    /// Locked before the journal, never after it.
    private let state = NIOLockedValueBox(State())

    /// - Parameter journal: whose fence this is about, and whose rooms have heads.
    package init(journal: InMemoryRoomJournal = InMemoryRoomJournal()) { self.journal = journal }

    // MARK: What tests do

    /// While it is away every call throws and changes nothing.
    package var isAway: Bool {
        get { state.withLockedValue(\.isAway) }
        set { state.withLockedValue { $0.isAway = newValue } }
    }

    /// The plan as it was written, in shard order, moves that have happened included.
    package var plan: [ShardMove] { state.withLockedValue { $0.plan.values.sorted { $0.shard < $1.shard } } }

    /// Oldest first.
    package var applied: [Applied] { state.withLockedValue(\.applied) }

    // MARK: ClusterStore

    package func fences() async throws(JournalFailure) -> ClusterFences {
        try whileThere { state in
            ClusterFences(terms: ShardTerms(journal.withFence { $0 }.values), coordinator: state.coordinator)
        }
    }

    package func takeCoordinator(
        expected: CoordinatorTerm?, owner: Incarnation
    ) async throws(JournalFailure) -> CoordinatorTerm? {
        try whileThere { state in
            guard state.coordinator == expected else { return nil }
            let term = CoordinatorTerm(epoch: expected?.epoch.next ?? Epoch(1), owner: owner)
            state.coordinator = term
            return term
        }
    }

    package func write(plan: [ShardMove], coordinator: CoordinatorTerm) async throws(JournalFailure) -> Bool {
        try whileThere { state in
            guard state.coordinator == coordinator else { return false }
            // A shard that is planned twice gets the last word.
            state.plan = Dictionary(plan.map { ($0.shard, $0) }, uniquingKeysWith: { _, last in last })
            return true
        }
    }

    package func pendingPlan() async throws(JournalFailure) -> [ShardMove] {
        try whileThere { state in
            let owners = journal.withFence { $0.mapValues(\.owner) }
            return state.plan.values.filter { owners[$0.shard] != $0.to }
                .sorted { $0.shard < $1.shard }
                .map {
                    ShardMove(
                        shard: $0.shard, from: owners[$0.shard], to: $0.to, reason: $0.reason, note: $0.note)
                }
        }
    }

    package func move(
        _ expected: [Term], to owner: Incarnation, reason: MoveReason, note: String
    ) async throws(JournalFailure) -> [Term] {
        try whileThere { state in
            state.nowMs += 1
            let wanted = Dictionary(expected.map { ($0.shard, $0) }, uniquingKeysWith: { first, _ in first }).values
                .sorted { $0.shard < $1.shard }
            return journal.withFence { terms in
                wanted.compactMap { before in
                    let now = terms[before.shard] ?? Self.unowned(before.shard)
                    let after = Term(shard: before.shard, epoch: before.epoch.next, owner: owner)
                    // Won before, and only the answer was lost.
                    if now == after { return after }
                    guard now == before else { return nil }
                    terms[before.shard] = after
                    let from = before == Self.unowned(before.shard) ? nil : before.owner
                    let planned = state.plan[before.shard].flatMap { $0.to == owner ? $0.note : nil }
                    state.history.append(
                        ShardMoveRecord(
                            shard: before.shard, epoch: after.epoch, from: from, to: owner, reason: reason,
                            note: note.isEmpty ? planned ?? "" : note, atMs: state.nowMs))
                    return after
                }
            }
        }
    }

    package func heads(of shards: [ShardID]) async throws(JournalFailure) -> [RoomID: JournalHead] {
        try whileThere { _ in journal.heads(of: Set(shards)) }
    }

    package func settings() async throws(JournalFailure) -> ClusterSettings {
        try whileThere { state in
            var settings = state.settings
            // A node of which nothing is asked any more is as good as never mentioned.
            settings.nodes = settings.nodes.filter { $0.value.weight != nil || $0.value.isDraining }
            return settings
        }
    }

    package func reasons() async throws(JournalFailure) -> ClusterReasons { try whileThere { $0.reasons } }

    package func apply(_ change: ClusterSettingChange, reason: String) async throws(JournalFailure) {
        try whileThere { state in
            state.applied.append(Applied(change, reason: reason))
            switch change {
            case .weight(let node, _), .drain(let node), .undrain(let node): state.reasons.nodes[node] = reason
            case .pin(let shard, _): state.reasons.pins[shard] = reason
            case .unpin(let shard): state.reasons.pins[shard] = nil
            case .rebalance: state.reasons.rebalance = reason
            }
            switch change {
            case .weight(let node, let weight): state.settings.nodes[node, default: .none].weight = weight
            case .drain(let node): state.settings.nodes[node, default: .none].isDraining = true
            case .undrain(let node): state.settings.nodes[node, default: .none].isDraining = false
            case .pin(let shard, let node): state.settings.pins[shard] = node
            case .unpin(let shard): state.settings.pins[shard] = nil
            case .rebalance: state.settings.rebalances += 1
            }
        }
    }

    package func history(of shard: ShardID?, limit: Int) async throws(JournalFailure) -> [ShardMoveRecord] {
        try whileThere { state in
            Array(state.history.reversed().filter { shard == nil || $0.shard == shard }.prefix(max(limit, 0)))
        }
    }

    // MARK: Within

    private static func unowned(_ shard: ShardID) -> Term {
        Term(shard: shard, epoch: Epoch(0), owner: Incarnation(value: 0))
    }

    private func whileThere<Answer>(_ body: (inout State) -> Answer) throws(JournalFailure) -> Answer {
        let answer = state.withLockedValue { $0.isAway ? nil : body(&$0) as Answer? }
        guard let answer else { throw JournalFailure(code: "away", context: "The store is switched off.") }
        return answer
    }
}

extension ClusterSettings.NodeSetting {
    fileprivate static let none = Self(weight: nil, isDraining: false)
}
