import DequeModule
import Logging
import NIOCore
import NIOSSL
import QuizTelemetry
import Synchronization

/// The half of a ``RedisClient`` that lives on its loop: does what ``RedisRoutes`` says, and keeps what has to wait.
///
/// `RedisClientCore+Connecting.swift` makes the connections.
final class RedisClientCore {
    /// A command that could not be sent yet.
    private struct Parked {
        var request: RedisRequest
        var notBefore = NIODeadline.uptimeNanoseconds(0)
        /// Where it is to be asked for, behind `ASKING`; nil: where the map says.
        var target: RedisServer?
    }

    /// How often callers' patience is checked while anything is pending.
    private static let sweepInterval = TimeAmount.milliseconds(10)

    let configuration: RedisConfiguration
    let tls: NIOSSLContext?
    let loop: any EventLoop
    let shared: RedisClientShared
    let logger: Logger

    var routes: RedisRoutes
    /// Those that have proved themselves or are about to.
    var connections: [RedisServer: RedisConnection] = [:]
    /// Those that only wait for their last answers.
    private var retiring: [RedisConnection] = []
    private var parked = Deque<Parked>()
    private var isStarted = false
    private(set) var isClosed = false
    private var isSweeping = false
    private var wake: (at: NIODeadline, task: Scheduled<Void>)?
    private var wasWhole = false
    /// One warning an outage, however many attempts it takes.
    private var isOutageLogged = false

    init(
        configuration: RedisConfiguration, tls: NIOSSLContext?, loop: any EventLoop, shared: RedisClientShared,
        logger: Logger
    ) {
        self.configuration = configuration
        self.tls = tls
        self.loop = loop
        self.shared = shared
        self.logger = logger
        var timing = RedisRoutes.Timing()
        timing.backoffMin = TimeAmount(configuration.backoffMin)
        timing.backoffMax = TimeAmount(configuration.backoffMax)
        routes = RedisRoutes(configuration.endpoint, timing: timing, seed: .random(in: 0 ... .max))
    }

    // MARK: Doors

    func start() {
        guard !isStarted, !isClosed else { return }
        isStarted = true
        perform(routes.started(at: .now()))
    }

    func drainInbox() {
        let requests = shared.inbox.withLockedValue { inbox in
            defer { inbox = [] }
            return inbox
        }
        let now = NIODeadline.now()
        for request in requests {
            if isClosed {
                fail(request, RedisFailure(.closed))
            } else if !send(request, now: now) {
                parked.append(Parked(request: request))
            }
        }
        sweepLater()
    }

    func close() {
        isClosed = true
        wake?.task.cancel()
        shared.setConnected(false, isWhole: false)
        let waiting = parked
        parked.removeAll()
        for command in waiting { fail(command.request, RedisFailure(.closed)) }
        let open = Array(connections.values) + retiring
        connections = [:]
        retiring = []
        for connection in open { connection.close(RedisFailure(.closed)) }
    }

    // MARK: What the routes want

    /// Carries out what an event has led to, and looks what has become of it.
    func perform(_ actions: [RedisRoutes.Action]) {
        guard !isClosed else { return }
        var mayDispatch = false
        for action in actions {
            switch action {
            case .connect(let server): connect(server)
            case .close(let server):
                connections.removeValue(forKey: server)?.close(
                    RedisFailure(.connectionLost, "\(server.address) is not the master any more."))
            case .retire(let server):
                guard let connection = connections.removeValue(forKey: server) else { continue }
                retiring.append(connection)
                connection.retire()
            case .ask(let server): ask(server)
            case .dispatch: mayDispatch = true
            }
        }
        if mayDispatch { dispatch(now: .now()) }
        tellState()
        wakeLater()
        sweepLater()
    }

    private func tellState() {
        let isWhole = routes.isWhole
        shared.setConnected(routes.isUsable, isWhole: isWhole)
        if isWhole, !wasWhole {
            isOutageLogged = false
            logger.info("Redis is connected.", metadata: .keys([.url: "\(configuration.endpoint)"]))
        }
        wasWhole = isWhole
    }

    /// Says once that something is wrong, and what was first.
    func complain(of server: RedisServer, _ failure: RedisFailure) {
        guard !isOutageLogged, !isClosed, !routes.isWhole else { return }
        isOutageLogged = true
        logger.warning(
            "Redis is away; the node goes on without it.",
            metadata: .keys([
                .url: "\(configuration.endpoint)", .address: "\(server.address)", .code: "\(failure.code.rawValue)",
                .reason: "\(failure.context)",
            ]))
    }

