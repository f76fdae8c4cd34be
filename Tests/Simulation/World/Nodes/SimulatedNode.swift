internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import QuizCluster
internal import QuizGateway
package import QuizModel
internal import QuizRoom
internal import QuizRoomHost
internal import QuizSimulatedDatabase
internal import QuizSocial
internal import QuizTelemetry
internal import QuizTestKit
internal import QuizWire
internal import ServiceLifecycle

/// One process of the product: everything a node is but sockets, put together as `QuizNode` puts it together.
///
/// Requests of clients come in at the gateway's Engine.IO endpoint, as long-polling requests without a socket; peers, Redis and the database are
/// simulated behind the same ports.
package final class SimulatedNode: @unchecked Sendable {  // the simulator's thread
    package let name: String
    package let process: SimulatedProcess
    package let incarnation: Incarnation
    let mesh: MeshEnd
    let database: SimulatedDatabase
    private let world: WorldServices
    private let loops: [SimulatedLoop]
    private var engine: EngineIOServer?
    private var contexts: [LoopContext] = []
    private var services: ServiceGroup?
    private(set) var host: RoomHost?
    /// Takes players.
    package private(set) var isOpen = false
    package private(set) var hasEnded = false
    /// SIGTERM has come.
    package private(set) var isLeaving = false
    /// Requests that wait for their answer; they fail when the process dies.
    private var held: [Int: ClientAnswer] = [:]
    private var requests = 0

    /// - Parameter loops: 1 or more; the product has one by default on small machines.
    init(name: String, world: WorldServices, loops count: Int) {
        let simulator = world.simulator
        self.name = name
        self.world = world
        process = SimulatedProcess(
            name: name, uptimeNs: Int64(simulator.generator.pick(1...1_000_000)) * 1_000_000,
            fastPercent: world.sabotage == .p7 ? 20 : 0)
        incarnation = Incarnation.random(using: &simulator.generator)
        mesh = world.mesh.join(incarnation, process: process)
        database = world.database.connect(name)
        loops = (0..<count).map { [process] _ in SimulatedLoop(of: process) }
    }

    // MARK: - Life

    /// Starts the process.
    func begin() {
        Task(executorPreference: process.executor) {
            do {
                try await self.run()
            } catch {
                self.world.trace.note("\(self.name) ends: \(error)")
            }
            self.ended()
        }
    }

    private func run() async throws {
        let parts = try await NodeParts(node: self, world: world, loops: loops)
        mesh.receiver = parts.cluster
        host = parts.host
        engine = parts.engine
        contexts = loops.map { LoopContext($0) }
        let door = Door(cluster: parts.cluster, open: { self.isOpen = true }, close: { self.closeDoor() })
        let running: [any Service] = [parts.work, parts.presence, StandingRooms(host: parts.host), door, parts.cluster]
        let group = ServiceGroup(
            configuration: .init(
                services: running.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [], logger: world.log(of: name)))
        services = group
        world.trace.note("\(name) starts as \(incarnation)")
        try await group.run()
    }

    private func ended() {
        hasEnded = true
        closeDoor()
        world.trace.note("\(name) has ended")
        world.simulator.after(ms: 0) { self.die(isSilent: false) }
    }

    /// SIGTERM.
    func terminate() {
        guard let services, !isLeaving else { return }
        isLeaving = true
        Task(executorPreference: process.executor) { await services.triggerGracefulShutdown() }
    }

    /// SIGKILL, or the end of the process.
    ///
    /// - Parameter isSilent: the machine is gone with it.
    func die(isSilent: Bool) {
        guard process.isAlive else { return }
        isOpen = false
        process.kill()
        database.crash(withMachine: isSilent)
        world.mesh.hasDied(incarnation, isSilent: isSilent)
        let waiting = held.sorted { $0.key < $1.key }.map(\.value)
        held = [:]
        for answer in waiting {
            let delay = isSilent ? world.simulator.generator.pick(1_000...3_000) : 1
            world.simulator.after(ms: Int64(delay)) { answer(0, ByteBuffer()) }
        }
    }

    /// SIGSTOP.
    func stop() {
        guard process.isReachable else { return }
        process.stop()
        database.stop()
        world.mesh.hasStopped(incarnation)
    }

    /// SIGCONT.
    func goOn() {
        guard process.isStopped else { return }
        process.resume()
        database.goOn()
    }

    // MARK: - Clients

    /// Status and body; 0: the connection failed.
    typealias ClientAnswer = @Sendable (Int, ByteBuffer) -> Void

    /// One HTTP request of a client. The answer comes on the outside, after the way back.
    func request(_ method: HTTPMethod, _ uri: String, body: ByteBuffer, answer: @escaping ClientAnswer) {
        let simulator = world.simulator
        let wayMs = Int64(simulator.generator.pick(1...25))
        guard process.isAlive, isOpen || isLeaving else {
            return simulator.after(ms: wayMs) { answer(0, ByteBuffer()) }
        }
        requests += 1
        let number = requests
        held[number] = answer
        simulator.after(ms: wayMs) {
            guard self.process.isAlive else { return }
            self.take(method, uri, body: body) { status, body in
                simulator.after(ms: wayMs) {
                    if let answer = self.held.removeValue(forKey: number) { answer(status, body) }
                }
            }
        }
    }

    private func take(_ method: HTTPMethod, _ uri: String, body: ByteBuffer, done: @escaping ClientAnswer) {
        let index = world.simulator.generator.pick(0...loops.count - 1)
        let loop = loops[index]
        loop.execute {
            guard let engine = self.engine else { return done(0, ByteBuffer()) }
            let head = HTTPRequestHead(
                version: .http1_1, method: method, uri: uri, headers: ["Host": "quiz.example"])
            let request = GatewayRequest(
                head, peer: nil, isEncrypted: false, configuration: engine.configuration)
            let reply = PendingReply(eventLoop: loop)
            reply.future.whenComplete { result in
                switch result {
                case .success(let reply): done(Int(reply.status.code), reply.body)
                case .failure: done(0, ByteBuffer())
                }
            }
            engine.respond(to: request, body: body, reply: reply, loop: self.contexts[index])
        }
    }

    /// Whoever is still connected has to go elsewhere.
    private func closeDoor() {
        isOpen = false
        let waiting = held.sorted { $0.key < $1.key }.map(\.value)
        held = [:]
        for answer in waiting { world.simulator.after(ms: 1) { answer(0, ByteBuffer()) } }
    }
}

/// As `QuizNode` has it.
private struct StandingRooms: Service {
    let host: RoomHost

    func run() async throws { try await host.run() }
}

/// Lets players in when the cluster has found its place for every room, as `QuizNode` does.
private struct Door: Service {
    let cluster: ClusterNode
    let open: @Sendable () -> Void
    let close: @Sendable () -> Void

    func run() async throws {
        await cancelWhenGracefulShutdown { await cluster.placed() }
        guard !Task.isShuttingDownGracefully, !Task.isCancelled else { return }
        open()
        try? await gracefulShutdown()  // throws when cancelled, which closes just the same
        close()
    }
}
