internal import QuizCluster
internal import QuizModel
internal import QuizShards

/// The statements that remove what has run out. Each removes a bounded number of rows, and only under the coordinator's term: two nodes never do
/// it at once, and one that has been succeeded meanwhile removes nothing any more.
enum RetentionStatements {
    /// What each of them begins with: parameters $1 and $2 are the term. A succession that is under way has the row locked; then nothing is done.
    private static let held = """
        WITH held AS MATERIALIZED (
            SELECT 1 FROM shard_fence WHERE shard = -1 AND epoch = $1::int8 AND owner = $2::uuid
            FOR SHARE SKIP LOCKED
        )
        """

    static func term(_ term: CoordinatorTerm) -> [PostgresParameter] { [.int8(term.epoch.number), .uuid(term.owner)] }

    // MARK: By age

    /// Parameters behind the term: the age's end in milliseconds since 1970, rows at most, and where the last look at this table ended.
    /// Gives whether the term held, the rows removed, and where the look ended; NULL: at the end.
    static func trim(_ trim: Retention.Trim) -> PostgresStatement {
        switch trim {
        case .chat: chat
        case .refreshTokens: refreshTokens
        case .revocations: revocations
        case .moves: moves
        case .settings: settings
        case .guests: guests
        }
    }

    private static func byAge(_ name: String, key: String, table: String, from rows: String) -> PostgresStatement {
        PostgresStatement(
            "retention_\(name)",
            """
            \(held), doomed AS MATERIALIZED (\(rows)), gone AS (
                DELETE FROM \(table) t USING doomed, held WHERE (\(key)) = (\(key.doomed)) RETURNING 1
            )
            SELECT EXISTS (SELECT 1 FROM held), (SELECT count(*)::int4 FROM gone), NULL::uuid
            WHERE $5::uuid IS NULL OR true
            """)
    }

    private static let chat = byAge(
        "chat", key: "t.id", table: "chat_message",
        from: "SELECT id FROM chat_message WHERE sent_at_ms < $3::int8 ORDER BY sent_at_ms LIMIT $4::int4")

    private static let refreshTokens = byAge(
        "refresh_tokens", key: "t.token_digest", table: "refresh_token",
        from: """
            SELECT token_digest FROM refresh_token r
            WHERE r.expires_at_ms <= $3::int8
                AND NOT EXISTS (SELECT 1 FROM refresh_token s WHERE s.family = r.family AND s.expires_at_ms > $3::int8)
            ORDER BY r.expires_at_ms LIMIT $4::int4
            """)

    private static let revocations = byAge(
        "revocations", key: "t.player", table: "revocation",
        from: "SELECT player FROM revocation WHERE until_ms <= $3::int8 LIMIT $4::int4")

    private static let moves = byAge(
        "moves", key: "t.shard, t.epoch", table: "shard_move",
        from: """
            SELECT shard, epoch FROM shard_move m
            WHERE m.moved_at < to_timestamp($3::int8 / 1000.0)
                AND EXISTS (SELECT 1 FROM shard_move n WHERE n.shard = m.shard AND n.epoch > m.epoch)
            ORDER BY m.moved_at LIMIT $4::int4
            """)

    private static let settings = byAge(
        "settings", key: "t.name", table: "node_setting",
        from: """
            SELECT name FROM node_setting
            WHERE weight IS NULL AND NOT draining AND changed_at < to_timestamp($3::int8 / 1000.0) LIMIT $4::int4
            """)

    /// Most accounts are old and in use, so that a look goes on where the last one ended instead of passing them all again.
    private static let guests = PostgresStatement(
        "retention_guests",
        """
        \(held), seen AS MATERIALIZED (
            SELECT player, created_at FROM account
            WHERE $5::uuid IS NULL OR player > $5::uuid ORDER BY player LIMIT $4::int4
        ), gone AS (
            DELETE FROM account a USING seen, held
            WHERE a.player = seen.player AND seen.created_at < to_timestamp($3::int8 / 1000.0)
                AND NOT EXISTS (SELECT 1 FROM refresh_token r WHERE r.player = a.player)
            RETURNING 1
        )
        SELECT EXISTS (SELECT 1 FROM held), (SELECT count(*)::int4 FROM gone),
            (SELECT CASE WHEN count(*) = $4::int4 THEN (array_agg(player ORDER BY player DESC))[1] END FROM seen)
        """)

    // MARK: Folding

    private static let columns = "r.room, r.code, r.shard, r.rules"

    /// Rooms that closed long ago; parameters: closed before (ms), rooms to leave out, rooms at most. The last input to fold is not known yet.
    static let closedRooms = PostgresStatement(
        "retention_closed",
        """
        SELECT \(columns), NULL::int8 FROM room r
        WHERE r.closed_at < to_timestamp($1::int8 / 1000.0) AND r.folded_at IS NULL AND r.quarantine IS NULL
            AND r.room <> ALL ($2::uuid[])
        ORDER BY r.closed_at LIMIT $3::int4
        """)

    /// Open rooms with games that ended long ago and lie before both snapshots; parameters as above. The last such game's end is the
    /// last input to fold: what is behind it has to be replayed whole.
    static let openRooms = PostgresStatement(
        "retention_open",
        """
        SELECT \(columns), g.number FROM room r
        CROSS JOIN LATERAL (
            SELECT number FROM room_snapshot WHERE room = r.room ORDER BY number DESC OFFSET 1 LIMIT 1
        ) AS older
        CROSS JOIN LATERAL (
            SELECT max(number) AS number FROM game_result
            WHERE room = r.room AND number <= older.number AND finished_at_ms < $1::int8
        ) AS g
        LEFT JOIN room_fold f ON f.room = r.room
        WHERE r.closed_at IS NULL AND r.quarantine IS NULL AND r.room <> ALL ($2::uuid[])
            AND g.number > coalesce(f.number, 0)
        ORDER BY r.room LIMIT $3::int4
        """)

