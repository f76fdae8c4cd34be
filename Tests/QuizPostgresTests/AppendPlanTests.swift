import QuizModel
import QuizRoomHost
import QuizShards
import Testing

@testable import QuizPostgres

/// The append's plan: every look-up in the journal by its key, whatever the planner believed when it made the plan.
@Suite struct AppendPlanTests {
    private static let explain = PostgresStatement(
        "explain", "EXPLAIN EXECUTE journal_append (\(Array(repeating: "'{}'", count: 16).joined(separator: ", ")))")

    private func plan(_ link: PostgresLink, _ batch: JournalBatch) throws(PostgresError) -> String {
        try link.execute(JournalStatements.append, JournalStatements.parameters(of: batch), timeout: .seconds(10))
        var lines: [String] = []
        for row in try link.execute(Self.explain, timeout: .seconds(10)).rows { lines.append(try row.text(0)) }
        return lines.joined(separator: "\n")
    }

    @Test(arguments: [0, 20_000])
    func `a batch over a hundred shards looks up rows by index`(_ rows: Int) async throws {
        let database = try await TestDatabase()
        let terms = try await database.postgres.rooms.take(Array(ShardID.all.prefix(100)), owner: .random())
        var appends: [RoomAppend] = []
        for term in terms {
            var room = try await RoomDriver.make(in: database.postgres.rooms, term: term)
            appends.append(room.next())
        }
        let session = database.session()
        try await session.script(
            """
            INSERT INTO room_journal
                SELECT gen_random_uuid(), 1, 1, sha256('x'), 1, 'x' FROM generate_series(1, \(rows));
            ANALYZE
            """)
        let batch = JournalBatch(appends: appends)
        let lane = PostgresConnection(
            name: "test", endpoint: database.configuration.laneEndpoint, patience: .fails, log: TestDatabase.log)
        let plan = try await lane.run { link throws(PostgresError) in try self.plan(link, batch) }
        #expect(plan.components(of: "using room_journal_pkey") == 3, "\(plan)")
        #expect(!plan.contains("Seq Scan on room_journal"), "\(plan)")
        #expect(!plan.contains("Seq Scan on room "), "\(plan)")
    }

    @Test func `control: with ordinary settings a plan made while the journal is empty reads all of it`() async throws {
        let database = try await TestDatabase()
        var room = try await database.room()
        let batch = JournalBatch(appends: [room.next()])
        try await database.session().script("ANALYZE")
        let ordinary = PostgresConnection(
            name: "test", endpoint: database.configuration.maintenanceEndpoint, patience: .fails, log: TestDatabase.log)
        let plan = try await ordinary.run { link throws(PostgresError) -> String in
            try link.script("SET plan_cache_mode = force_generic_plan", timeout: .seconds(5))
            return try self.plan(link, batch)
        }
        #expect(plan.contains("Seq Scan on room"), "\(plan)")
    }

    /// Nodes ask this twice a second, of tables with a handful of rows and no index that fits.
    @Test(arguments: [false, true])
    func `small tables are read without compiling and without workers`(_ isControl: Bool) async throws {
        let database = try await TestDatabase()
        let connection = PostgresConnection(
            name: "test", endpoint: database.configuration.clusterEndpoint, patience: .fails, log: TestDatabase.log)
        let plan = try await connection.run { link throws(PostgresError) -> String in
            if isControl { try link.script("SET jit = on", timeout: .seconds(5)) }
            let explain = PostgresStatement("explain", "EXPLAIN (ANALYZE) " + ClusterStatements.reasons.sql)
            var lines: [String] = []
            for row in try link.execute(explain, timeout: .seconds(10)).rows { lines.append(try row.text(0)) }
            return lines.joined(separator: "\n")
        }
        #expect(plan.contains("JIT:") == isControl, "\(plan)")
        #expect(!plan.contains("Gather"), "\(plan)")
    }
}

extension String {
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
