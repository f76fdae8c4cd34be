import QuizModel
import QuizRoomHost
import QuizShards
import Testing

@testable import QuizPostgres

/// What PostgreSQL does to fences that are written the obvious way, and that ours stand it. Each test ends with the
/// naive form, the control: it must show the fault, or the test proves nothing.
@Suite struct JournalTrapTests {
    /// The shipped append with its lock written in another way.
    private static func append(_ name: String, locking lock: String) -> PostgresStatement {
        let sql = JournalStatements.append.sql.replacing("FOR SHARE OF f SKIP LOCKED", with: lock)
        precondition(sql != JournalStatements.append.sql, "The shipped statement holds the lock that is replaced here.")
        return PostgresStatement("journal_append_\(name)", sql)
    }

    /// Takes need not end sessions here: the tests let them go in time.
    private static func patientDatabase() async throws -> TestDatabase {
        try await TestDatabase { $0.fenceLockTimeout = .seconds(15) }
    }

    @Test func `the shipped append holds a fencer off until its commit and the fencer sees its rows`() async throws {
        let database = try await Self.patientDatabase()
        let rooms = database.postgres.rooms
        var room = try await database.room()
        let owner = database.session()
        let observer = database.session()
        try await owner.script("BEGIN")
        let append = room.next()
        #expect(try await owner.append(JournalBatch(appends: [append])) == [room.record.room])
        let shard = room.term.shard
        async let taken = rooms.take([shard], owner: .random())
        #expect(try await observer.waitUntilSomebodyWaits(for: try await owner.pid()))
        try await owner.script("COMMIT")
        #expect(try await taken.map(\.epoch) == [room.term.epoch.next])
        #expect(try await rooms.load(shards: [room.term.shard]).first?.tail == append.rows)
    }

    @Test(arguments: ["", "FOR KEY SHARE OF f SKIP LOCKED"])
    func `control: without a lock or with a key share lock rows commit unseen`(_ lock: String)
        async throws
    {
        let database = try await Self.patientDatabase()
        let rooms = database.postgres.rooms
        var room = try await database.room()
        let owner = database.session()
        try await owner.script("BEGIN")
        let naive = Self.append(lock.isEmpty ? "unlocked" : "key_share", locking: lock)
        #expect(try await owner.append(JournalBatch(appends: [room.next()]), as: naive) == [room.record.room])
        #expect(try await rooms.take([room.term.shard], owner: .random()).count == 1)
        #expect(try await rooms.load(shards: [room.term.shard]).first?.tail == [])
        try await owner.script("COMMIT")
        #expect(try await rooms.load(shards: [room.term.shard]).first?.tail.count == 1)
    }

    @Test func `a lost shard drops out of a batch and the others commit`() async throws {
        let database = try await TestDatabase()
        let owner = Incarnation.random()
        var lost = try await database.room(shard: 7, owner: owner)
        var other = try await database.room(shard: 8, owner: owner)
        _ = try await database.postgres.rooms.take([lost.term.shard], owner: .random())
        let batch = JournalBatch(appends: [lost.next(), other.next()])
        #expect(await database.postgres.journal.append(batch) == .committed(kept: [other.record.room]))
    }

    @Test func `a fencer that stalls in its transaction delays only its shard`() async throws {
        let database = try await TestDatabase()
        let owner = Incarnation.random()
        var stalled = try await database.room(shard: 7, owner: owner)
        var other = try await database.room(shard: 8, owner: owner)
        let fencer = database.session()
        try await fencer.script(
            "BEGIN; UPDATE shard_fence SET epoch = epoch + 1, owner = gen_random_uuid() WHERE shard = 7")
        let batch = JournalBatch(appends: [stalled.next(), other.next()])
        #expect(await database.postgres.journal.append(batch) == .committed(kept: [other.record.room]))
        let failure = await #expect(throws: JournalFailure.self) {
            try await database.postgres.journal.close(stalled.record.room, term: stalled.term, lane: 0)
        }
        #expect(failure == .fenceLocked)

