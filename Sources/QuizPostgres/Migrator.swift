package import Logging
internal import QuizTelemetry

/// Brings the schema forward, and says whether a node may run on it.
package struct Migrator: Sendable {
    package enum Status: Sendable, Hashable {
        /// Every migration of this version is there. `newer` holds the numbers of later ones, all of them expanding
        /// only.
        case current(newer: [Int])
        /// These are missing: run `quizmania migrate`.
        case behind(missing: [Int])
        /// An applied migration is not the one this version knows.
        case diverged(number: Int)
        /// A later version has taken away something this one may need.
        case tooNew(number: Int)

        /// What keeps a node from starting, and what to do about it; nil: nothing.
        package var problem: String? {
            switch self {
            case .current: nil
            case .behind(let missing):
                "The database lacks migrations \(missing): run `quizmania migrate`."
            case .diverged(let number):
                "Migration \(number) of the database is not this one's: use the version that made it, or restore it."
            case .tooNew(let number):
                "Migration \(number) of the database takes away what this version needs: run a newer version."
            }
        }
    }

    private struct Applied: Sendable {
        var number: Int
        var checksum: [UInt8]
        var isExpandOnly: Bool
    }

    private let endpoint: PostgresConfiguration.Endpoint
    private let migrations: [Migration]
    private let log: Logger

    /// Any number nobody else uses for an advisory lock of this database.
    private static let lockKey: Int64 = 0x5155_495A_4D41_4E49
    /// How long to wait for another node that migrates.
    private static let lockTimeout = Duration.seconds(60)
    /// How long one migration may take.
    private static let stepTimeout = Duration.seconds(600)
    private static let readTimeout = Duration.seconds(10)

    package init(configuration: PostgresConfiguration, migrations: [Migration] = Migration.all, log: Logger) {
        endpoint = configuration.maintenanceEndpoint
        self.migrations = migrations
        self.log = log
    }

    package func status() async throws(PostgresError) -> Status {
        try await onOwnThread { link throws(PostgresError) in judge(try applied(over: link)) }
    }

    /// Applies what is missing, each migration in a transaction of its own; several nodes at once take turns.
    ///
    /// - Returns: the numbers applied now; empty when there was nothing to do or the schema is not ours to change (see
    ///   `status`).
    package func migrate() async throws(PostgresError) -> [Int] {
        try await onOwnThread { link throws(PostgresError) in
            // Held by the session: it ends with this connection, whatever happens.
            try link.execute(Self.lock, [.int8(Self.lockKey)], timeout: Self.lockTimeout)
            try link.script(Self.table, timeout: Self.readTimeout)
            guard case .behind(let missing) = judge(try applied(over: link)) else { return [] }
            for migration in migrations where missing.contains(migration.number) { try apply(migration, over: link) }
            return missing
        }
    }

    // MARK: - On the thread

    private func apply(_ migration: Migration, over link: PostgresLink) throws(PostgresError) {
        try link.script("BEGIN", timeout: Self.readTimeout)
        do throws(PostgresError) {
            try link.script(migration.sql, timeout: Self.stepTimeout)
            let parameters: [PostgresParameter] = [
                .int4(migration.number), .text(migration.name), .bytea(migration.checksum),
                .bool(migration.isExpandOnly),
            ]
            try link.execute(Self.record, parameters, timeout: Self.readTimeout)
            try link.script("COMMIT", timeout: Self.stepTimeout)
        } catch {
            throw PostgresError(error.code, "Migration \(migration.number): \(error.context)")
        }
        log.info("A migration was applied.", metadata: .keys([.migration: .of(migration.number)]))
    }

    private func judge(_ applied: [Applied]) -> Status {
        let known = Dictionary(uniqueKeysWithValues: migrations.map { ($0.number, $0) })
        var newer: [Int] = []
        for step in applied {
            if let migration = known[step.number] {
                guard migration.checksum == step.checksum else { return .diverged(number: step.number) }
            } else {
                guard step.isExpandOnly else { return .tooNew(number: step.number) }
                newer.append(step.number)
            }
        }
        let missing = Set(known.keys).subtracting(applied.map(\.number)).sorted()
        return missing.isEmpty ? .current(newer: newer) : .behind(missing: missing)
    }

    private func applied(over link: PostgresLink) throws(PostgresError) -> [Applied] {
        guard try link.execute(Self.tableExists, timeout: Self.readTimeout).first?.bool(0) == true else { return [] }
        var steps: [Applied] = []
        for row in try link.execute(Self.list, timeout: Self.readTimeout).rows {
            steps.append(Applied(number: try row.int4(0), checksum: try row.bytes(1), isExpandOnly: try row.bool(2)))
        }
        return steps
    }

    private func onOwnThread<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresLink) throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        let thread = PostgresThread(name: "pg-migrate")
        defer { thread.close() }
        let endpoint = endpoint
        return try await thread.run { () throws(PostgresError) in try body(try PostgresLink(endpoint)) }
    }

    // MARK: - Statements

    private static let lock = PostgresStatement("migration_lock", "SELECT pg_advisory_lock($1::int8)")

    private static let table = """
        SET client_min_messages = error;
        CREATE TABLE IF NOT EXISTS schema_migration (
            number int4 PRIMARY KEY,
            name text NOT NULL,
            checksum bytea NOT NULL,
            expand_only boolean NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )
        """

    private static let tableExists = PostgresStatement(
        "migration_table", "SELECT to_regclass('schema_migration') IS NOT NULL")

    private static let list = PostgresStatement(
        "migration_list", "SELECT number, checksum, expand_only FROM schema_migration ORDER BY number")

    private static let record = PostgresStatement(
        "migration_record",
        """
        INSERT INTO schema_migration (number, name, checksum, expand_only)
        VALUES ($1::int4, $2::text, $3::bytea, $4::bool)
        """)
}