    /// Writes what a journal was folded into. From then on its inputs up to there may go; the last one of a closed room goes at once, so
    /// that whoever still takes itself for the owner finds nothing to append to.
    ///
    /// Parameters behind the term: room, last input and its chain, the room there (NULL: it has closed), closed before (ms).
    ///
    /// An open room keeps two snapshots behind the fold: a node of the version before knows nothing of folds and brings it back from those.
    static let fold = PostgresStatement(
        "retention_fold",
        """
        \(held), target AS MATERIALIZED (
            SELECT r.room FROM room r, held
            WHERE r.room = $3::uuid AND r.folded_at IS NULL AND r.quarantine IS NULL
                AND (EXISTS (
                        SELECT 1 FROM room_journal j WHERE j.room = $3::uuid AND j.number = $4::int8 AND j.chain = $5::bytea)
                    OR $4::int8 = coalesce((SELECT f.number FROM room_fold f WHERE f.room = $3::uuid), 0))
                AND CASE WHEN $6::bytea IS NULL
                    THEN r.closed_at < to_timestamp($7::int8 / 1000.0)
                        AND NOT EXISTS (SELECT 1 FROM room_journal j WHERE j.room = $3::uuid AND j.number > $4::int8)
                    ELSE r.closed_at IS NULL
                        AND 2 = (SELECT count(*) FROM room_snapshot s WHERE s.room = $3::uuid AND s.number >= $4::int8)
                    END
            FOR UPDATE OF r
        ), folded AS (
            INSERT INTO room_fold AS f (room, number, chain, base)
            SELECT room, $4::int8, $5::bytea, $6::bytea FROM target
            ON CONFLICT (room) DO UPDATE SET
                number = excluded.number, chain = excluded.chain, base = excluded.base, is_removed = false,
                folded_at = now()
            WHERE f.number <= excluded.number
        ), closed AS (
            UPDATE room SET folded_at = now() FROM target WHERE room.room = target.room AND $6::bytea IS NULL
        ), last AS (
            DELETE FROM room_journal j USING target
            WHERE j.room = target.room AND j.number = $4::int8 AND $6::bytea IS NULL
        )
        SELECT EXISTS (SELECT 1 FROM held), EXISTS (SELECT 1 FROM target)
        """)

    /// Removes what folds cover: inputs of several rooms, at most so many; with the last of a closed room's its snapshots and its code too, and the
    /// room itself when no game was played to its end in it.
    ///
    /// Parameters behind the term: inputs at most, rooms at most. Gives whether the term held, inputs and bytes removed, and rooms that are done.
    static let removeFolded = PostgresStatement(
        "retention_remove",
        """
        \(held), fold AS MATERIALIZED (
            SELECT f.room, f.number, f.base IS NULL AS is_whole FROM room_fold f, held
            WHERE NOT f.is_removed ORDER BY f.room LIMIT $4::int4
        ), doomed AS MATERIALIZED (
            SELECT j.room, j.number FROM fold
            CROSS JOIN LATERAL (
                SELECT room, number FROM room_journal WHERE room = fold.room AND number <= fold.number ORDER BY number
            ) AS j
            LIMIT $3::int4
        ), gone AS (
            DELETE FROM room_journal j USING doomed WHERE j.room = doomed.room AND j.number = doomed.number
            RETURNING octet_length(j.payload) + 64 AS bytes
        ), done AS MATERIALIZED (
            SELECT fold.room, fold.is_whole,
                fold.is_whole AND NOT EXISTS (SELECT 1 FROM game_result g WHERE g.room = fold.room) AS is_vacant
            FROM fold WHERE (SELECT count(*) FROM doomed) < $3::int4
        ), snapshots AS (
            DELETE FROM room_snapshot s USING done WHERE s.room = done.room AND done.is_whole
            RETURNING octet_length(s.bytes) AS bytes
        ), codes AS (
            DELETE FROM room_code c USING done, room r
            WHERE done.is_whole AND r.room = done.room AND c.code = r.code AND c.room = r.room
        ), marked AS (
            UPDATE room_fold f SET is_removed = true FROM done WHERE f.room = done.room AND NOT done.is_vacant
        ), folds AS (
            DELETE FROM room_fold f USING done WHERE f.room = done.room AND done.is_vacant
        ), rooms AS (
            DELETE FROM room r USING done WHERE r.room = done.room AND done.is_vacant
        )
        SELECT EXISTS (SELECT 1 FROM held), (SELECT count(*)::int4 FROM gone),
            ((SELECT coalesce(sum(bytes), 0) FROM gone) + (SELECT coalesce(sum(bytes), 0) FROM snapshots))::int8,
            (SELECT count(*)::int4 FROM done)
        """)

    /// Seconds since the room closed whose journal has waited longest; NULL: none waits.
    static let oldest = PostgresStatement(
        "retention_oldest",
        """
        SELECT floor(extract(epoch FROM now() - min(closed_at)))::int8 FROM room
        WHERE closed_at IS NOT NULL AND folded_at IS NULL
        """)

    // MARK: Reading a journal in pages

    /// Rows of a room behind a number, with the epochs they were written in.
    static let page = PostgresStatement(
        "journal_page",
        """
        SELECT number, chain, digest, payload, epoch FROM room_journal
        WHERE room = $1::uuid AND number > $2::int8 AND number <= $3::int8 ORDER BY number LIMIT $4::int4
        """)
}

extension String {
    /// `t.shard, t.epoch` as columns of `doomed`.
    fileprivate var doomed: String { replacing("t.", with: "doomed.") }
}
