package import Logging
package import QuizCluster
internal import QuizModel
package import QuizRoomHost
internal import QuizShards

/// What `quizmania check --repair` changes in PostgreSQL: never a journal, a result that is there, or a fence. Each repair is recorded with its reason.
package final class PostgresRepairs: Sendable {
    /// Why somebody repairs what.
    package struct Record: Sendable, Hashable {
        package var rule: Breach.Rule
        package var subject: String
        package var action: String
        /// An operator's; at most 1,000 scalars are kept.
        package var reason: String

        package init(rule: Breach.Rule, subject: String, action: String, reason: String) {
            self.rule = rule
            self.subject = subject
            self.action = action
            self.reason = reason
        }

        fileprivate var parameters: [PostgresParameter] {
            [.text(rule.rawValue), .text(subject), .text(action), .text(ClusterStatements.bounded(reason))]
        }
    }

    private let pool: PostgresPool

    package init(configuration: PostgresConfiguration, log: Logger) {
        pool = PostgresPool(
            name: "repair", settings: .init(connections: 1, queryTimeout: .seconds(10)),
            endpoint: configuration.maintenanceEndpoint, log: log)
    }

    package func close() async { await pool.close() }

    /// Changes something and writes down why, in one statement; parameters of the change begin at $5.
    private static func recorded(_ name: String, _ change: String) -> PostgresStatement {
        PostgresStatement(
            "repair_\(name)",
            """
            WITH changed AS (\(change) RETURNING 1), recorded AS (
                INSERT INTO repair (rule, subject, action, reason)
                SELECT $1::text, $2::text, $3::text, $4::text WHERE EXISTS (SELECT 1 FROM changed)
            )
            SELECT count(*)::int4 FROM changed
            """)
    }

    private static let note = PostgresStatement(
        "repair_note",
        "INSERT INTO repair (rule, subject, action, reason) VALUES ($1::text, $2::text, $3::text, $4::text)")

    private static let deleteSnapshot = recorded(
        "snapshot", "DELETE FROM room_snapshot WHERE room = $5::uuid AND number = $6::int8")

    private static let quarantine = recorded(
        "quarantine", "UPDATE room SET quarantine = left($6::text, 1000) WHERE room = $5::uuid")

    private static let release = recorded(
        "release", "UPDATE room SET quarantine = NULL WHERE room = $5::uuid AND quarantine IS NOT NULL")

    private static let lendCode = recorded(
        "code",
        """
        INSERT INTO room_code (code, room)
        SELECT code, room FROM room WHERE room = $5::uuid AND closed_at IS NULL
        ON CONFLICT (code) DO NOTHING
        """)

    private static let dropPlan = recorded("plan", "DELETE FROM shard_plan WHERE shard = $5::int4")

    /// Writes down what was repaired elsewhere.
    package func note(_ record: Record) async throws(JournalFailure) {
        _ = try await query(Self.note, record.parameters) { _ in true }
    }

    /// Carries out what is a change of rows alone; harmless to repeat.
    ///
    /// - Returns: whether something was changed; nil: it is not for PostgreSQL to do.
    package func perform(_ action: RepairAction, _ record: Record) async throws(JournalFailure) -> Bool? {
        switch action {
        case .publish, .replaceInMap, .storeResult: return nil
        case .deleteSnapshot(let room, let number):
            return try await change(Self.deleteSnapshot, record, [.uuid(room), .int8(number)])
        case .quarantine(let room, let why):
            return try await change(Self.quarantine, record, [.uuid(room), .text(why)])
        case .release(let room): return try await change(Self.release, record, [.uuid(room)])
        case .lendCode(let room, _): return try await change(Self.lendCode, record, [.uuid(room)])
        case .dropPlan(let shard): return try await change(Self.dropPlan, record, [.int4(shard)])
        }
    }

    private func change(
        _ statement: PostgresStatement, _ record: Record, _ parameters: [PostgresParameter]
    ) async throws(JournalFailure) -> Bool {
        try await query(statement, record.parameters + parameters) { result throws(PostgresError) in
            try result.first?.int4(0) ?? 0 > 0
        }
    }

    private func query<Value: Sendable>(
        _ statement: PostgresStatement, _ parameters: [PostgresParameter],
        _ read: @escaping @Sendable (PostgresResult) throws(PostgresError) -> Value
    ) async throws(JournalFailure) -> Value {
        do throws(PostgresError) {
            return try await pool.query(statement, parameters, read)
        } catch {
            throw JournalFailure(error)
        }
    }
}
