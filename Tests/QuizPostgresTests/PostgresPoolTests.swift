import Testing

@testable import QuizPostgres

@Suite struct PostgresPoolTests {
    private static let one = PostgresStatement("one", "SELECT 1::int4")
    private static let locked = PostgresStatement("locked", "SELECT count(*)::int4 FROM pg_advisory_xact_lock(1)")

    private func pool(_ database: TestDatabase, _ settings: PostgresConfiguration.Pool) -> PostgresPool {
        PostgresPool(
            name: "test", settings: settings, endpoint: database.configuration.poolEndpoint(settings),
            log: TestDatabase.log)
    }

    private func run(_ pool: PostgresPool, _ statement: PostgresStatement) async -> Result<Int?, PostgresError> {
        do throws(PostgresError) {
            return .success(
                try await pool.query(statement) { result throws(PostgresError) in try result.first?.int4(0) })
        } catch {
            return .failure(error)
        }
    }

    @Test func `callers wait in a bounded queue and no longer than they may`() async throws {
        let database = try await TestDatabase(migrated: false)
        let pool = pool(
            database,
            .init(connections: 1, waitersMax: 1, acquireTimeout: .seconds(2), queryTimeout: .seconds(20)))
        let holder = database.session()
        try await holder.script("SELECT pg_advisory_lock(1)")
        async let first = run(pool, Self.locked)
        #expect(try await database.session().waitUntilSomebodyWaits(for: try await holder.pid()))
        // Two want the connection that is taken: one waits until its time is up, the other finds the queue full.
        async let second = run(pool, Self.one)
        async let third = run(pool, Self.one)
        let answers = [await second, await third].map { answer -> PostgresError? in
            guard case .failure(let error) = answer else { return nil }
            return error
        }
        #expect(answers.map(\.?.code) == [.busy, .busy])
        #expect(Set(answers.map(\.?.context)).count == 2)
        try await holder.script("SELECT pg_advisory_unlock(1)")
        #expect(try await first.get() == 1)
        #expect(try await run(pool, Self.one).get() == 1)
    }

    @Test func `a connection that was ended is made again`() async throws {
        let database = try await TestDatabase(migrated: false)
        let pool = pool(database, .init(connections: 1))
        let pid = try await pool.run { link throws(PostgresError) in link.backend.pid }
        try await database.session().script("SELECT pg_terminate_backend(\(pid), 5000)")
        #expect(
            await run(pool, Self.one)
                == .failure(
                    PostgresError(.connectionLost, "57P01: terminating connection due to administrator command")))
        #expect(try await run(pool, Self.one).get() == 1)
    }

    @Test func `a statement that takes too long is ended and the connection lives`() async throws {
        let database = try await TestDatabase(migrated: false)
        let pool = pool(database, .init(connections: 1, queryTimeout: .milliseconds(200)))
        let holder = database.session()
        try await holder.script("SELECT pg_advisory_lock(1)")
        let pid = try await pool.run { link throws(PostgresError) in link.backend.pid }
        guard case .failure(let error) = await run(pool, Self.locked) else {
            Issue.record("The statement did not fail.")
            return
        }
        #expect(error.code == .refused("57014"))
        #expect(try await pool.run { link throws(PostgresError) in link.backend.pid } == pid)
    }

    @Test func `a server that cannot be reached is told at once`() async throws {
        let configuration = PostgresConfiguration(conninfo: "host=/nowhere password=geheim dbname=none")
        let pool = PostgresPool(
            name: "test", settings: configuration.web, endpoint: configuration.poolEndpoint(configuration.web),
            log: TestDatabase.log)
        for _ in 0..<3 {
            guard case .failure(let error) = await run(pool, Self.one) else {
                Issue.record("There is no such server.")
                return
            }
            #expect(error.code == .notConnected)
            #expect(!error.context.contains("geheim"))
        }
        #expect(!"\(configuration)".contains("geheim"))
        #expect(!String(reflecting: configuration).contains("geheim"))
    }

    @Test func `behind a pooler no prepared statements and no session settings are used`() async throws {
        let database = try await TestDatabase(migrated: false) { $0.pooledConninfo = $0.conninfo }
        let pool = pool(database, .init(connections: 1))
        #expect(try await run(pool, Self.one).get() == 1)
        #expect(
            try await run(pool, PostgresStatement("count", "SELECT count(*)::int4 FROM pg_prepared_statements")).get()
                == 0)
    }

    @Test func `a closed pool refuses`() async throws {
        let database = try await TestDatabase(migrated: false)
        let pool = pool(database, .init(connections: 1))
        await pool.close()
        #expect(await run(pool, Self.one) == .failure(PostgresError(.closed, "The test pool is closed.")))
    }
}
