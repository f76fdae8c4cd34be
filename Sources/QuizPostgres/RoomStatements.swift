package import QuizModel
package import QuizRoomHost
internal import QuizShards

/// Reads of rooms, journals and results, and how their rows become values.
package enum RoomStatements {
    /// Open rooms with the older of their two newest states: of two snapshots, of a snapshot and what the beginning of the
    /// journal was folded into, of a snapshot and the start. The replay from the older one also rebuilds what clients may
    /// have missed, which a snapshot does not hold.
    package static let open = PostgresStatement(
        "room_open",
        """
        SELECT r.room, r.code, r.shard, r.rules, s.number, s.chain, s.bytes, r.quarantine
        FROM room r
        CROSS JOIN LATERAL (
            SELECT * FROM (
                SELECT number, chain, bytes FROM room_snapshot WHERE room = r.room
                UNION
                SELECT number, chain, base FROM room_fold WHERE room = r.room
                UNION ALL
                SELECT 0, NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM room_fold WHERE room = r.room)
                ORDER BY number DESC LIMIT 2
            ) AS newest
            ORDER BY number LIMIT 1
        ) AS s
        WHERE r.shard = ANY ($1::int4[]) AND r.closed_at IS NULL
        ORDER BY r.room
        """)

    package static let tails = PostgresStatement(
        "room_tails",
        """
        SELECT w.room, j.number, j.chain, j.digest, j.payload
        FROM unnest($1::uuid[], $2::int8[]) WITH ORDINALITY AS w (room, after, place)
        CROSS JOIN LATERAL (
            SELECT number, chain, digest, payload FROM room_journal
            WHERE room = w.room AND number > w.after ORDER BY number
        ) AS j
        ORDER BY w.place, j.number
        """)

    package static let record = PostgresStatement(
        "room_record", "SELECT room, code, shard, rules FROM room WHERE room = $1::uuid")

    package static let journal = PostgresStatement(
        "room_journal",
        """
        SELECT number, chain, digest, payload FROM room_journal
        WHERE room = $1::uuid AND number <= $2::int8 ORDER BY number
        """)

    package static let head = PostgresStatement(
        "room_head", "SELECT number, chain FROM room_journal WHERE room = $1::uuid ORDER BY number DESC LIMIT 1")

    package static let fold = PostgresStatement(
        "room_fold",
        """
        SELECT number, chain, base, floor(extract(epoch FROM folded_at) * 1000)::int8 FROM room_fold
        WHERE room = $1::uuid
        """)

    package static let result = PostgresStatement(
        "game_result",
        """
        SELECT room, title, finished_at_ms, number, chain, result, signature, key_id FROM game_result
        WHERE game = $1::uuid
        """)

    package static let players = PostgresStatement(
        "game_players",
        """
        SELECT player, nickname, rank, previous_rank, score, accuracy_points, speed_points, streak, right_answers
        FROM game_player WHERE game = $1::uuid ORDER BY position
        """)

    package static let history = PostgresStatement(
        "game_history",
        """
        SELECT p.game, g.title, p.finished_at_ms,
            (SELECT count(*)::int4 FROM game_player o WHERE o.game = p.game), p.rank, p.score
        FROM game_player p JOIN game_result g ON g.game = p.game
        WHERE p.player = $1::uuid AND ($2::int8 IS NULL OR p.finished_at_ms < $2)
        ORDER BY p.finished_at_ms DESC, p.game DESC
        LIMIT $3::int4
        """)
}

extension PostgresRow {
    /// Columns room, code, shard, rules.
    package func record() throws(PostgresError) -> RoomRecord {
        guard let code = RoomCode(try text(1)), let shard = ShardID(index: try int4(2)) else {
            throw PostgresError(.unexpectedAnswer, "A room's code or shard is none.")
        }
        return RoomRecord(room: RoomID(value: try uuid(0)), code: code, shard: shard, rules: try int4(3))
    }

    /// Columns room (0), number, chain, bytes (4–6).
    package func snapshot() throws(PostgresError) -> StoredSnapshot? {
        guard let number = try optionalInt8(4), number > 0 else { return nil }
        let head = JournalHead(number: number, chain: try bytes(5))
        return StoredSnapshot(room: RoomID(value: try uuid(0)), head: head, bytes: try bytes(6))
    }

    /// Columns number, chain, digest, payload from `column` on.
    package func journalRow(from column: Int) throws(PostgresError) -> JournalRow {
        JournalRow(
            number: try int8(column), chain: try bytes(column + 1),
            digest: try optionalInt8(column + 2).map { UInt64(bitPattern: $0) }, payload: try bytes(column + 3))
    }

    /// Columns number, chain, base, folded at from `column` on.
    func fold(of room: RoomID, from column: Int) throws(PostgresError) -> RoomFold {
        let head = JournalHead(number: try int8(column), chain: try bytes(column + 1))
        let base =
            isNull(column + 2) ? nil : StoredSnapshot(room: room, head: head, bytes: try bytes(column + 2))
        return RoomFold(room: room, head: head, base: base, foldedAtMs: try int8(column + 3))
    }

    package func result(_ game: GameID) throws(PostgresError) -> StoredResult {
        StoredResult(
            game: game, room: RoomID(value: try uuid(0)), title: try text(1), finishedAtMs: try int8(2),
            head: JournalHead(number: try int8(3), chain: try bytes(4)), entries: [], resultBytes: try bytes(5),
            signature: try bytes(6), keyID: try text(7))
    }

    package func leaderboardEntry() throws(PostgresError) -> LeaderboardEntry {
        LeaderboardEntry(
            player: PlayerID(value: try uuid(0)), nickname: try nickname(1), rank: try int4(2),
            previousRank: try optionalInt4(3), score: try int4(4), accuracyPoints: try int4(5),
            speedPoints: try int4(6),
            streak: try int4(7), right: try int4(8))
    }

    package func summary() throws(PostgresError) -> GameSummary {
        GameSummary(
            game: GameID(value: try uuid(0)), title: try text(1), finishedAtMs: try int8(2), players: try int4(3),
            rank: try int4(4), score: try int4(5))
    }

    func nickname(_ column: Int) throws(PostgresError) -> Nickname {
        guard let nickname = Nickname(try text(column)) else {
            throw PostgresError(.unexpectedAnswer, "A stored nickname breaks the rule for nicknames.")
        }
        return nickname
    }
}
