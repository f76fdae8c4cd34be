import QuizModel
import QuizRoomHost
import QuizShards
import Testing

@testable import QuizPostgres

/// Commits nobody knows the end of.
@Suite struct CommitOutcomeTests {
    /// Waits in the insert of this row until `release`, as a slow disk or a lock would let it.
    private func hold(_ append: RoomAppend, with session: TestSession) async throws {
        try await session.script(
            """
            BEGIN; INSERT INTO room_journal (room, number, epoch, chain, payload)
            VALUES ('\(append.room)', \(append.rows[0].number), 1, sha256('x'), 'x')
            """)
    }

    private func isUnknown(_ outcome: BatchOutcome, _ code: String) -> Bool {
        guard case .unknown(let failure) = outcome else { return false }
        return failure.code == code
    }

    @Test func `after a timeout the orphan is ended before the same batch is sent again`() async throws {
        let database = try await TestDatabase { $0.batchTimeout = .milliseconds(400) }
        let journal = database.postgres.journal
        var room = try await database.room()
        let append = room.next(2)
        let (holder, observer) = (database.session(), database.session())
        try await hold(append, with: holder)
        #expect(isUnknown(await journal.append(append), "timed_out"))
        // The orphan is still at work: a plain read says "not there", and yet its rows may commit at any moment.
        let waiting =
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        let orphan = try #require(try await observer.number(waiting))
        #expect(try await observer.number("SELECT count(*) FROM room_journal") == 0)

        async let again = journal.append(append)
        #expect(try await observer.wait(until: "NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = \(orphan))"))
        try await holder.script("ROLLBACK")
        var outcome = await again
        // The pause the lock made may have been too long once more.
        while isUnknown(outcome, "timed_out") { outcome = await journal.append(append) }
        #expect(outcome == .committed(kept: [room.record.room]))
        #expect(try await database.postgres.rooms.journal(of: room.record.room, through: .max)?.rows == append.rows)
    }

    @Test func `rows an orphan has committed meanwhile are kept`() async throws {
        let database = try await TestDatabase { $0.batchTimeout = .milliseconds(400) }
        let journal = database.postgres.journal
        var room = try await database.room()
        let append = room.next(2)
        let holder = database.session()
        try await hold(append, with: holder)
        #expect(isUnknown(await journal.append(append), "timed_out"))
        try await holder.script("ROLLBACK")
        #expect(try await holder.wait(until: "(SELECT count(*) FROM room_journal) = 2"))
        #expect(await journal.append(append) == .committed(kept: [room.record.room]))
        #expect(await journal.append(room.next()) == .committed(kept: [room.record.room]))
    }

    @Test func `a lane whose session was ended says unknown and then goes on`() async throws {
        let database = try await TestDatabase()
        let journal = database.postgres.journal
        var room = try await database.room()
        #expect(await journal.append(room.next()) == .committed(kept: [room.record.room]))
        let observer = database.session()
        try await observer.script(
            """
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """)
        let append = room.next()
        #expect(isUnknown(await journal.append(append), "connection_lost"))
        #expect(await journal.append(append) == .committed(kept: [room.record.room]))
    }

    @Test func `a lane that is held up does not hold up another`() async throws {
        let database = try await TestDatabase()
        let owner = Incarnation.random()
        var slow = try await database.room(shard: 1, owner: owner)
        var quick = try await database.room(shard: 2, owner: owner)
        let append = slow.next()
        let holder = database.session()
        try await hold(append, with: holder)
        async let held = database.postgres.journal.append(append, lane: 0)
        #expect(try await database.session().waitUntilSomebodyWaits(for: try await holder.pid()))
        #expect(await database.postgres.journal.append(quick.next(), lane: 1) == .committed(kept: [quick.record.room]))
        try await holder.script("ROLLBACK")
        #expect(await held == .committed(kept: [slow.record.room]))
    }

