import QuizCluster
import QuizModel
import QuizRoom
import QuizRoomHost
import QuizShards
import Testing

@testable import QuizPostgres

/// What runs out goes, and nothing else, on a real server.
@Suite struct RetentionTests {
    private static let day: Int64 = 86_400_000
    /// The day after the last one; ages count from here.
    private static let now: Int64 = 1_800_000_000_000
    private static let ages = Retention.Ages(journal: 30, chat: 10, moves: 20, guests: 40)
    private static let coordinator = Incarnation(value: 77)

    private static func daysAgo(_ days: Int64) -> Int64 { now - days * day }

    private func database() async throws -> TestDatabase {
        let database = try await TestDatabase()
        _ = try await database.postgres.cluster.takeCoordinator(expected: nil, owner: Self.coordinator)
        return database
    }

    private func pass(_ database: TestDatabase) -> RetentionPass {
        RetentionPass(database.postgres, ages: Self.ages, pause: .zero)
    }

    private func run(_ database: TestDatabase) async throws -> RetentionPass.Report {
        var pass = pass(database)
        return try await pass.run(as: Self.coordinator, nowMs: Self.now)
    }

    private func count(_ what: String, _ database: TestDatabase) async throws -> Int64? {
        try await database.session().number("SELECT count(*) FROM \(what)")
    }

    @Test func `every table has its rule, and every rule its table`() async throws {
        let tables = try await TestDatabase().session().lines(
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1")
        #expect(Retention.rules.map(\.table).sorted() == tables)
        for trim in Retention.Trim.allCases {
            #expect(Retention.rules.first { $0.table == trim.rawValue }?.trim == trim)
        }
    }

    // MARK: Folding

    @Test func `a closed room is folded when its time is over, and its results can still be verified`() async throws {
        let database = try await database()
        var room = try await PlayedRoom(in: database)
        try await room.play(endedMs: Self.daysAgo(41))
        try await room.snapshot()
        try await room.play(endedMs: Self.daysAgo(40))
        try await room.close(atMs: Self.daysAgo(29))
        #expect(try await run(database).folded == 0)
        #expect(try await room.verdict(room.games[0]).isSound)

        try await database.session().script("UPDATE room SET closed_at = closed_at - interval '2 days'")
        let head = room.head
        let report = try await run(database)
        #expect(report.folded == 1 && report.removed.rooms == 1)
        #expect(report.removed.rows == Int(head.number) - 1, "the last one goes with the fold")
        for table in ["room_journal", "room_snapshot", "room_code"] { #expect(try await count(table, database) == 0) }
        #expect(try await database.postgres.rooms.fold(of: room.record.room)?.head == head)
        for game in room.games {
            let verdict = try await room.verdict(game)
            #expect(verdict.isSound && verdict.foldedAtMs != nil && verdict.entries.count == 1)
        }
        #expect(try await run(database).folded == 0)

        try await database.session().script("UPDATE game_result SET result = result || '\\x00'::bytea")
        #expect(try await !room.verdict(room.games[0]).isSound)
    }

    @Test func `an owner that is about to write behind the end of a folded room is refused`() async throws {
        let database = try await database()
        var room = try await PlayedRoom(in: database)
        try await room.play(endedMs: Self.daysAgo(41))
        try await room.close(atMs: Self.daysAgo(40))
        // It has made its rows, and stands still.
        let row = JournalRow(number: room.head.number + 1, chain: RoomDriver.chain(), digest: nil, payload: [1])
        let append = RoomAppend(room: room.record.room, term: room.term, previous: room.head, rows: [row])
        #expect(try await run(database).folded == 1)
        #expect(await database.postgres.journal.append(append) == .committed(kept: []))
        #expect(try await count("room_journal", database) == 0)
        let snapshot = StoredSnapshot(room: room.record.room, head: room.head, bytes: [1])
        await #expect(throws: JournalFailure.self) {
            try await database.postgres.journal.save(snapshot, term: room.term, lane: 0)
        }
        #expect(try await count("room_snapshot", database) == 0)
    }

    @Test func `a row that comes between the look and the fold keeps the room from being folded`() async throws {
        let database = try await database()
        var room = try await PlayedRoom(in: database)
        try await room.play(endedMs: Self.daysAgo(41))
        try await room.close(atMs: Self.daysAgo(40))
        let fold = RoomFold(room: room.record.room, head: room.head, base: nil, foldedAtMs: 0)
        let row = JournalRow(number: room.head.number + 1, chain: RoomDriver.chain(), digest: nil, payload: [1])
        let append = RoomAppend(room: room.record.room, term: room.term, previous: room.head, rows: [row])
        _ = await database.postgres.journal.append(append)
        let term = try #require(try await database.postgres.retention.term(of: Self.coordinator))
        #expect(try await !database.postgres.retention.write(fold, closedBeforeMs: Self.now, term: term))
        #expect(try await count("room_fold", database) == 0)
    }

    @Test func `a room in which no game ended goes whole`() async throws {
        let database = try await database()
        var room = try await PlayedRoom(in: database)
        try await room.close(atMs: Self.daysAgo(40))
        #expect(try await run(database).removed.rooms == 1)
        for table in ["room", "room_journal", "room_code", "room_fold"] {
            #expect(try await count(table, database) == 0)
        }
    }

    @Test func `a journal that does not give its result is evidence and stays`() async throws {
        let database = try await database()
        var rooms: [PlayedRoom] = []
        for _ in 0..<4 {
            var room = try await PlayedRoom(in: database)
            try await room.play(endedMs: rooms.count == 3 ? nil : Self.daysAgo(41))
            try await room.close(atMs: Self.daysAgo(40))
            rooms.append(room)
        }
        let session = database.session()
        try await session.script(
            "UPDATE room_journal SET payload = payload || '\\x00'::bytea WHERE number = 3 AND room = '\(rooms[0].record.room)'"
        )
        try await session.script("UPDATE game_player SET score = score + 1 WHERE game = '\(rooms[1].games[0])'")
        var pass = pass(database)
        #expect(try await pass.run(as: Self.coordinator, nowMs: Self.now).folded == 1)
        #expect(
            Set(pass.refused.keys) == [rooms[0], rooms[1], rooms[3]].reduce(into: []) { $0.insert($1.record.room) })
        #expect(pass.refused[rooms[0].record.room]?.hasPrefix("Input 3 was changed") == true)
        #expect(try await count("room_fold", database) == 1)
        // Not looked at again and again.
        #expect(try await pass.run(as: Self.coordinator, nowMs: Self.now).folded == 0)

        try await rooms[3].store(rooms[3].games[0], endedMs: Self.daysAgo(41))
        try await session.script("UPDATE room SET quarantine = 'somebody looks' WHERE room = '\(rooms[3].record.room)'")
        #expect(try await run(database).folded == 0)
        try await session.script("UPDATE room SET quarantine = NULL")
        #expect(try await run(database).folded == 1)
    }

