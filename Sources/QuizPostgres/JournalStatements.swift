internal import QuizModel
package import QuizRoomHost
package import QuizShards

/// The fenced statements. What each part of them prevents was tried on PostgreSQL 15; `JournalTrapTests` keeps the
/// trials.
///
/// **The fence.** Every write first locks the shard's fence row, with its own term, `FOR SHARE` inside the same
/// statement. Whoever wants the shard must update that row and therefore waits for the write's commit; after that the
/// row says another term and the old owner finds nothing to lock. Checking the term without a lock lets rows commit
/// behind the new owner's back, and so does `FOR KEY SHARE`, which an update of the other columns does not wait for.
///
/// `SKIP LOCKED`: a fencer that stalls in its transaction costs its shard a retry instead of holding up the whole
/// batch. `ORDER BY shard`: all lock in the same order, so that a batch and a mass take-over cannot deadlock.
package enum JournalStatements {
    /// One batch of many rooms. Gives, for each room kept, how many of its rows were inserted, or −1 when all of them
    /// were there.
    ///
    /// Parameters: terms ($1–$3), appends ($4–$11), rows ($12–$16); see `parameters(of:)`.
    ///
    /// - `kept`: rooms that exist in that shard and whose predecessor is there with the same chain. The look-ups are
    ///   LATERAL, as subqueries the planner cannot turn into a join over the whole journal.
    /// - A room whose next row is there already is kept only if its *last* row is there with the same chain: the chain
    ///   covers all rows before it, so these are the very rows of an earlier attempt whose outcome was unknown.
    ///   Anything else in that place is refused.
    /// - `ON CONFLICT DO NOTHING`: rows of an earlier attempt that commits just now are not seen above. The room then
    ///   counts as refused, is tried again, and found to be there.
    package static let append = PostgresStatement(
        "journal_append",
        """
        WITH term AS MATERIALIZED (
            SELECT f.shard, f.epoch, f.owner
            FROM shard_fence f
            JOIN unnest($1::int4[], $2::int8[], $3::uuid[]) AS t (shard, epoch, owner)
                ON f.shard = t.shard AND f.epoch = t.epoch AND f.owner = t.owner
            ORDER BY f.shard
            FOR SHARE OF f SKIP LOCKED
        ), kept AS MATERIALIZED (
            SELECT a.room, a.epoch, next.number IS NOT NULL AS resent
            FROM unnest(
                $4::uuid[], $5::int4[], $6::int8[], $7::uuid[], $8::int8[], $9::bytea[], $10::int8[], $11::bytea[])
                AS a (room, shard, epoch, owner, previous, previous_chain, last, last_chain)
            JOIN term ON term.shard = a.shard AND term.epoch = a.epoch AND term.owner = a.owner
            CROSS JOIN LATERAL (SELECT 1 FROM room r WHERE r.room = a.room AND r.shard = a.shard LIMIT 1) AS known
            CROSS JOIN LATERAL (
                SELECT 1 WHERE a.previous = 0
                UNION ALL
                (SELECT 1 FROM room_journal j
                 WHERE j.room = a.room AND j.number = a.previous AND j.chain = a.previous_chain LIMIT 1)
            ) AS behind
            LEFT JOIN LATERAL (
                SELECT j.number FROM room_journal j WHERE j.room = a.room AND j.number = a.previous + 1 LIMIT 1
            ) AS next ON true
            LEFT JOIN LATERAL (
                SELECT j.number FROM room_journal j
                WHERE next.number IS NOT NULL
                    AND j.room = a.room AND j.number = a.last AND j.chain = a.last_chain
                LIMIT 1
            ) AS same ON true
            WHERE next.number IS NULL OR same.number IS NOT NULL
        ), added AS (
            INSERT INTO room_journal (room, number, epoch, chain, digest, payload)
            SELECT g.room, g.number, kept.epoch, g.chain, g.digest, g.payload
            FROM unnest($12::uuid[], $13::int8[], $14::bytea[], $15::int8[], $16::bytea[])
                AS g (room, number, chain, digest, payload)
            JOIN kept ON kept.room = g.room AND NOT kept.resent
            ON CONFLICT DO NOTHING
            RETURNING room
        )
        SELECT room, count(*)::int4 FROM added GROUP BY room
        UNION ALL
        SELECT room, -1 FROM kept WHERE resent
        """)

    package static func parameters(of batch: JournalBatch) -> [PostgresParameter] {
        let appends = batch.appends
        let terms = Set(appends.map(\.term)).sorted { $0.shard < $1.shard }
        let rows = appends.flatMap { append in append.rows.map { (room: append.room, row: $0) } }
        return [
            .int4s(terms.map(\.shard.index)), .int8s(terms.map(\.epoch.number)), .uuids(terms.map(\.owner)),
            .uuids(appends.map(\.room)), .int4s(appends.map(\.term.shard.index)),
            .int8s(appends.map(\.term.epoch.number)),
            .uuids(appends.map(\.term.owner)), .int8s(appends.map(\.previous.number)),
            .byteas(appends.map(\.previous.chain)), .int8s(appends.map { $0.rows.last?.number }),
            .byteas(appends.map { $0.rows.last?.chain ?? [] }),
            .uuids(rows.map(\.room)), .int8s(rows.map(\.row.number)), .byteas(rows.map(\.row.chain)),
            .int8s(rows.map { $0.row.digest.map { Int64(bitPattern: $0) } }), .byteas(rows.map(\.row.payload)),
        ]
    }

    package static let terms = PostgresStatement(
        "journal_terms",
        "SELECT shard, epoch, owner FROM shard_fence WHERE shard = ANY ($1::int4[]) AND epoch > 0")

    /// What every fenced write but `append` begins with: parameters $1–$3 are the term.
    private static let held = """
        WITH held AS MATERIALIZED (
            SELECT shard FROM shard_fence WHERE shard = $1::int4 AND epoch = $2::int8 AND owner = $3::uuid
            FOR SHARE SKIP LOCKED
        )
        """

    /// A snapshot or result speaks of committed state only: parameters $4–$6 are the room and its head.
    private static let committed = """
        committed AS MATERIALIZED (
            SELECT 1 FROM held WHERE $5::int8 = 0 OR EXISTS (
                SELECT 1 FROM room_journal j WHERE j.room = $4::uuid AND j.number = $5::int8 AND j.chain = $6::bytea)
        )
        """

    package static func term(_ term: Term) -> [PostgresParameter] {
        [.int4(term.shard.index), .int8(term.epoch.number), .uuid(term.owner)]
    }

    /// Gives whether the fence row was locked, and whether the head is in the journal.
    package static let saveSnapshot = PostgresStatement(
        "journal_save_snapshot",
        """
        \(held), \(committed), saved AS (
            INSERT INTO room_snapshot (room, number, chain, bytes)
            SELECT $4::uuid, $5::int8, $6::bytea, $7::bytea FROM committed
            ON CONFLICT DO NOTHING
        ), older AS (
            DELETE FROM room_snapshot s USING committed
            WHERE s.room = $4::uuid AND s.number < (
                SELECT two.number
                FROM (SELECT number FROM room_snapshot WHERE room = $4::uuid UNION SELECT $5::int8) AS two
                ORDER BY two.number DESC OFFSET 1 LIMIT 1)
        )
        SELECT EXISTS (SELECT 1 FROM held), EXISTS (SELECT 1 FROM committed)
        """)

    /// Gives whether the fence row was locked, and whether the head is in the journal.
    package static let saveResult = PostgresStatement(
        "journal_save_result",
        """
        \(held), \(committed), saved AS (
            INSERT INTO game_result (game, room, title, finished_at_ms, number, chain, result, signature, key_id)
            SELECT $7::uuid, $4::uuid, $8::text, $9::int8, $5::int8, $6::bytea, $10::bytea, $11::bytea, $12::text
            FROM committed
            ON CONFLICT (game) DO NOTHING
            RETURNING game, finished_at_ms
        ), players AS (
            INSERT INTO game_player (game, finished_at_ms, player, position, nickname, rank, previous_rank, score,
                accuracy_points, speed_points, streak, right_answers)
            SELECT saved.game, saved.finished_at_ms, p.*
            FROM saved, unnest($13::uuid[], $14::int4[], $15::text[], $16::int4[], $17::int4[], $18::int4[],
                $19::int4[], $20::int4[], $21::int4[], $22::int4[]) AS p
        )
        SELECT EXISTS (SELECT 1 FROM held), EXISTS (SELECT 1 FROM committed)
        """)

    package static func parameters(of result: StoredResult) -> [PostgresParameter] {
        let entries = result.entries
        return [
            .uuid(result.room), .int8(result.head.number), .bytea(result.head.chain),
            // A title or name with U+0000 must not keep a finished game from being stored; what was played stands in
            // `resultBytes`.
            .uuid(result.game), .text(result.title.replacingZero), .int8(result.finishedAtMs),
            .bytea(result.resultBytes),
            .bytea(result.signature), .text(result.keyID),
            .uuids(entries.map(\.player)), .int4s(Array(entries.indices)),
            .texts(entries.map(\.nickname.text.replacingZero)), .int4s(entries.map(\.rank)),
            .int4s(entries.map(\.previousRank)), .int4s(entries.map(\.score)), .int4s(entries.map(\.accuracyPoints)),
            .int4s(entries.map(\.speedPoints)), .int4s(entries.map(\.streak)), .int4s(entries.map(\.right)),
        ]
    }

    /// Gives whether the fence row was locked.
    package static let close = PostgresStatement(
        "journal_close",
        """
        \(held), closed AS (
            UPDATE room SET closed_at = now() FROM held
            WHERE room.room = $4::uuid AND room.shard = held.shard AND room.closed_at IS NULL
        )
        SELECT EXISTS (SELECT 1 FROM held)
        """)

    /// Gives whether the fence row was locked, and whether the code is this room's now. $4 room, $5 code, $6 rules.
    ///
    /// A code is lent to one room until 24 hours after that room closed. `lent_at` is compared in the newest version of
    /// the row, the room's end only as this statement's beginning saw it; both are needed when two rooms want a code at
    /// once.
    package static let createRoom = PostgresStatement(
        "room_create",
        """
        \(held), lent AS (
            INSERT INTO room_code AS c (code, room)
            SELECT $5::text, $4::uuid FROM held
            ON CONFLICT (code) DO UPDATE SET room = excluded.room, lent_at = now()
            WHERE c.room = excluded.room OR c.lent_at < now() - interval '24 hours' AND NOT EXISTS (
                SELECT 1 FROM room r
                WHERE r.room = c.room AND (r.closed_at IS NULL OR r.closed_at > now() - interval '24 hours'))
            RETURNING c.code
        ), made AS (
            INSERT INTO room (room, code, shard, rules)
            SELECT $4::uuid, lent.code, $1::int4, $6::int4 FROM lent
            ON CONFLICT (room) DO NOTHING
        )
        SELECT EXISTS (SELECT 1 FROM held), EXISTS (SELECT 1 FROM lent)
        """)
}

extension String {
    /// U+FFFD in the place of U+0000, which PostgreSQL's text cannot hold.
    var replacingZero: String {
        utf8.contains(0)
            ? String(String.UnicodeScalarView(unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : $0 })) : self
    }
}
