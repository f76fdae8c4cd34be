internal import NIOCore
internal import QuizCluster
internal import QuizGateway
internal import QuizModel
internal import QuizRoom
internal import QuizRoomHost
internal import QuizSocial
internal import QuizTelemetry
internal import QuizTestKit
internal import QuizWire

/// The product's parts in one node, wired as in `QuizNode/Node.swift`.
struct NodeParts {
    let work: BackgroundWork
    let presence: PresenceBook
    let host: RoomHost
    let cluster: ClusterNode
    let engine: EngineIOServer

    init(node: SimulatedNode, world: WorldServices, loops: [SimulatedLoop]) async throws {
        let registry = MetricsRegistry()
        let work = BackgroundWork(loops: loops)
        self.work = work
        let log = world.log(of: node.name)
        let loop = loops[0]
        let own = node.incarnation
        let mesh = node.mesh
        let storage = world.storage(of: node)
        let wallClockMs: @Sendable () -> Int64 = { LogTime.nowMs() }
        // Where nodes are hours apart a token of one has expired at another, and a player gets a new one by HTTP, which
        // these players do not have.
        let rightClockMs: @Sendable () -> Int64 = { [process = node.process] in
            LogTime.nowMs() - process.wallOffsetNs / 1_000_000
        }
        let accounts = await GuestAccounts(
            accounts: world.accounts, revocations: world.revocations, secret: world.session, nowMs: rightClockMs)
        presence = PresenceBook(directory: world.presence)
        let roomMetrics = RoomMetrics(registry)
        let load = NodeLoad(own: own)
        let local = world.broadcaster(GatewayBroadcaster())
        host = RoomHost(
            configuration: .init(incarnation: own),
            parts: .init(
                journal: storage.journal, store: storage.rooms,
                broadcaster: ClusterBroadcaster(local: local, transport: mesh), questions: world.questions,
                work: work, signer: world.signer, keys: world.keys, metrics: roomMetrics,
                wallClockMs: wallClockMs),
            eventLoops: loops, log: log)
        let router = RoomRouter(own: own, host: host, table: ShardTable(), transport: mesh)
        let calls = PeerCalls(transport: mesh, loop: loop)
        let rooms = ClusterRooms(router: router, calls: calls, load: load, metrics: roomMetrics)
        let forwarded = ForwardedSessions(broadcaster: GatewayBroadcaster())
        let announcement = NodeAnnouncement(
            incarnation: own, name: node.name, startedAtMs: wallClockMs(), publicURL: "http://\(node.name)",
            meshAddress: "\(node.name):1", meshVersion: 1, rules: RoomStateMachine.rules, weight: 100,
            isDraining: false, rooms: 0)
        cluster = ClusterNode(
            .init(
                announcement: announcement, router: router, store: storage.cluster,
                directory: RedisEnd(world.redis, of: node.process),
                remote: RemoteSessions(host: host, table: router.table, transport: mesh), forwarded: forwarded,
                calls: calls, rooms: rooms, load: load, metrics: ClusterMetrics(registry), loop: loop, work: work,
                log: log))
        let cluster = cluster
        let game = GameApplication(
            .init(
                router: router, forwarded: forwarded, rooms: rooms, accounts: accounts,
                recovery: RecoveryTokens(secret: world.session),
                redirects: Redirects(
                    own: own, tickets: ResumeTickets(secret: world.session),
                    addresses: { cluster.directURL(of: $0) }, wallClockMs: wallClockMs),
                chat: RoomChat(store: world.chat, cache: world.recentChat), presence: presence,
                limiter: CountingRateLimiter(allowance: { _ in .max }), work: work, metrics: GameMetrics(registry),
                log: log, wallClockMs: wallClockMs))
        var gateway = GatewayConfiguration()
        // Shorter than in production, so that clients of a node that stands still go elsewhere within a run.
        gateway.timing = EngineIOTiming(pingInterval: .seconds(5), pingTimeout: .seconds(4))
        gateway.forwarder = PollForwarder(own: own, transport: mesh, calls: calls)
        let socket = SocketIOServer(configuration: gateway, application: game)
        cluster.setPollServer(socket.engine)
        engine = socket.engine
    }
}
