package import QuizCluster
package import QuizModel
internal import QuizPostgres
package import QuizRoomHost
package import QuizShards

extension SimulatedDatabase: ClusterStore {
    package func fences() async throws(JournalFailure) -> ClusterFences {
        let answer = try await rows(.fences)
        return ClusterFences(
            terms: ShardTerms(answer.terms),
            coordinator: answer.coordinator)
    }

    package func takeCoordinator(
        expected: CoordinatorTerm?, owner: Incarnation
    ) async throws(JournalFailure) -> CoordinatorTerm? {
        try await call { database, done in
            database.ownership.takeCoordinator(expected, owner: owner) { done($0.mapError(JournalFailure.init)) }
        }
    }

    package func write(plan: [ShardMove], coordinator: CoordinatorTerm) async throws(JournalFailure) -> Bool {
        let moves = Dictionary(plan.map { ($0.shard, $0) }) { $1 }.values.sorted { $0.shard < $1.shard }
        guard case .fenced(let locked, _) = try await rows(.writePlan(moves, coordinator)) else { throw .wrongRows }
        return locked
    }

    package func pendingPlan() async throws(JournalFailure) -> [ShardMove] {
        guard case .plan(let moves) = try await rows(.pendingPlan) else { throw .wrongRows }
        return moves
    }

    package func move(
        _ expected: [Term], to owner: Incarnation, reason: MoveReason, note: String
    ) async throws(JournalFailure) -> [Term] {
        try await call { database, done in
            database.ownership.move(expected, to: owner, reason: reason, note: note) {
                done($0.mapError(JournalFailure.init))
            }
        }
    }

    package func heads(of shards: [ShardID]) async throws(JournalFailure) -> [RoomID: JournalHead] {
        guard case .heads(let heads) = try await rows(.heads(shards)) else { throw .wrongRows }
        return heads
    }

    package func settings() async throws(JournalFailure) -> ClusterSettings {
        guard case .settings(let settings) = try await rows(.settings) else { throw .wrongRows }
        return settings
    }

    /// The reason is not kept: no node reads it.
    package func apply(_ change: ClusterSettingChange, reason: String) async throws(JournalFailure) {
        _ = try await rows(.change(change))
    }

    package func history(of shard: ShardID?, limit: Int) async throws(JournalFailure) -> [ShardMoveRecord] {
        let statement = shard.map { SimulatedStatement.shardHistory($0, limit: limit) } ?? .history(limit: limit)
        guard case .moves(let moves) = try await rows(statement) else { throw .wrongRows }
        return moves
    }

    private func rows(_ statement: SimulatedStatement) async throws(JournalFailure) -> SimulatedRows {
        try await call { $0.query(statement, pool: .cluster, $1) }
    }
}