    private func wakeLater() {
        let next = routes.nextWake
        guard next != wake?.at else { return }
        wake?.task.cancel()
        wake = nil
        guard let next else { return }
        let core = NIOLoopBound(self, eventLoop: loop)
        wake = (at: next, task: loop.scheduleTask(deadline: next) { core.value.woken() })
    }

    private func woken() {
        wake = nil
        perform(routes.woken(at: .now()))
    }

    // MARK: Commands

    /// - Returns: false: it has to wait.
    private func send(_ request: RedisRequest, now: NIODeadline) -> Bool {
        guard let server = routes.route(request.slot), let connection = connections[server] else { return false }
        connection.send(request, now: now)
        return true
    }

    private func send(_ request: RedisRequest, asking server: RedisServer, now: NIODeadline) -> Bool {
        guard let connection = connections[server], routes.isReady(server) else { return false }
        // Its answer can only be OK; whatever else comes is told by the command behind it.
        connection.send(own(["ASKING"]) { _ in }, now: now)
        connection.send(request, now: now)
        return true
    }

    /// Sends what has been waiting and has somewhere to go now.
    private func dispatch(now: NIODeadline) {
        var kept = Deque<Parked>()
        let waiting = parked
        parked.removeAll()
        for var command in waiting {
            if command.notBefore > now {
                kept.append(command)
                continue
            }
            if let target = command.target {
                if send(command.request, asking: target, now: now) { continue }
                if !routes.isKnown(target) { command.target = nil }
            }
            if command.target != nil || !send(command.request, now: now) { kept.append(command) }
        }
        // What came meanwhile stands behind it.
        parked = kept + parked
    }

    /// - Returns: whether the command goes on elsewhere or later; else the error is its caller's.
    func complained(_ text: String, about request: RedisRequest, by server: RedisServer) -> Bool {
        guard let complaint = RedisComplaint(text, from: server.address), !isClosed else { return false }
        shared.redirects[complaint.kind].increment()
        let now = NIODeadline.now()
        let (verdict, actions) = routes.complained(
            complaint, server, hops: request.hops, tries: request.tries, at: now)
        var again = request
        switch verdict {
        case .deliver: break
        case .send(let target, let asking):
            again.hops += 1
            let isSent = asking ? send(again, asking: target, now: now) : send(again, now: now)
            if !isSent { parked.append(Parked(request: again)) }
        case .wait(let until, let target):
            switch complaint {
            case .moved, .ask: again.hops += 1
            default: again.tries += 1
            }
            parked.append(Parked(request: again, notBefore: until, target: target))
        }
        perform(actions)
        return verdict != .deliver
    }

    /// A command of the client's own, which counts as pending like others.
    func own(
        _ arguments: [String], _ done: @escaping @Sendable (Result<RedisReply, RedisFailure>) -> Void
    ) -> RedisRequest {
        shared.pending.wrappingAdd(1, ordering: .relaxed)
        let now = NIODeadline.now()
        return RedisRequest(
            arguments: arguments, isOwn: true, queuedAt: now, deadline: now + TimeAmount(configuration.connectTimeout),
            done: done)
    }

    private func fail(_ request: RedisRequest, _ failure: RedisFailure) {
        shared.pending.wrappingSubtract(1, ordering: .relaxed)
        request.done(.failure(failure))
    }

    // MARK: Patience

    func sweepLater() {
        guard !isSweeping, !isClosed else { return }
        isSweeping = true
        let core = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: Self.sweepInterval) { core.value.sweep(now: .now()) }
    }

    private func sweep(now: NIODeadline) {
        isSweeping = false
        guard !isClosed else { return }
        let waiting = parked
        parked.removeAll()
        for command in waiting {
            if command.request.deadline <= now {
                fail(command.request, RedisFailure(.timedOut))
            } else {
                parked.append(command)
            }
        }
        dispatch(now: now)
        retiring.removeAll { $0.isClosed }
        var isBusy = !parked.isEmpty || !retiring.isEmpty
        for connection in Array(connections.values) + retiring {
            guard let oldest = connection.sweep(now: now) else { continue }
            isBusy = true
            if oldest + TimeAmount(configuration.stallLimit) <= now {
                connection.close(
                    RedisFailure(.connectionLost, "Redis did not answer for \(configuration.stallLimit)."))
            }
        }
        if isBusy { sweepLater() }
    }
}