    @Test func `an open room is folded up to an old game and goes on`() async throws {
        let database = try await database()
        var room = try await PlayedRoom(in: database)
        try await room.play(endedMs: Self.daysAgo(50))
        try await room.play(endedMs: Self.daysAgo(40))
        let through = room.head
        try await room.go()
        try await room.snapshot()
        #expect(try await run(database).folded == 0, "one snapshot is not enough")
        try await room.play(endedMs: Self.daysAgo(20))
        try await room.snapshot()
        #expect(try await run(database).folded == 1)
        #expect(try await database.postgres.rooms.fold(of: room.record.room)?.head == through)
        #expect(try await count("room_journal WHERE number <= \(through.number)", database) == 0)

        // What is left is replayed, and what is gone says so.
        #expect(try await room.verdict(room.games[0]).foldedAtMs != nil)
        #expect(try await room.verdict(room.games[1]).foldedAtMs != nil)
        let young = try await room.verdict(room.games[2])
        #expect(young.isSound && young.foldedAtMs == nil)

        // A new owner finds the same room whether two, one or no snapshots are there.
        try await room.go()
        for snapshots in [2, 1, 0] {
            #expect(try await count("room_snapshot", database) == Int64(snapshots))
            let loaded = try #require(try await room.loaded())
            #expect(loaded.head == room.head && loaded.machine.digest == room.room.machine.digest)
            #expect(loaded.ring.mark == room.room.ring.mark)
            try await database.session().script(
                "DELETE FROM room_snapshot WHERE number = (SELECT max(number) FROM room_snapshot)")
        }
    }

    @Test func `an owner writes on while its room is folded`() async throws {
        let database = try await database()
        var room = try await PlayedRoom(in: database)
        try await room.play(endedMs: Self.daysAgo(50))
        try await room.go(2_100)
        try await room.snapshot()
        try await room.play(endedMs: Self.daysAgo(40))
        try await room.snapshot()
        try await room.go(10)
        try await room.snapshot()
        let started = room
        async let folded = run(database)
        var last = started
        for _ in 0..<60 { try await last.go(2) }
        #expect(try await folded.folded == 1)
        let loaded = try #require(try await last.loaded())
        #expect(loaded.head == last.head && loaded.machine.digest == last.room.machine.digest)
        #expect(try await count("room_journal", database) ?? 0 < last.head.number)
    }

    // MARK: Who may

