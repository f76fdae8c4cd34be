internal import Logging
package import QuizModel
package import QuizRoomHost
package import QuizShards

/// Rooms, fence rows and results in PostgreSQL.
package final class PostgresRoomStore: RoomStore {
    private let pool: PostgresPool
    /// What a take-over reads: never through a pooler, and not behind players' requests.
    private let takeOver: PostgresPool
    private let fence: PostgresFence

    init(pool: PostgresPool, takeOver: PostgresPool, fence: PostgresFence) {
        self.pool = pool
        self.takeOver = takeOver
        self.fence = fence
    }

    package func create(_ record: RoomRecord, term: Term) async throws(JournalFailure) -> RoomCreation {
        let parameters =
            JournalStatements.term(term) + [.uuid(record.room), .text(record.code.text), .int4(record.rules)]
        let answer = try await query(JournalStatements.createRoom, parameters) { result throws(PostgresError) in
            try FencedAnswer(result)
        }
        if answer.locked { return answer.accepted ? .created : .codeTaken }
        let current = try await query(JournalStatements.terms, [.int4s([term.shard.index])]) {
            result throws(PostgresError) in
            try result.first?.term()
        }
        guard current == term else { return .termOver }
        throw .fenceLocked
    }

    package func take(_ shards: [ShardID], owner: Incarnation) async throws(JournalFailure) -> [Term] {
        do throws(PostgresError) { return try await fence.take(shards, owner: owner) } catch {
            throw JournalFailure(error)
        }
    }

    package func load(shards: [ShardID]) async throws(JournalFailure) -> [StoredRoom] {
        var rooms = try await query(RoomStatements.open, [.int4s(shards.map(\.index))], over: takeOver) {
            result throws(PostgresError) in
            var rooms: [StoredRoom] = []
            for row in result.rows {
                rooms.append(
                    StoredRoom(
                        record: try row.record(), snapshot: try row.snapshot(), tail: [],
                        quarantine: try row.optionalText(7)))
            }
            return rooms
        }
        let parameters: [PostgresParameter] = [
            .uuids(rooms.map(\.record.room)), .int8s(rooms.map { $0.snapshot?.head.number ?? 0 }),
        ]
        let tails = try await query(RoomStatements.tails, parameters, over: takeOver) { result throws(PostgresError) in
            var tails: [RoomID: [JournalRow]] = [:]
            for row in result.rows {
                tails[RoomID(value: try row.uuid(0)), default: []].append(try row.journalRow(from: 1))
            }
            return tails
        }
        for index in rooms.indices { rooms[index].tail = tails[rooms[index].record.room] ?? [] }
        return rooms
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

    package func history(of player: PlayerID, beforeMs: Int64?, limit: Int) async throws(JournalFailure)
        -> [GameSummary]
    {
        try await query(RoomStatements.history, [.uuid(player), .int8(beforeMs), .int4(max(limit, 0))]) {
            result throws(PostgresError) in
            var games: [GameSummary] = []
            for row in result.rows { games.append(try row.summary()) }
            return games
        }
    }

    package func head(of room: RoomID) async throws(JournalFailure) -> JournalHead? {
        try await query(RoomStatements.head, [.uuid(room)]) { result throws(PostgresError) in
            guard let row = result.first else { return nil }
            return JournalHead(number: try row.int8(0), chain: try row.bytes(1))
        }
    }

    package func fold(of room: RoomID) async throws(JournalFailure) -> RoomFold? {
        try await query(RoomStatements.fold, [.uuid(room)]) { result throws(PostgresError) in
            try result.first?.fold(of: room, from: 0)
        }
    }

    package func journal(
        of room: RoomID, through number: Int64
    ) async throws(JournalFailure) -> (record: RoomRecord, rows: [JournalRow])? {
        let record = try await query(RoomStatements.record, [.uuid(room)]) { result throws(PostgresError) in
            try result.first?.record()
        }
        guard let record else { return nil }
        let rows = try await query(RoomStatements.journal, [.uuid(room), .int8(number)]) {
            result throws(PostgresError) in
            var rows: [JournalRow] = []
            for row in result.rows { rows.append(try row.journalRow(from: 0)) }
            return rows
        }
        return (record, rows)
    }

    private func query<Value: Sendable>(
        _ statement: PostgresStatement, _ parameters: [PostgresParameter], over other: PostgresPool? = nil,
        _ read: @escaping @Sendable (PostgresResult) throws(PostgresError) -> Value
    ) async throws(JournalFailure) -> Value {
        do throws(PostgresError) {
            return try await (other ?? pool).query(statement, parameters, read)
        } catch {
            throw JournalFailure(error)
        }
    }
}
