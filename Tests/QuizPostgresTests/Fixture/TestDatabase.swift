import Logging
import QuizModel
import QuizRoomHost
import QuizShards

@testable import QuizPostgres

/// A database of its own with the schema, the adapter on it, and as many further sessions as a test wants.
struct TestDatabase: Sendable {
    let configuration: PostgresConfiguration
    let postgres: PostgresDatabase

    static let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init(
        on server: TestServer? = nil, migrated: Bool = true,
        configure: (inout PostgresConfiguration) -> Void = { _ in }
    ) async throws {
        let server = try server ?? TestServer.shared()
        let name = server.nextName()
        let admin = TestSession(
            PostgresConfiguration(conninfo: server.conninfo("postgres"), connectTimeout: .seconds(60)))
        try await admin.script("CREATE DATABASE \(name)")
        // Many tests at once on a small machine: a slow connection is no failure here.
        var configuration = PostgresConfiguration(
            conninfo: server.conninfo(name), lanes: 2, connectTimeout: .seconds(60))
        configure(&configuration)
        self.configuration = configuration
        postgres = PostgresDatabase(configuration: configuration, log: Self.log)
        if migrated { _ = try await postgres.migrator.migrate() }
    }

    func session() -> TestSession { TestSession(configuration) }

    /// A room in a shard of `owner`, with an empty journal.
    func room(
        shard index: Int = 7, owner: Incarnation = .random(), code: RoomCode? = nil
    ) async throws -> RoomDriver {
        try await RoomDriver.make(in: postgres.rooms, shard: index, owner: owner, code: code)
    }
}

/// A session of a test: plain SQL, transactions, barriers.
struct TestSession: Sendable {
    let connection: PostgresConnection

    init(_ configuration: PostgresConfiguration) {
        connection = PostgresConnection(
            name: "test", endpoint: configuration.maintenanceEndpoint, patience: .fails, log: TestDatabase.log)
    }

    static let timeout = Duration.seconds(60)

    func script(_ sql: String) async throws(PostgresError) {
        try await connection.run { link throws(PostgresError) in try link.script(sql, timeout: Self.timeout) }
    }

    /// One integer.
    func number(_ sql: String) async throws(PostgresError) -> Int64? {
        try await connection.run { link throws(PostgresError) in
            let statement = PostgresStatement("test_\(sql)".hashed, "SELECT (\(sql))::int8")
            return try link.execute(statement, timeout: Self.timeout).first?.optionalInt8(0)
        }
    }

    /// The first column as text, line by line.
    func lines(_ sql: String) async throws(PostgresError) -> [String] {
        try await connection.run { link throws(PostgresError) in
            var lines: [String] = []
            for row in try link.execute(PostgresStatement("test_\(sql)".hashed, sql), timeout: Self.timeout).rows {
                lines.append(try row.text(0))
            }
            return lines
        }
    }

    /// A statement of the adapter, or a changed form of one; the rooms it kept.
    func append(_ batch: JournalBatch, as statement: PostgresStatement = JournalStatements.append)
        async throws(PostgresError) -> Set<RoomID>
    {
        try await connection.run { link throws(PostgresError) in
            var kept: Set<RoomID> = []
            let parameters = JournalStatements.parameters(of: batch)
            for row in try link.execute(statement, parameters, timeout: Self.timeout).rows {
                kept.insert(RoomID(value: try row.uuid(0)))
            }
            return kept
        }
    }

    func pid() async throws(PostgresError) -> Int {
        try await connection.run { link throws(PostgresError) in link.backend.pid }
    }

    /// Waits until the condition holds, asked of the server again and again; false after ten seconds.
    func wait(until condition: String) async throws(PostgresError) -> Bool {
        for _ in 0..<1_000 {
            if try await number("SELECT (\(condition))::int FROM pg_sleep(0.01)") == 1 { return true }
        }
        return false
    }

    /// Waits until some session waits for `pid`.
    func waitUntilSomebodyWaits(for pid: Int) async throws(PostgresError) -> Bool {
        try await wait(until: "EXISTS (SELECT 1 FROM pg_stat_activity a WHERE \(pid) = ANY (pg_blocking_pids(a.pid)))")
    }

    func close() async { await connection.close() }
}

extension String {
    fileprivate var hashed: String { "s\(hashValue.magnitude)" }
}

extension RoomJournal {
    func append(_ batch: JournalBatch, lane: Int = 0) async -> BatchOutcome {
        await withCheckedContinuation { continuation in
            append(batch, lane: lane) { continuation.resume(returning: $0) }
        }
    }

    func append(_ append: RoomAppend, lane: Int = 0) async -> BatchOutcome {
        await self.append(JournalBatch(appends: [append]), lane: lane)
    }
}

/// Makes the rows a room's owner would.
struct RoomDriver: Sendable {
    var record: RoomRecord
    var term: Term
    var head = JournalHead(number: 0, chain: [UInt8](repeating: 0, count: 32))

    static func make(
        in rooms: any RoomStore, shard index: Int, owner: Incarnation = .random(), code: RoomCode? = nil
    ) async throws -> RoomDriver {
        guard let shard = ShardID(index: index) else { throw TestServer.Failure(what: "No such shard.") }
        guard let term = try await rooms.take([shard], owner: owner).first else {
            throw TestServer.Failure(what: "The shard was not taken.")
        }
        return try await make(in: rooms, term: term, code: code)
    }

    static func make(in rooms: any RoomStore, term: Term, code: RoomCode? = nil) async throws -> RoomDriver {
        var generator = SystemRandomNumberGenerator()
        let record = RoomRecord(
            room: .random(), code: code ?? .random(using: &generator), shard: term.shard, rules: 1)
        guard try await rooms.create(record, term: term) == .created else {
            throw TestServer.Failure(what: "The room was not created.")
        }
        return RoomDriver(record: record, term: term)
    }

    /// The next rows, and the head behind them.
    mutating func next(_ count: Int = 1, payload: [UInt8] = [1, 0, 2]) -> RoomAppend {
        let append = peek(count, payload: payload)
        if let last = append.rows.last { head = JournalHead(number: last.number, chain: last.chain) }
        return append
    }

    /// The same without moving the head.
    func peek(_ count: Int = 1, payload: [UInt8] = [1, 0, 2]) -> RoomAppend {
        let rows = (1...count).map { step in
            JournalRow(
                number: head.number + Int64(step), chain: Self.chain(), digest: step == count ? .max - 3 : nil,
                payload: payload)
        }
        return RoomAppend(room: record.room, term: term, previous: head, rows: rows)
    }

    static func chain() -> [UInt8] { (0..<32).map { _ in UInt8.random(in: .min ... .max) } }
}
