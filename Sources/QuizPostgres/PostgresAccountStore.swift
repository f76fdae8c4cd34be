package import QuizModel
package import QuizSocial

/// Guests and their refresh tokens in PostgreSQL.
///
/// A family of tokens is revoked when any of its rows says so: a successor that is being stored while an older token's
/// reuse is found out is not seen by that finding, but is refused at its own next use.
package final class PostgresAccountStore: AccountStore {
    private let pool: PostgresPool

    init(pool: PostgresPool) { self.pool = pool }

    private static let create = PostgresStatement(
        "account_create",
        "INSERT INTO account (player, nickname) VALUES ($1::uuid, $2::text) ON CONFLICT (player) DO NOTHING")

    /// One commit instead of two: a crowd that comes in waits for the disk once each.
    private static let createWithToken = PostgresStatement(
        "account_create_with_token",
        """
        WITH guest AS (
            INSERT INTO account (player, nickname) VALUES ($1::uuid, $2::text) ON CONFLICT (player) DO NOTHING
        )
        INSERT INTO refresh_token (token_digest, family, player, expires_at_ms)
        VALUES ($3::bytea, $4::int8, $1::uuid, $5::int8)
        ON CONFLICT (token_digest) DO NOTHING
        """)

    private static let rename = PostgresStatement(
        "account_rename", "UPDATE account SET nickname = $2::text WHERE player = $1::uuid RETURNING player")

    private static let save = PostgresStatement(
        "refresh_save",
        """
        INSERT INTO refresh_token (token_digest, family, player, expires_at_ms)
        VALUES ($1::bytea, $2::int8, $3::uuid, $4::int8)
        ON CONFLICT (token_digest) DO NOTHING
        """)

    /// Two rotations of one token at once: the second waits for the first one's row lock and then finds it rotated.
    private static let rotate = PostgresStatement(
        "refresh_rotate",
        """
        WITH spent AS (
            UPDATE refresh_token t SET rotated = true
            WHERE token_digest = $1::bytea AND NOT rotated AND NOT revoked AND expires_at_ms > $3::int8
                AND NOT EXISTS (SELECT 1 FROM refresh_token s WHERE s.family = t.family AND s.revoked)
            RETURNING family, player
        ), added AS (
            INSERT INTO refresh_token (token_digest, family, player, expires_at_ms)
            SELECT $2::bytea, family, player, $4::int8 FROM spent
        )
        SELECT a.player, a.nickname, spent.family FROM spent JOIN account a ON a.player = spent.player
        """)

    /// After `rotate` found nothing, in a new statement: it sees what a rotation before has committed.
    private static let findReuse = PostgresStatement(
        "refresh_find_reuse",
        """
        UPDATE refresh_token SET revoked = true
        WHERE family = (SELECT family FROM refresh_token WHERE token_digest = $1::bytea AND (rotated OR revoked))
        RETURNING player
        """)

    private static let revoke = PostgresStatement(
        "refresh_revoke",
        """
        UPDATE refresh_token SET revoked = true
        WHERE family = (SELECT family FROM refresh_token WHERE token_digest = $1::bytea)
        RETURNING player
        """)

    package func createGuest(player: PlayerID, nickname: Nickname) async throws(StoreFailure) {
        _ = try await query(Self.create, [.uuid(player), .text(nickname.text)]) { _ in true }
    }

    package func createGuest(
        player: PlayerID, nickname: Nickname, refresh: RefreshRecord
    ) async throws(StoreFailure) {
        let parameters: [PostgresParameter] = [
            .uuid(player), .text(nickname.text), .bytea(refresh.tokenDigest), .int8(Int64(bitPattern: refresh.family)),
            .int8(refresh.expiresAtMs),
        ]
        _ = try await query(Self.createWithToken, parameters) { _ in true }
    }

    /// - Throws: `unknown_player` when there is no such account.
    package func rename(player: PlayerID, nickname: Nickname) async throws(StoreFailure) {
        let isKnown = try await query(Self.rename, [.uuid(player), .text(nickname.text)]) {
            result throws(PostgresError) in
            result.count > 0
        }
        guard isKnown else { throw StoreFailure(code: "unknown_player", context: "There is no such account.") }
    }

    package func saveRefresh(_ record: RefreshRecord) async throws(StoreFailure) {
        let parameters: [PostgresParameter] = [
            .bytea(record.tokenDigest), .int8(Int64(bitPattern: record.family)), .uuid(record.player),
            .int8(record.expiresAtMs),
        ]
        _ = try await query(Self.save, parameters) { _ in true }
    }

    package func rotateRefresh(
        old: [UInt8], new: [UInt8], nowMs: Int64, expiresAtMs: Int64
    ) async throws(StoreFailure) -> RefreshRotation {
        let parameters: [PostgresParameter] = [.bytea(old), .bytea(new), .int8(nowMs), .int8(expiresAtMs)]
        let rotation = try await query(Self.rotate, parameters) { result throws(PostgresError) -> RefreshRotation? in
            guard let row = result.first else { return nil }
            let player = PlayerID(value: try row.uuid(0))
            return .rotated(player: player, nickname: try row.nickname(1), family: UInt64(bitPattern: try row.int8(2)))
        }
        if let rotation { return rotation }
        return try await player(Self.findReuse, [.bytea(old)]).map { .reused(player: $0) } ?? .unknown
    }

    package func revokeRefresh(tokenDigest: [UInt8]) async throws(StoreFailure) -> PlayerID? {
        try await player(Self.revoke, [.bytea(tokenDigest)])
    }

    private func player(
        _ statement: PostgresStatement, _ parameters: [PostgresParameter]
    ) async throws(StoreFailure) -> PlayerID? {
        try await query(statement, parameters) { result throws(PostgresError) -> PlayerID? in
            guard let row = result.first else { return nil }
            return PlayerID(value: try row.uuid(0))
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
