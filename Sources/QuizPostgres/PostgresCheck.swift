package import Logging
package import QuizCluster
package import QuizModel
package import QuizRoomHost
internal import QuizShards

/// What `quizmania check` reads: one connection that changes nothing, in small pages, each a statement of its own, so that a live cluster does not
/// feel it.
package final class PostgresCheck: Sendable {
    package static let roomsPerPage = 200
    package static let orphansPerPage = 500

    private let pool: PostgresPool

    package init(configuration: PostgresConfiguration, log: Logger) {
        pool = PostgresPool(
            name: "check", settings: .init(connections: 1, waitersMax: 64, queryTimeout: .seconds(10)),
            endpoint: configuration.checkEndpoint, log: log)
    }

    package func close() async { await pool.close() }

    // MARK: Rooms

    private static let rooms = PostgresStatement(
        "check_rooms",
        """
        SELECT r.room, r.code, r.shard, r.rules, r.closed_at IS NOT NULL, c.room, r.quarantine
        FROM room r LEFT JOIN room_code c ON c.code = r.code
        WHERE ($1::uuid IS NULL OR r.room > $1::uuid) AND ($2::uuid IS NULL OR r.room = $2::uuid)
            AND ($3::int8 IS NULL OR r.closed_at IS NULL OR r.closed_at >= to_timestamp($3::int8 / 1000.0))
        ORDER BY r.room LIMIT \(roomsPerPage)
        """)

    /// Rooms in the order of their ids, a page.
    ///
    /// - Parameters:
    ///   - room: the last one of the page before.
    ///   - only: nothing but this room.
    ///   - sinceMs: open rooms and those that closed since; milliseconds since 1970.
    package func rooms(
        behind room: RoomID?, only: RoomID?, sinceMs: Int64?
    ) async throws(JournalFailure) -> [RoomFacts] {
        let parameters: [PostgresParameter] = [
            room.map { PostgresParameter.uuid($0) } ?? .null, only.map { PostgresParameter.uuid($0) } ?? .null,
            .int8(sinceMs),
        ]
        return try await query(Self.rooms, parameters) { result throws(PostgresError) in
            var rooms: [RoomFacts] = []
            for row in result.rows {
                rooms.append(
                    RoomFacts(
                        room: RoomID(value: try row.uuid(0)), code: try row.text(1), shard: try row.int4(2),
                        rules: try row.int4(3), isClosed: try row.bool(4),
                        codeLeadsTo: row.isNull(5) ? nil : RoomID(value: try row.uuid(5)),
                        quarantine: try row.optionalText(6)))
            }
            return rooms
        }
    }

    private static let code = PostgresStatement("check_code", "SELECT room FROM room_code WHERE code = $1::text")

    /// The room a code is lent to.
    package func room(of code: RoomCode) async throws(JournalFailure) -> RoomID? {
        try await query(Self.code, [.text(code.text)]) { result throws(PostgresError) in
            guard let row = result.first else { return nil }
            return RoomID(value: try row.uuid(0))
        }
    }

    private static let roomCount = PostgresStatement(
        "check_room_count", "SELECT greatest(reltuples, 0)::int8 FROM pg_class WHERE oid = 'room'::regclass")

    /// About how many rooms there are, for showing progress.
    package func roomEstimate() async throws(JournalFailure) -> Int64 {
        try await query(Self.roomCount) { result throws(PostgresError) in try result.first?.int8(0) ?? 0 }
    }

    // MARK: A room's journal

    private static let snapshots = PostgresStatement(
        "check_snapshots", "SELECT number, chain, bytes FROM room_snapshot WHERE room = $1::uuid ORDER BY number")

    package func snapshots(of room: RoomID) async throws(JournalFailure) -> [StoredSnapshot] {
        try await query(Self.snapshots, [.uuid(room)]) { result throws(PostgresError) in
            var snapshots: [StoredSnapshot] = []
            for row in result.rows {
                let head = JournalHead(number: try row.int8(0), chain: try row.bytes(1))
                snapshots.append(StoredSnapshot(room: room, head: head, bytes: try row.bytes(2)))
            }
            return snapshots
        }
    }

    package func fold(of room: RoomID) async throws(JournalFailure) -> RoomFold? {
        try await query(RoomStatements.fold, [.uuid(room)]) { result throws(PostgresError) in
            try result.first?.fold(of: room, from: 0)
        }
    }

    /// At most `PostgresRetention.pageMax` rows behind an input, with the epochs they were written in.
    package func page(
        of room: RoomID, behind number: Int64
    ) async throws(JournalFailure) -> [(row: JournalRow, epoch: Int64)] {
        let parameters: [PostgresParameter] = [
            .uuid(room), .int8(number), .int8(Int64.max), .int4(PostgresRetention.pageMax),
        ]
        return try await query(RetentionStatements.page, parameters) { result throws(PostgresError) in
            try result.epochRows()
        }
    }

    // MARK: Results

    private static let results = PostgresStatement(
        "check_results", "SELECT game, number FROM game_result WHERE room = $1::uuid ORDER BY number, game")

    package func results(of room: RoomID) async throws(JournalFailure) -> [(game: GameID, number: Int64)] {
        try await query(Self.results, [.uuid(room)]) { result throws(PostgresError) in
            var results: [(game: GameID, number: Int64)] = []
            for row in result.rows { results.append((GameID(value: try row.uuid(0)), try row.int8(1))) }
            return results
        }
    }

    package func result(of game: GameID) async throws(JournalFailure) -> StoredResult? {
        let stored = try await query(RoomStatements.result, [.uuid(game)]) { result throws(PostgresError) in
            try result.first?.result(game)
        }
        guard var stored else { return nil }
        stored.entries = try await query(RoomStatements.players, [.uuid(game)]) { result throws(PostgresError) in
            var entries: [LeaderboardEntry] = []
            for row in result.rows { entries.append(try row.leaderboardEntry()) }
            return entries
        }
        return stored
    }

    // MARK: What belongs to no room

    /// Goes from one room's rows to the next one's by the primary key, without reading the rows between.
    private static let journalRooms = PostgresStatement(
        "check_journal_rooms",
        """
        WITH RECURSIVE journal AS (
            (SELECT room FROM room_journal WHERE $1::uuid IS NULL OR room > $1::uuid ORDER BY room LIMIT 1)
            UNION ALL
            SELECT (SELECT j.room FROM room_journal j WHERE j.room > journal.room ORDER BY j.room LIMIT 1)
            FROM journal WHERE journal.room IS NOT NULL
        )
        SELECT page.room, EXISTS (SELECT 1 FROM room r WHERE r.room = page.room)
        FROM (SELECT room FROM journal WHERE room IS NOT NULL LIMIT \(orphansPerPage)) AS page
        """)

    private static let resultRooms = PostgresStatement(
        "check_result_rooms",
        """
        SELECT g.game, EXISTS (SELECT 1 FROM room r WHERE r.room = g.room)
        FROM game_result g WHERE $1::uuid IS NULL OR g.game > $1::uuid ORDER BY g.game LIMIT \(orphansPerPage)
        """)

    /// Journals whose room is not there, among a page of them; and where the next page begins, nil: nowhere.
    package func orphanedJournals(
        behind room: RoomID?
    ) async throws(JournalFailure) -> (orphans: [RoomID], next: RoomID?) {
        let page = try await ids(Self.journalRooms, behind: room?.value)
        return (page.orphans.map { RoomID(value: $0) }, page.next.map { RoomID(value: $0) })
    }

    /// Results whose room is not there, likewise.
    package func orphanedResults(
        behind game: GameID?
    ) async throws(JournalFailure) -> (orphans: [GameID], next: GameID?) {
        let page = try await ids(Self.resultRooms, behind: game?.value)
        return (page.orphans.map { GameID(value: $0) }, page.next.map { GameID(value: $0) })
    }

    private func ids(
        _ statement: PostgresStatement, behind id: UInt128?
    ) async throws(JournalFailure) -> (orphans: [UInt128], next: UInt128?) {
        let behind: PostgresParameter = id.map { .uuid(RoomID(value: $0)) } ?? .null
        return try await query(statement, [behind]) { result throws(PostgresError) in
            var orphans: [UInt128] = []
            var last: UInt128?
            for row in result.rows {
                last = try row.uuid(0)
                if try !row.bool(1) { orphans.append(try row.uuid(0)) }
            }
            return (orphans, result.count == Self.orphansPerPage ? last : nil)
        }
    }

    // MARK: The server

    private static let room = PostgresStatement(
        "check_capacity",
        """
        SELECT current_setting('max_connections')::int4, current_setting('superuser_reserved_connections')::int4
        """)

    /// Sessions the server admits, and those of them it keeps for superusers.
    package func connections() async throws(JournalFailure) -> (max: Int, reserved: Int) {
        try await query(Self.room) { result throws(PostgresError) in
            guard let row = result.first else {
                throw PostgresError(.unexpectedAnswer, "The server did not tell its settings.")
            }
            return (try row.int4(0), try row.int4(1))
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