    @Test func `only the coordinator removes anything, and only while it is`() async throws {
        let database = try await database()
        var room = try await PlayedRoom(in: database)
        try await room.play(endedMs: Self.daysAgo(41))
        try await room.close(atMs: Self.daysAgo(40))
        var pass = pass(database)
        #expect(try await pass.run(as: .random(), nowMs: Self.now).isTermOver)
        let retention = database.postgres.retention
        let term = try #require(try await retention.term(of: Self.coordinator))
        _ = try await database.postgres.cluster.takeCoordinator(expected: term, owner: .random())
        let fold = RoomFold(room: room.record.room, head: room.head, base: nil, foldedAtMs: 0)
        #expect(try await !retention.write(fold, closedBeforeMs: Self.now, term: term))
        #expect(try await retention.removeFolded(term: term) == nil)
        for trim in Retention.Trim.allCases {
            #expect(try await retention.trim(trim, endMs: Self.now, term: term) == .termOver)
        }
        #expect(try await count("room_journal", database) == room.head.number)
    }

    // MARK: Age

    @Test func `what is kept for a time goes behind it`() async throws {
        let database = try await database()
        let session = database.session()
        func at(_ days: Int64) -> String { "to_timestamp(\(Self.daysAgo(days)) / 1000.0)" }
        try await session.script(
            """
            INSERT INTO chat_message (id, room, player, client, nickname, line, sent_at_ms)
            SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'c' || d, 'n', 'l', \(Self.now) - d * \(Self.day)
            FROM generate_series(1, 20) AS d;
            INSERT INTO shard_move (shard, epoch, to_owner, reason, moved_at)
            SELECT 5, e, gen_random_uuid(), 'asked', \(at(100)) FROM generate_series(1, 4) AS e;
            INSERT INTO shard_move (shard, epoch, to_owner, reason, moved_at)
            SELECT 6, e, gen_random_uuid(), 'asked', CASE WHEN e = 1 THEN \(at(21)) ELSE \(at(19)) END
            FROM generate_series(1, 3) AS e;
            INSERT INTO node_setting (name, weight, draining, changed_at)
            VALUES ('forgotten', NULL, false, \(at(21))), ('lately', NULL, false, \(at(19))), ('drained', NULL, true, \(at(99)));
            INSERT INTO revocation VALUES (gen_random_uuid(), 0, \(Self.now)), (gen_random_uuid(), 0, \(Self.now + 1));
            INSERT INTO account VALUES ('00000000-0000-0000-0000-000000000001', 'gone', \(at(41))),
                ('00000000-0000-0000-0000-000000000002', 'young', \(at(39))),
                ('00000000-0000-0000-0000-000000000003', 'here', \(at(400)));
            INSERT INTO refresh_token VALUES (sha256('a'), 1, '00000000-0000-0000-0000-000000000003', \(Self.now - 1)),
                (sha256('b'), 1, '00000000-0000-0000-0000-000000000003', \(Self.now + 1)),
                (sha256('c'), 2, '00000000-0000-0000-0000-000000000001', \(Self.now - 1));
            """)
        let report = try await run(database)
        #expect(
            report.trimmed == [.chat: 10, .refreshTokens: 1, .revocations: 1, .moves: 4, .settings: 1, .guests: 1])
        #expect(try await session.lines("SELECT nickname FROM account ORDER BY 1") == ["here", "young"])
        #expect(try await session.lines("SELECT name FROM node_setting ORDER BY 1") == ["drained", "lately"])
        #expect(try await count("refresh_token", database) == 2)
        #expect(
            try await session.lines("SELECT shard || '/' || epoch FROM shard_move ORDER BY 1") == ["5/4", "6/2", "6/3"])
        #expect(Set(try await run(database).trimmed.values) == [0])
    }

    @Test func `one statement removes a bounded number of rows, and a pass goes on until none is left`() async throws {
        let database = try await database()
        let rows = PostgresRetention.rowsMax * 2 + 10
        try await database.session().script(
            """
            INSERT INTO account SELECT gen_random_uuid(), 'n', to_timestamp(0) FROM generate_series(1, \(rows));
            INSERT INTO chat_message (id, room, player, client, nickname, line, sent_at_ms)
            SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'c', 'n', 'l', 0 FROM generate_series(1, \(rows))
            """)
        let term = try #require(try await database.postgres.retention.term(of: Self.coordinator))
        for trim in [Retention.Trim.chat, .guests] {
            guard
                case .removed(let count, _) = try await database.postgres.retention.trim(trim, endMs: 1_000, term: term)
            else {
                Issue.record("The term is over.")
                return
            }
            #expect(count == PostgresRetention.rowsMax)
        }
        let report = try await run(database)
        #expect(report.trimmed[.chat] == rows - PostgresRetention.rowsMax)
        #expect(report.trimmed[.guests] == rows - PostgresRetention.rowsMax)
    }
}