    @Test func `a server that cannot be reached leaves the outcome unknown`() async throws {
        var configuration = try await TestDatabase(migrated: false).configuration
        configuration.conninfo = "host=/nowhere dbname=none"
        let postgres = PostgresDatabase(configuration: configuration, log: TestDatabase.log)
        let append = RoomAppend(
            room: .random(),
            term: Term(shard: .init(of: try #require(RoomCode("ABCDEFG"))), epoch: .init(1), owner: .random()),
            previous: JournalHead(number: 0, chain: RoomDriver.chain()),
            rows: [JournalRow(number: 1, chain: RoomDriver.chain(), digest: nil, payload: [])])
        #expect(isUnknown(await postgres.journal.append(append), "not_connected"))
        await postgres.close()
        #expect(isUnknown(await postgres.journal.append(append), "closed"))
    }

    @Test(arguments: ["pg_cancel_backend", "pg_terminate_backend"])
    func `a commit no standby has confirmed is unknown`(_ end: String) async throws {
        let server = try TestServer.started()
        let database = try await TestDatabase(on: server) { $0.batchTimeout = .seconds(20) }
        let journal = database.postgres.journal
        var room = try await database.room()
        let observer = database.session()
        // The observer itself must not wait for the standby that does not exist.
        try await observer.script("SET synchronous_commit = local")
        try await observer.script("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        try await observer.script("SELECT pg_reload_conf()")
        #expect(try await observer.wait(until: "current_setting('synchronous_standby_names') = 'nobody'"))

        let append = room.next()
        async let outcome = journal.append(append)
        let waits = "EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep')"
        #expect(try await observer.wait(until: waits))
        try await observer.script("SELECT \(end)(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        #expect(isUnknown(await outcome, "connection_lost"))

        // Control: the statement itself reports success, although no standby has its rows.
        if end == "pg_cancel_backend" {
            let naive = database.session()
            let again = room.peek()
            async let kept = naive.append(JournalBatch(appends: [again]))
            #expect(try await observer.wait(until: waits))
            try await observer.script(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
            #expect(try await kept == [room.record.room])
            try await observer.script("DELETE FROM room_journal WHERE number = \(again.rows[0].number)")
        }

        async let second = journal.append(append)
        #expect(try await observer.wait(until: waits))
        try await observer.script("ALTER SYSTEM RESET synchronous_standby_names")
        try await observer.script("SELECT pg_reload_conf()")
        #expect(await second == .committed(kept: [room.record.room]))
    }

    @Test(arguments: ["pg_cancel_backend", "pg_terminate_backend"])
    func `a change of owner no standby has confirmed is not won, nor by repeating it`(_ end: String) async throws {
        let server = try TestServer.started()
        let database = try await TestDatabase(on: server) { $0.fenceTimeout = .seconds(60) }
        let rooms = database.postgres.rooms
        let term = try await database.room().term
        let observer = database.session()
        try await observer.script("SET synchronous_commit = local")
        try await observer.script("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        try await observer.script("SELECT pg_reload_conf()")
        #expect(try await observer.wait(until: "current_setting('synchronous_standby_names') = 'nobody'"))

        let owner = Incarnation.random()
        async let taken = rooms.take([term.shard], owner: owner)
        let waits = "EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep')"
        #expect(try await observer.wait(until: waits))
        try await observer.script("SELECT \(end)(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        do {
            _ = try await taken
            Issue.record("The change of owner counts as won.")
        } catch {
            #expect((error as? JournalFailure)?.code == "connection_lost")
        }
        // Everybody sees it all the same, and a failover would take it back.
        #expect(try await observer.number("SELECT epoch FROM shard_fence WHERE shard = 7") == 2)

        async let again = rooms.take([term.shard], owner: owner)
        #expect(try await observer.wait(until: waits))
        try await observer.script("ALTER SYSTEM RESET synchronous_standby_names")
        try await observer.script("SELECT pg_reload_conf()")
        #expect(try await again.map(\.epoch) == [term.epoch.next])
    }
}