        // Control: without SKIP LOCKED the whole batch waits; once the fencer has committed the lost shard drops out.
        let naive = Self.append("waiting", locking: "FOR SHARE OF f")
        let session = database.session()
        let second = JournalBatch(appends: [stalled.next(), other.next()])
        async let kept = session.append(second, as: naive)
        #expect(try await database.session().waitUntilSomebodyWaits(for: try await fencer.pid()))
        try await fencer.script("COMMIT")
        #expect(try await kept == [other.record.room])
    }

    @Test func `a take-over gets through a client stopped before its Sync`() async throws {
        let database = try await TestDatabase()
        var room = try await database.room()
        let parameters = JournalStatements.parameters(of: JournalBatch(appends: [room.next()]))
        let stopped = try StoppedClient(
            database.configuration.conninfo, statement: JournalStatements.append, parameters: parameters)

        // Control: neither the session's timeouts nor patience get the row free.
        let naive = database.session()
        try await naive.script("SET lock_timeout = '5s'")
        let refusal = await #expect(throws: PostgresError.self) {
            try await naive.script("UPDATE shard_fence SET epoch = epoch + 1 WHERE shard = 7")
        }
        #expect(refusal?.code == .refused("55P03"))

        let term = try await database.postgres.rooms.take([room.term.shard], owner: .random()).first
        #expect(term?.epoch == room.term.epoch.next)
        #expect(try await database.postgres.rooms.load(shards: [room.term.shard]).first?.tail == [])
        #expect(try await naive.wait(until: "NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = \(stopped.pid))"))
    }

    @Test func `a batch behind one that was lost leaves no hole`() async throws {
        let database = try await TestDatabase()
        var room = try await database.room()
        #expect(await database.postgres.journal.append(room.next()) == .committed(kept: [room.record.room]))
        _ = room.next()
        #expect(await database.postgres.journal.append(room.next()) == .committed(kept: []))

        // Control: a plain insert of number 3 commits without number 2.
        let session = database.session()
        try await session.script(
            """
            INSERT INTO room_journal (room, number, epoch, chain, payload)
            VALUES ('\(room.record.room)', 3, 1, sha256('x'), 'x')
            """)
        #expect(try await session.number("SELECT sum(number) FROM room_journal") == 4)
    }

    @Test func `a mass take-over locks rows in shard order`() async throws {
        let database = try await Self.patientDatabase()
        let rooms = database.postgres.rooms
        let shards = [900, 3, 500].compactMap(ShardID.init(index:))
        let terms = try await rooms.take(shards, owner: .random())
        let holder = database.session()
        try await holder.script("BEGIN; SELECT 1 FROM shard_fence WHERE shard = 500 FOR SHARE")
        async let moved = database.postgres.cluster.move(terms.reversed(), to: .random(), reason: .asked, note: "")
        let observer = database.session()
        #expect(try await observer.waitUntilSomebodyWaits(for: try await holder.pid()))
        // What lies before the row it waits for is locked, what lies behind is free.
        #expect(
            try await observer.number("SELECT count(*) FROM (SELECT 1 FROM shard_fence FOR SHARE SKIP LOCKED) AS s")
                == 2)
        await #expect(throws: PostgresError.self) {
            try await observer.script("SELECT 1 FROM shard_fence WHERE shard = 3 FOR SHARE NOWAIT")
        }
        try await holder.script("COMMIT")
        #expect(try await moved.map(\.shard.index) == [3, 500, 900])
    }

    @Test func `control: two that lock rows in different orders deadlock`() async throws {
        let database = try await TestDatabase()
        _ = try await database.postgres.rooms.take(ShardID.all, owner: .random())
        let (first, second) = (database.session(), database.session())
        try await first.script("BEGIN; SELECT 1 FROM shard_fence WHERE shard = 900 FOR SHARE")
        try await second.script("BEGIN; UPDATE shard_fence SET epoch = 9 WHERE shard = 3")
        async let waiting = Self.code(of: "SELECT 1 FROM shard_fence WHERE shard = 3 FOR SHARE; COMMIT", in: first)
        #expect(try await database.session().waitUntilSomebodyWaits(for: try await second.pid()))
        let code = await Self.code(of: "UPDATE shard_fence SET epoch = 9 WHERE shard = 900; COMMIT", in: second)
        #expect([await waiting, code].contains(.refused("40P01")))
    }

    @Test func `a fencer gets through lockers that overlap without end`() async throws {
        let database = try await TestDatabase()
        let term = try #require(try await database.postgres.rooms.take([ShardID.all[7]], owner: .random()).first)
        // Each holds the row for 30 ms, so that it is never free; one that a take-over ends stays away.
        let lockers = (0..<3).map { _ in
            Task {
                let session = database.session()
                while !Task.isCancelled {
                    try await session.script(
                        "BEGIN; SELECT 1 FROM shard_fence WHERE shard = 7 FOR SHARE; SELECT pg_sleep(0.03); COMMIT")
                }
            }
        }
        #expect(
            try await database.session().wait(
                until: """
                    (SELECT count(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND query LIKE '%pg_sleep(0.03)%') > 3
                    """))
        let taken = try await database.postgres.rooms.take([term.shard], owner: .random())
        #expect(taken.map(\.epoch) == [term.epoch.next])
        for locker in lockers {
            locker.cancel()
            // Its session may have been ended, which is what the take-over is for.
            _ = await locker.result
        }
    }

    @Test func `control: a fencer that reads in its own statement misses the last row`() async throws {
        let database = try await TestDatabase()
        var room = try await database.room()
        let owner = database.session()
        try await owner.script("BEGIN")
        _ = try await owner.append(JournalBatch(appends: [room.next()]))
        let fencer = database.session()
        async let seen = fencer.lines(
            """
            WITH fence AS (UPDATE shard_fence SET epoch = epoch + 1 WHERE shard = 7 RETURNING 1)
            SELECT (SELECT count(*) FROM room_journal)::text FROM fence
            """)
        #expect(try await database.session().waitUntilSomebodyWaits(for: try await owner.pid()))
        try await owner.script("COMMIT")
        #expect(try await seen == ["0"])
        #expect(try await fencer.number("SELECT count(*) FROM room_journal") == 1)
    }

    @Test func `control: a fencer under repeatable read misses the last row or is refused`() async throws {
        let database = try await TestDatabase()
        var room = try await database.room()
        let owner = database.session()
        try await owner.script("BEGIN")
        _ = try await owner.append(JournalBatch(appends: [room.next()]))
        let fencer = database.session()
        try await fencer.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM room LIMIT 1")
        async let update = Self.code(of: "UPDATE shard_fence SET epoch = epoch + 1 WHERE shard = 7", in: fencer)
        #expect(try await database.session().waitUntilSomebodyWaits(for: try await owner.pid()))
        try await owner.script("COMMIT")
        #expect(await update == nil)
        #expect(try await fencer.number("SELECT count(*) FROM room_journal") == 0)
        try await fencer.script("ROLLBACK")
    }

    @Test func `every connection reads committed rows whatever the database's default`() async throws {
        let database = try await TestDatabase()
        try await database.session().script(
            """
            DO $$ BEGIN EXECUTE format(
                'ALTER DATABASE %I SET default_transaction_isolation = ''repeatable read''', current_database());
            END $$
            """
        )
        let configuration = database.configuration
        for endpoint in [
            configuration.laneEndpoint, configuration.fenceEndpoint, configuration.poolEndpoint(configuration.web),
        ] {
            let connection = PostgresConnection(
                name: "test", endpoint: endpoint, patience: .fails, log: TestDatabase.log)
            let level = try await connection.run { link throws(PostgresError) in
                try link.execute(PostgresStatement("level", "SHOW transaction_isolation"), timeout: .seconds(5)).first?
                    .text(0)
            }
            #expect(level == "read committed")
        }
    }

    /// How a script is refused; nil: it is not.
    private static func code(of sql: String, in session: TestSession) async -> PostgresError.Code? {
        do throws(PostgresError) {
            try await session.script(sql)
            return nil
        } catch {
            return error.code
        }
    }
}
