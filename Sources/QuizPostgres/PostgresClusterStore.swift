package import QuizCluster
package import QuizModel
package import QuizRoomHost
package import QuizShards

/// The cluster's terms, plan, settings and moves in PostgreSQL.
///
/// Everything that changes an owner goes through `PostgresFence`, which overcomes sessions that hold a fence row; the
/// rest goes through a pool of its own.
package final class PostgresClusterStore: ClusterStore {
    private let pool: PostgresPool
    private let fence: PostgresFence

    init(pool: PostgresPool, fence: PostgresFence) {
        self.pool = pool
        self.fence = fence
    }

    package func fences() async throws(JournalFailure) -> ClusterFences {
        try await query(ClusterStatements.fences) { result throws(PostgresError) in
            var fences = ClusterFences(terms: [:], coordinator: nil)
            for row in result.rows {
                if try row.int4(0) < 0 {
                    fences.coordinator = try row.coordinatorTerm(from: 1)
                } else {
                    let term = try row.term()
                    fences.terms[term.shard] = term
                }
            }
            return fences
        }
    }

    /// Harmless to repeat: the term an earlier attempt took is given again.
    package func takeCoordinator(
        expected: CoordinatorTerm?, owner: Incarnation
    ) async throws(JournalFailure) -> CoordinatorTerm? {
        do throws(PostgresError) {
            return try await fence.takeCoordinator(expected: expected, owner: owner)
        } catch {
            throw JournalFailure(error)
        }
    }

    /// Of two moves of one shard the later in the plan counts.
    package func write(plan: [ShardMove], coordinator: CoordinatorTerm) async throws(JournalFailure) -> Bool {
        let moves = Dictionary(plan.map { ($0.shard, $0) }) { $1 }.values.sorted { $0.shard < $1.shard }
        let parameters: [PostgresParameter] = [
            .int8(coordinator.epoch.number), .uuid(coordinator.owner), .int4s(moves.map(\.shard.index)),
            .uuids(moves.map(\.to)), .texts(moves.map(\.reason.rawValue)),
            .texts(moves.map { ClusterStatements.bounded($0.note) }),
        ]
        return try await query(ClusterStatements.writePlan, parameters) { result throws(PostgresError) in
            try FencedAnswer(result).locked
        }
    }

    package func pendingPlan() async throws(JournalFailure) -> [ShardMove] {
        try await query(ClusterStatements.pendingPlan) { result throws(PostgresError) in
            var moves: [ShardMove] = []
            for row in result.rows { moves.append(try row.plannedMove()) }
            return moves
        }
    }

    package func move(
        _ expected: [Term], to owner: Incarnation, reason: MoveReason, note: String
    ) async throws(JournalFailure) -> [Term] {
        do throws(PostgresError) {
            return try await fence.move(expected, to: owner, reason: reason, note: note)
        } catch {
            throw JournalFailure(error)
        }
    }

    /// Heads of the journals of the open rooms of these shards. Not part of the port: nodes compare heads with what they load.
    /// A room in whose journal nothing is yet is left out.
    package func heads(of shards: [ShardID]) async throws(JournalFailure) -> [RoomID: JournalHead] {
        try await query(ClusterStatements.heads, [.int4s(shards.map(\.index))]) { result throws(PostgresError) in
            var heads: [RoomID: JournalHead] = [:]
            for row in result.rows {
                heads[RoomID(value: try row.uuid(0))] = JournalHead(number: try row.int8(1), chain: try row.bytes(2))
            }
            return heads
        }
    }

    /// A node of which nothing is asked any more is left out.
    package func settings() async throws(JournalFailure) -> ClusterSettings {
        try await query(ClusterStatements.settings) { result throws(PostgresError) in
            var settings = ClusterSettings()
            for row in result.rows { try row.add(to: &settings) }
            return settings
        }
    }

    package func reasons() async throws(JournalFailure) -> ClusterReasons {
        try await query(ClusterStatements.reasons) { result throws(PostgresError) in
            var reasons = ClusterReasons()
            for row in result.rows {
                if let name = try row.optionalText(0) {
                    reasons.nodes[name] = try row.text(2)
                } else if !row.isNull(1) {
                    reasons.pins[try row.shard(1)] = try row.text(2)
                } else {
                    reasons.rebalance = try row.text(2)
                }
            }
            return reasons
        }
    }

    /// - Throws: code `23514` when the weight is out of range or the node's name is empty or longer than 255 scalars.
    package func apply(_ change: ClusterSettingChange, reason: String) async throws(JournalFailure) {
        let (statement, parameters) = ClusterStatements.change(change, reason: reason)
        _ = try await query(statement, parameters) { _ in true }
    }

    /// - Parameter limit: nothing below 1 gives anything.
    package func history(of shard: ShardID?, limit: Int) async throws(JournalFailure) -> [ShardMoveRecord] {
        var parameters: [PostgresParameter] = [.int4(max(limit, 0))]
        if let shard { parameters.append(.int4(shard.index)) }
        let statement = shard == nil ? ClusterStatements.history : ClusterStatements.shardHistory
        return try await query(statement, parameters) { result throws(PostgresError) in
            var moves: [ShardMoveRecord] = []
            for row in result.rows { moves.append(try row.moveRecord()) }
            return moves
        }
    }

    private func query<Value: Sendable>(
        _ statement: PostgresStatement, _ parameters: [PostgresParameter] = [],
        _ read: @escaping @Sendable (PostgresResult) throws(PostgresError) -> Value
    ) async throws(JournalFailure) -> Value {
        do throws(PostgresError) {
            return try await pool.query(statement, parameters, read)
        } catch {
            throw JournalFailure(error)
        }
    }
}
