package import Logging
internal import NIOConcurrencyHelpers
internal import QuizTelemetry
internal import ServiceLifecycle

/// PostgreSQL as the rest of the product sees it: the stores, and whether the server keeps what it acknowledges.
///
/// Connections are made when they are first needed; `start` makes one to look at schema and settings.
package final class PostgresDatabase: Service {
    package let journal: PostgresRoomJournal
    package let rooms: PostgresRoomStore
    package let chat: PostgresChatStore
    package let accounts: PostgresAccountStore
    package let revocations: PostgresRevocationStore
    package let questions: PostgresQuestionStore
    package let cluster: PostgresClusterStore
    package let retention: PostgresRetention
    package let migrator: Migrator

    private let configuration: PostgresConfiguration
    private let watch: SettingsWatch
    private let fence: PostgresFence
    private let pools: [PostgresPool]
    private let maintenance: PostgresConnection

    package init(configuration: PostgresConfiguration, log: Logger) {
        func pool(_ name: String, _ settings: PostgresConfiguration.Pool) -> PostgresPool {
            PostgresPool(name: name, settings: settings, endpoint: configuration.poolEndpoint(settings), log: log)
        }
        let watch = SettingsWatch(standbyRequired: configuration.standbyRequired, log: log)
        let web = pool("web", configuration.web)
        let content = pool("content", configuration.content)
        let chat = pool("chat", configuration.chat)
        let cluster = PostgresPool(
            name: "cluster", settings: configuration.cluster, endpoint: configuration.clusterEndpoint, log: log)
        let retention = PostgresPool(
            name: "retention", settings: configuration.retention, endpoint: configuration.retentionEndpoint, log: log)
        self.configuration = configuration
        self.watch = watch
        pools = [web, content, chat, cluster, retention]
        fence = PostgresFence(configuration: configuration, log: log)
        migrator = Migrator(configuration: configuration, log: log)
        maintenance = PostgresConnection(
            name: "pg-settings", endpoint: configuration.maintenanceEndpoint, patience: .fails, log: log)
        journal = PostgresRoomJournal(configuration: configuration, log: log) { link throws(PostgresError) in
            try watch.look(over: link)
        }
        rooms = PostgresRoomStore(pool: web, takeOver: cluster, fence: fence)
        self.cluster = PostgresClusterStore(pool: cluster, fence: fence)
        self.retention = PostgresRetention(pool: retention)
        self.chat = PostgresChatStore(pool: chat)
        accounts = PostgresAccountStore(pool: web)
        revocations = PostgresRevocationStore(pool: web)
        questions = PostgresQuestionStore(pool: content)
    }

    /// Looks at the schema and the server's settings.
    ///
    /// - Returns: sentences saying what keeps a node from running on this database; empty: nothing does.
    package func start() async throws(PostgresError) -> [String] {
        let schema = try await migrator.status().problem
        return [schema].compactMap(\.self) + (try await verify()).filter(\.isFatal).map(\.sentence)
    }

    /// Asks the server for its settings now.
    package func verify() async throws(PostgresError) -> [PostgresSettings.Problem] {
        try await maintenance.run { [watch] link throws(PostgresError) in try watch.look(over: link) }
        return problems
    }

    /// What was found at the last look: at start, by `verify`, and after each reconnect of the journal. For `ready`.
    package var problems: [PostgresSettings.Problem] { watch.problems }

    /// Keeps the connections until the process is to stop; then what was submitted is finished and they are closed.
    package func run() async throws {
        try? await gracefulShutdown()  // It throws when the task is cancelled, which means the same.
        await close()
    }

    package func close() async {
        await journal.close()
        await fence.close()
        for pool in pools { await pool.close() }
        await maintenance.close()
    }
}

/// The settings' problems as they were last seen.
private final class SettingsWatch: Sendable {
    private let latest = NIOLockedValueBox<[PostgresSettings.Problem]>([])
    private let standbyRequired: Bool
    private let log: Logger

    private static let timeout = Duration.seconds(5)

    init(standbyRequired: Bool, log: Logger) {
        self.standbyRequired = standbyRequired
        self.log = log
    }

    var problems: [PostgresSettings.Problem] { latest.withLockedValue { $0 } }

    func look(over link: PostgresLink) throws(PostgresError) {
        let found = try PostgresSettings.verify(over: link, standbyRequired: standbyRequired, timeout: Self.timeout)
        let before = latest.withLockedValue { latest in
            defer { latest = found }
            return latest
        }
        for problem in found where !before.contains(problem) {
            log.warning(
                "A setting of PostgreSQL is not as it must be.", metadata: .keys([.reason: .string(problem.sentence)]))
        }
    }
}
