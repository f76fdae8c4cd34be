internal import Foundation
internal import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
internal import NIOPosix
internal import QuizCluster
internal import QuizContent
internal import QuizGateway
internal import QuizHTTP
internal import QuizMesh
internal import QuizModel
internal import QuizPostgres
internal import QuizRedis
package import QuizRoomHost
internal import QuizSocial
internal import QuizTelemetry
internal import QuizWire
internal import ServiceLifecycle
internal import UnixSignals

/// One node: the parts of the product put together. Nothing is decided here.
package struct Node {
    /// Puts something between the rooms and their storage; how tests kill a node at a chosen instant.
    package typealias Storage = @Sendable (any RoomJournal, any RoomStore) -> (any RoomJournal, any RoomStore)

    private let settings: NodeSettings
    private let log: Logger
    private let versions: NodeVersions
    private let storage: Storage

    package init(
        settings: NodeSettings, log: Logger, versions: NodeVersions = .shipped,
        storage: @escaping Storage = { ($0, $1) }
    ) {
        self.settings = settings
        self.log = log
        self.versions = versions
        self.storage = storage
    }

    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Throws: a sentence when something the node depends on is not there at start.
    package func run() async throws {
        let secrets = try NodeSecrets(directory: settings.secretsDirectory)
        let registry = MetricsRegistry()
        let keys = RedisKey.Space(prefix: settings.clusterName)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.eventLoops)
        let loops = Array(group.makeIterator())
        let incarnation = Incarnation.random()
        let wallClockMs: @Sendable () -> Int64 = { LogTime.nowMs() }

        let database = try await openDatabase()
        let (journal, store) = storage(database.journal, database.rooms)
        let redis = try makeRedis(loop: loops[0], registry: registry)
        let work = BackgroundWork(loops: loops)
        let revocations = RedisRevocations(client: redis, keys: keys, store: database.revocations, logger: log)
        let limiter = RedisRateLimiter(client: redis, keys: keys, metrics: registry)
        let presence = PresenceBook(
            directory: RedisPresence(client: redis, keys: keys, incarnation: incarnation, node: settings.nodeName))
        let accounts = await GuestAccounts(
            accounts: database.accounts, revocations: revocations, secret: secrets.session, nowMs: wallClockMs)
        let chat = RoomChat(store: database.chat, cache: RedisRecentChat(client: redis, keys: keys))

        let meshCertificates = try makeMeshCertificates()
        let mesh = try makeMesh(
            secrets, certificates: meshCertificates, incarnation: incarnation, loop: loops[0], registry: registry)
        var hosting = RoomHost.Configuration(incarnation: incarnation, lanes: settings.postgresLanes)
        hosting.rules = versions.rules
        let roomMetrics = RoomMetrics(registry)
        let load = NodeLoad(own: incarnation)
        let host = RoomHost(
            configuration: hosting,
            parts: .init(
                journal: journal, store: store,
                broadcaster: ClusterBroadcaster(local: GatewayBroadcaster(), transport: mesh),
                questions: BankQuestions(store: database.questions), work: work, signer: secrets.signer,
                keys: secrets.rooms, metrics: roomMetrics, wallClockMs: wallClockMs),
            eventLoops: loops, log: log)
        let router = RoomRouter(own: incarnation, host: host, table: ShardTable(), transport: mesh)
        let calls = PeerCalls(transport: mesh, loop: loops[0])
        let rooms = ClusterRooms(router: router, calls: calls, load: load, metrics: roomMetrics)
        let forwarded = ForwardedSessions(broadcaster: GatewayBroadcaster())
        let cluster = ClusterNode(
            .init(
                announcement: announcement(incarnation, startedAtMs: wallClockMs()), router: router,
                store: database.cluster, directory: RedisShardDirectory(client: redis, keys: keys),
                remote: RemoteSessions(host: host, table: router.table, transport: mesh), forwarded: forwarded,
                calls: calls, rooms: rooms, load: load, metrics: ClusterMetrics(registry), loop: loops[0], work: work,
                ttl: .milliseconds(Int64(settings.clusterTTLMs)), log: log))
        mesh.setReceiver(cluster)
        // What Redis says of other nodes sends players nowhere but to addresses that this deployment calls its own.
        let directURL: @Sendable (Incarnation) -> String? = { [patterns = settings.nodePatterns] node in
            cluster.directURL(of: node).flatMap { url in patterns.contains { $0.admits(url) } ? url : nil }
        }
        let game = GameApplication(
            .init(
                router: router, forwarded: forwarded, rooms: rooms, accounts: accounts,
                recovery: RecoveryTokens(secret: secrets.session),
                redirects: Redirects(
                    own: incarnation, tickets: ResumeTickets(secret: secrets.session), addresses: directURL,
                    wallClockMs: wallClockMs),
                chat: chat,
                presence: presence, limiter: limiter, pace: settings.pace, work: work, metrics: GameMetrics(registry),
                log: log, wallClockMs: wallClockMs))

        var gateway = try gatewayConfiguration()
        gateway.forwarder = PollForwarder(own: incarnation, transport: mesh, calls: calls)
        let socket = SocketIOServer(configuration: gateway, application: game)
        cluster.setPollServer(socket.engine)
        let certificates = try makeCertificates()
        let readiness = Readiness(database: database, redis: redis, load: load)
        let api = try makeAPI(
            .init(
                accounts: accounts, rooms: NodeRooms(rooms: rooms, directURL: directURL),
                games: StoredGameArchive(store: database.rooms),
                questions: database.questions, limiter: limiter, readiness: { await readiness.checks() },
                operators: secrets.admin.map { token in
                    let desk = OperatorDesk(
                        cluster: cluster, openRooms: { try await database.cluster.heads(of: [$0]).count },
                        wallClockMs: wallClockMs)
                    return .init(token: token, operations: NodeOperations(desk: desk))
                }))
        let gatewayMetrics = GatewayMetrics()
        let web = Application(
            router: api.router(),
            server: GatewayListener.server(socket.service, certificates: certificates, metrics: gatewayMetrics),
            configuration: .init(
                address: .hostname(settings.httpHost, port: settings.httpPort), serverName: nil,
                backlog: 4_096, reuseAddress: true),
            onServerRunning: { [log, settings] _ in
                readiness.open()
                log.notice("The node takes players.", metadata: .keys([.url: "\(settings.publicURL)"]))
            },
            eventLoopGroupProvider: .shared(group), logger: log)
        let metricsListener = MetricsListener.service(
            host: settings.metricsHost, port: settings.metricsPort, logger: log, render: { registry.render() })

        var services: [any Service] = [redis, database, work, revocations, presence, metricsListener]
        if let certificates { services.append(certificates) }
        if let meshCertificates { services.append(meshCertificates) }
        services.append(
            Housekeeping(
                database: database, incarnation: incarnation, ages: settings.retention, registry: registry, log: log))
        services.append(NodeMeter(gateway: gatewayMetrics, host: host, registry: registry))
        services.append(
            OverloadWatch(settings: settings.overload, host: host, load: load, registry: registry, log: log))
        services.append(StandingRooms(host: host))
        services.append(mesh)
        services.append(OpenedLater(cluster: cluster, on: loops[0], then: web))
        // The last to come is the first to go: rooms are handed over while their players are still connected.
        services.append(cluster)
        let running = ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: log))
        // The loops end with the process: connections that are still closing must not find theirs gone.
        try await running.run()
    }

    // MARK: - Parts

    private func openDatabase() async throws -> PostgresDatabase {
        let configuration = try settings.postgresConfiguration()
        let database = PostgresDatabase(configuration: configuration, log: log)
        let problems: [String]
        do {
            problems = try await database.start()
        } catch  where error.code == .behindPooler {
            throw SettingsFault(error.context)
        } catch {
            throw SettingsFault("PostgreSQL cannot be used: \(error).")
        }
        guard problems.isEmpty else { throw SettingsFault(problems.joined(separator: "\n")) }
        return database
    }

    private func announcement(_ incarnation: Incarnation, startedAtMs: Int64) -> NodeAnnouncement {
        NodeAnnouncement(
            incarnation: incarnation, name: settings.nodeName, startedAtMs: startedAtMs,
            publicURL: settings.publicURL, directURL: settings.nodeURL, meshAddress: settings.meshAddress,
            meshVersion: Int(versions.mesh.upperBound), rules: versions.rules.upperBound,
            weight: settings.clusterWeight,
            isDraining: false, rooms: 0)
    }

    private func makeMeshCertificates() throws -> MeshCertificates? {
        guard let file = settings.meshCertificateFile, let key = settings.meshKeyFile,
            let authority = settings.meshAuthorityFile
        else { return nil }
        return try MeshCertificates(certificateFile: file, keyFile: key, authorityFile: authority, logger: log)
    }

    private func makeMesh(
        _ secrets: NodeSecrets, certificates: MeshCertificates?, incarnation: Incarnation, loop: any EventLoop,
        registry: MetricsRegistry
    ) throws -> MeshTransport {
        var configuration = MeshConfiguration(
            listen: MeshEndpoint(host: settings.meshHost, port: settings.meshPort), cluster: settings.clusterName,
            secret: secrets.mesh, certificates: certificates)
        configuration.versions = versions.mesh
        return try MeshTransport(
            configuration: configuration, incarnation: incarnation, name: settings.nodeName, loop: loop,
            metrics: registry, logger: log)
    }

    private func makeRedis(loop: any EventLoop, registry: MetricsRegistry) throws -> RedisClient {
        try RedisClient(
            configuration: try settings.redisConfiguration(clientName: settings.nodeName), loop: loop,
            metrics: registry, logger: log)
    }

    private func makeAPI(_ services: APIServices) throws -> QuizAPI {
        let origins = [settings.publicURL] + settings.allowedOrigins
        return try QuizAPI(
            services: services,
            settings: APISettings(
                origins: origins, nodePatterns: settings.nodePatterns,
                isSecure: settings.publicURL.hasPrefix("https://"), trustedProxies: try proxies()),
            files: try WebFiles(folder: settings.webDirectory))
    }

    private func makeCertificates() throws -> GatewayCertificates? {
        guard let certificate = settings.tlsCertificateFile, let key = settings.tlsKeyFile else { return nil }
        return try GatewayCertificates(certificateFile: certificate, keyFile: key, logger: log)
    }

    private func gatewayConfiguration() throws -> GatewayConfiguration {
        var configuration = GatewayConfiguration()
        configuration.timing = EngineIOTiming(
            pingInterval: .milliseconds(Int64(settings.pingIntervalMs)),
            pingTimeout: .milliseconds(Int64(settings.pingTimeoutMs)))
        configuration.handshakesPerSecond = settings.handshakesPerSecond
        if !settings.allowedOrigins.isEmpty || !settings.nodePatterns.isEmpty {
            // Pages of one node, or of the address before all nodes, connect to the others.
            configuration.origins = .listed(
                Set(settings.allowedOrigins + [settings.publicURL]), patterns: settings.nodePatterns)
        }
        configuration.trustedProxies = try proxies()
        return configuration
    }

    private func proxies() throws -> [AddressRange] {
        try settings.trustedProxies.map { text in
            guard let range = AddressRange(text) else {
                throw SettingsFault("`trusted.proxies`: \(text) is not an address range like 10.0.0.0/8.")
            }
            return range
        }
    }
}

/// Draws a room's questions from the bank.
struct BankQuestions: GameQuestions {
    let store: any QuestionStore

    func draw(for settings: RoomSettings) async throws(Rejection) -> [Question] {
        do {
            return try await store.draw(
                count: settings.questionCount, categories: settings.categories, difficulty: settings.difficulty)
        } catch {
            throw Rejection(.unavailable, message: "The questions cannot be read at this moment. Try again.")
        }
    }
}

/// Looks at the fences of rooms here, once a second.
struct StandingRooms: Service {
    let host: RoomHost

    func run() async throws { try await host.run() }
}

/// Lets players in when the cluster has found its place for every room.
struct OpenedLater: Service {
    let cluster: ClusterNode
    let loop: any EventLoop
    let web: any Service

    init(cluster: ClusterNode, on loop: any EventLoop, then web: any Service) {
        self.cluster = cluster
        self.loop = loop
        self.web = web
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { await cluster.placed() }
        guard !Task.isShuttingDownGracefully, !Task.isCancelled else { return }
        // Every connection is accepted by a task: it runs on an event loop, so that none wakes a thread of the pool.
        try await withTaskExecutorPreference(LoopTaskExecutor(loop)) { try await web.run() }
    }
}
