package import QuizModel
package import QuizSocial

/// Marks of revoked access tokens in PostgreSQL.
package final class PostgresRevocationStore: RevocationStore {
    private let pool: PostgresPool

    init(pool: PostgresPool) { self.pool = pool }

    /// A mark only ever reaches further.
    private static let revoke = PostgresStatement(
        "revocation_set",
        """
        INSERT INTO revocation AS r (player, issued_before_ms, until_ms) VALUES ($1::uuid, $2::int8, $3::int8)
        ON CONFLICT (player) DO UPDATE SET
            issued_before_ms = greatest(r.issued_before_ms, excluded.issued_before_ms),
            until_ms = greatest(r.until_ms, excluded.until_ms)
        """)

    private static let read = PostgresStatement(
        "revocation_of", "SELECT issued_before_ms FROM revocation WHERE player = $1::uuid")

    private static let all = PostgresStatement(
        "revocation_all",
        "SELECT player, issued_before_ms, until_ms FROM revocation WHERE until_ms > $1::int8 ORDER BY player")

    package func revoke(player: PlayerID, issuedBeforeMs: Int64, untilMs: Int64) async throws(StoreFailure) {
        _ = try await query(Self.revoke, [.uuid(player), .int8(issuedBeforeMs), .int8(untilMs)]) { _ in true }
    }

    package func revokedBefore(player: PlayerID) async throws(StoreFailure) -> Int64? {
        try await query(Self.read, [.uuid(player)]) { result throws(PostgresError) in try result.first?.int8(0) }
    }

    package func revocations(
        nowMs: Int64
    ) async throws(StoreFailure) -> [(player: PlayerID, issuedBeforeMs: Int64, untilMs: Int64)] {
        try await query(Self.all, [.int8(nowMs)]) { result throws(PostgresError) in
            var marks: [(player: PlayerID, issuedBeforeMs: Int64, untilMs: Int64)] = []
            for row in result.rows {
                marks.append((PlayerID(value: try row.uuid(0)), try row.int8(1), try row.int8(2)))
            }
            return marks
        }
    }

    private func query<Value: Sendable>(
        _ statement: PostgresStatement, _ parameters: [PostgresParameter],
        _ read: @escaping @Sendable (PostgresResult) throws(PostgresError) -> Value
    ) async throws(StoreFailure) -> Value {
        do throws(PostgresError) {
            return try await pool.query(statement, parameters, read)
        } catch {
            throw StoreFailure(error)
        }
    }
}
