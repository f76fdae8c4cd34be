import HTTPTypes
import HummingbirdCore
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import QuizCluster
import QuizGateway
import QuizModel
import QuizRoom
import QuizRoomHost
import QuizSocial
import QuizTelemetry
import QuizTestKit
import ServiceLifecycle

/// Two nodes in one process: real rooms, gateways and listeners; stores in memory, and a mesh of function calls.
struct TestCluster: Sendable {
    let nodes: [TestNode]
    let store: InMemoryClusterStore

    /// Runs both nodes while `body` does.
    static func run(_ body: @escaping @Sendable (TestCluster) async throws -> Void) async throws {
        let journal = InMemoryRoomJournal()
        let store = InMemoryClusterStore(journal: journal)
        let (directory, loop) = (InMemoryShardDirectory(), MultiThreadedEventLoopGroup.singleton.next())
        let (hub, accounts) = (Hub(loop: loop), InMemoryAccountStore())
        var nodes: [TestNode] = []
        for number in 1...2 {
            nodes.append(
                try await TestNode(
                    number: number, journal: journal, store: store, directory: directory, hub: hub, accounts: accounts,
                    loop: loop))
        }
        let cluster = TestCluster(nodes: nodes, store: store)
        let services = ServiceGroup(services: nodes.flatMap(\.services), logger: TestNode.log)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            group.addTask {
                for node in cluster.nodes { await node.ready() }
                do {
                    try await body(cluster)
                } catch {
                    await services.triggerGracefulShutdown()
                    throw error
                }
                await services.triggerGracefulShutdown()
            }
            try await group.waitForAll()
        }
    }
}

/// A node without a database.
final class TestNode: Sendable {
    static let log: Logger = {
        var log = Logger(label: "test")
        log.logLevel = .critical
        return log
    }()

    let name: String
    let registry = MetricsRegistry()
    private let url: NIOLockedValueBox<String?>
    private let cluster: ClusterNode
    private let host: RoomHost
    let services: [any Service]

    /// Where its listener is; empty before it runs.
    var address: String { url.withLockedValue { $0 } ?? "" }

    init(
        number: Int, journal: InMemoryRoomJournal, store: InMemoryClusterStore, directory: InMemoryShardDirectory,
        hub: Hub,
        accounts: InMemoryAccountStore, loop: any EventLoop
    ) async throws {
        name = "n\(number)"
        let (own, work, url) = (Incarnation.random(), BackgroundWork(), NIOLockedValueBox<String?>(nil))
        self.url = url
        let transport = HubTransport(hub: hub, own: own)
        let secret = try SessionSecret(bytes: [UInt8](repeating: 7, count: 32))
        let roomMetrics = RoomMetrics(registry)
        let host = RoomHost(
            configuration: .init(incarnation: own, lanes: 2),
            parts: .init(
                journal: journal, store: journal,
                broadcaster: ClusterBroadcaster(local: GatewayBroadcaster(), transport: transport),
                questions: FourQuestions(), work: work,
                signer: try ResultSigner(secret: [UInt8](repeating: 3, count: 32)),
                keys: RoomKeys(secret: [UInt8](repeating: 1, count: 32)), metrics: roomMetrics,
                wallClockMs: { Self.nowMs() }), eventLoops: [loop], log: Self.log)
        self.host = host
        let router = RoomRouter(own: own, host: host, table: ShardTable(), transport: transport)
        let calls = PeerCalls(transport: transport, loop: loop)
        let load = NodeLoad(own: own)
        let rooms = ClusterRooms(router: router, calls: calls, load: load, metrics: roomMetrics)
        let forwarded = ForwardedSessions(broadcaster: GatewayBroadcaster())
        let announcement = NodeAnnouncement(
            incarnation: own, name: name, startedAtMs: Self.nowMs(), publicURL: "", meshAddress: "\(name):1",
            meshVersion: 1, rules: RoomStateMachine.rules, weight: 100, isDraining: false, rooms: 0)
        let cluster = ClusterNode(
            .init(
                announcement: announcement, router: router, store: store, directory: directory,
                remote: RemoteSessions(host: host, table: router.table, transport: transport), forwarded: forwarded,
                calls: calls, rooms: rooms, load: load, metrics: ClusterMetrics(registry), loop: loop, work: work,
                ttl: .seconds(30), log: Self.log))
        self.cluster = cluster
        hub.attach(cluster, as: own)
        let presence = PresenceBook(directory: InMemoryPresenceDirectory())
        let guests = await GuestAccounts(
            accounts: accounts, revocations: InMemoryRevocationStore(), secret: secret, nowMs: { Self.nowMs() })
        Self.addresses.withLockedValue { $0[own] = url }
        let game = GameApplication(
            .init(
                router: router, forwarded: forwarded, rooms: rooms, accounts: guests,
                recovery: RecoveryTokens(secret: secret),
                redirects: Redirects(
                    own: own, tickets: ResumeTickets(secret: secret),
                    addresses: { node in Self.addresses.withLockedValue { $0[node] }?.withLockedValue { $0 } },
                    wallClockMs: { Self.nowMs() }),
                chat: RoomChat(store: InMemoryChatStore(), cache: InMemoryRecentChat()), presence: presence,
                limiter: CountingRateLimiter(), work: work, metrics: GameMetrics(registry), log: Self.log,
                wallClockMs: { Self.nowMs() }))
        var configuration = GatewayConfiguration()
        configuration.origins = .any
        let listener = GatewayListener.server(
            SocketIOServer(configuration: configuration, application: game).service)
        let server = try listener.buildServer(
            configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: 0)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: Self.log
        ) { _, writer, _ in
            let body = try await writer.writeHead(HTTPResponse(status: .notFound))
            try await body.finish(nil)
        } onServerRunning: { channel in
            url.withLockedValue { $0 = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }
        }
        services = [work, HostService(host: host), presence, server, cluster]
    }

    /// It has about half of the shards, so that none moves by itself any more, and the listener is there.
    func ready() async {
        while !Task.isCancelled, address.isEmpty || !(430...594).contains(host.terms.count) {
            try? await Task.sleep(for: .milliseconds(10))  // ends early only when cancelled
        }
        await cluster.placed()
    }

    /// Rooms here, by their codes.
    func has(_ code: RoomCode) -> Bool {
        if case .room = host.find(code) { true } else { false }
    }

    /// What a counter of this node says.
    func metric(_ line: String) -> Bool { registry.render().contains(line) }

    private static let addresses = NIOLockedValueBox<[Incarnation: NIOLockedValueBox<String?>]>([:])

    private static func nowMs() -> Int64 { LogTime.nowMs() }
}

/// Looks at the fences of rooms, as `quizmania serve` has it.
private struct HostService: Service {
    let host: RoomHost
    func run() async throws { try await host.run() }
}

struct FourQuestions: GameQuestions {
    func draw(for settings: RoomSettings) async throws(Rejection) -> [Question] {
        (0..<min(4, settings.questionCount)).compactMap { number in
            guard let id = QuestionID("q-\(number)"), let category = CategoryID("test") else { return nil }
            return Question(
                id: id, kind: .single, category: category, difficulty: .easy, prompt: "What is \(number)?",
                choices: ["right", "wrong"], correct: [0])
        }
    }
}
