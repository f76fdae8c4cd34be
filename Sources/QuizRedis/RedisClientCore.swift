import DequeModule
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import QuizTelemetry
import Synchronization

/// The half of a ``RedisClient`` that lives on its loop: connects, queues, gives up, connects again.
final class RedisClientCore {
    private enum State {
        /// Can transition to: connecting, closed.
        case idle
        /// Can transition to: proving (there is a channel), waiting (there is none), closed.
        case connecting
        /// The prelude is under way. Can transition to: ready, waiting, closed.
        case proving(RedisConnection)
        /// Can transition to: waiting, closed.
        case ready(RedisConnection)
        /// Between two attempts. Can transition to: connecting, closed.
        case waiting
        case closed
    }

    /// How often callers' patience is checked while anything is pending.
    private static let sweepInterval = TimeAmount.milliseconds(10)

    private let configuration: RedisConfiguration
    private let tls: NIOSSLContext?
    private let loop: any EventLoop
    private let shared: RedisClientShared
    private let logger: Logger

    private var state = State.idle
    private var queue = Deque<RedisRequest>()
    private var backoff: TimeAmount
    private var sweeping = false
    /// One warning an outage, however many attempts it takes.
    private var outageLogged = false

    init(
        configuration: RedisConfiguration, tls: NIOSSLContext?, loop: any EventLoop, shared: RedisClientShared,
        logger: Logger
    ) {
        self.configuration = configuration
        self.tls = tls
        self.loop = loop
        self.shared = shared
        self.logger = logger
        backoff = TimeAmount(configuration.backoffMin)
    }

    // MARK: Doors

    func start() {
        guard case .idle = state else { return }
        connect()
    }

    func drainInbox() {
        let requests = shared.inbox.withLockedValue { inbox in
            defer { inbox = [] }
            return inbox
        }
        let now = NIODeadline.now()
        for request in requests {
            switch state {
            case .ready(let connection): connection.send(request, now: now)
            case .closed: fail(request, RedisFailure(.closed))
            case .idle, .connecting, .proving, .waiting: queue.append(request)
            }
        }
        sweepLater()
    }

    func close() {
        let old = state
        state = .closed
        shared.setConnected(false)
        failQueue(RedisFailure(.closed))
        switch old {
        case .proving(let connection), .ready(let connection): connection.close(RedisFailure(.closed))
        case .idle, .connecting, .waiting, .closed: break
        }
    }

    // MARK: Connecting

    private func connect() {
        state = .connecting
        let core = NIOLoopBound(self, eventLoop: loop)
        let (tls, endpoint, replyBytesMax) = (tls, configuration.endpoint, configuration.replyBytesMax)
        ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        // An address is no server name; the certificate is then compared with the address itself.
                        let name = endpoint.host.isAddress ? nil : endpoint.host
                        try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    try pipeline.addHandlers(HiredisDecoder(replyBytesMax: replyBytesMax), RedisConnection())
                }
            }
            .connect(host: endpoint.host, port: endpoint.port)
            .flatMapThrowing { channel in
                core.value.connected(try channel.pipeline.syncOperations.handler(type: RedisConnection.self))
            }
            .whenFailure { error in core.value.lost(RedisFailure(.connectionLost, String(describing: error))) }
    }

    private func connected(_ connection: RedisConnection) {
        guard case .connecting = state else { return connection.close(RedisFailure(.closed)) }
        state = .proving(connection)
        connection.onRelease = { [shared] in shared.pending.wrappingSubtract(1, ordering: .relaxed) }
        connection.onReply = { [shared] time in
            shared.commands.increment()
            shared.seconds.observe(Double(time.nanoseconds) / 1e9)
        }
        connection.onClose = { [weak self] failure in self?.lost(failure) }
        let core = NIOLoopBound(self, eventLoop: loop)
        let now = NIODeadline.now()
        let prelude = configuration.endpoint.prelude(clientName: configuration.clientName)
        for (index, arguments) in prelude.enumerated() {
            shared.pending.wrappingAdd(1, ordering: .relaxed)
            let request = RedisRequest(
                arguments: arguments, queuedAt: now, deadline: now + TimeAmount(configuration.connectTimeout)
            ) { result in
                core.value.preludeAnswered(result, last: index == prelude.count - 1)
            }
            connection.send(request, now: now)
        }
        sweepLater()
    }

    private func preludeAnswered(_ result: Result<RedisReply, RedisFailure>, last: Bool) {
        guard case .proving(let connection) = state else { return }
        switch result {
        case .failure(let failure): connection.close(failure)
        case .success where last: ready(connection)
        case .success: break
        }
    }

    private func ready(_ connection: RedisConnection) {
        state = .ready(connection)
        backoff = TimeAmount(configuration.backoffMin)
        outageLogged = false
        shared.setConnected(true)
        shared.connects.increment()
        logger.info("Redis is connected.", metadata: .keys([.url: "\(configuration.endpoint)"]))
        let now = NIODeadline.now()
        for request in queue { connection.send(request, now: now) }
        queue.removeAll()
    }

    private func lost(_ failure: RedisFailure) {
        switch state {
        case .connecting, .proving, .ready: break
        case .idle, .waiting, .closed: return
        }
        state = .waiting
        shared.setConnected(false)
        if !outageLogged {
            outageLogged = true
            logger.warning(
                "Redis is away; the node goes on without it.",
                metadata: .keys([
                    .url: "\(configuration.endpoint)", .code: "\(failure.code.rawValue)", .reason: "\(failure.context)",
                ]))
        }
        let pause = backoff.nanoseconds + Int64.random(in: 0...(backoff.nanoseconds / 2))
        backoff = min(TimeAmount(configuration.backoffMax), .nanoseconds(backoff.nanoseconds * 2))
        let core = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: .nanoseconds(pause)) { core.value.tryAgain() }
    }

    private func tryAgain() {
        guard case .waiting = state else { return }
        connect()
    }

    // MARK: Patience

    private func sweepLater() {
        guard !sweeping else { return }
        sweeping = true
        let core = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: Self.sweepInterval) { core.value.sweep(now: .now()) }
    }

    private func sweep(now: NIODeadline) {
        sweeping = false
        var kept = Deque<RedisRequest>()
        for request in queue {
            if request.deadline <= now {
                fail(request, RedisFailure(.timedOut))
            } else {
                kept.append(request)
            }
        }
        queue = kept
        var inFlight = false
        switch state {
        case .proving(let connection), .ready(let connection):
            if let oldest = connection.sweep(now: now) {
                inFlight = true
                if oldest + TimeAmount(configuration.stallLimit) <= now {
                    connection.close(
                        RedisFailure(.connectionLost, "Redis did not answer for \(configuration.stallLimit)."))
                }
            }
        case .idle, .connecting, .waiting, .closed: break
        }
        if inFlight || !queue.isEmpty { sweepLater() }
    }

    private func fail(_ request: RedisRequest, _ failure: RedisFailure) {
        shared.pending.wrappingSubtract(1, ordering: .relaxed)
        request.done(.failure(failure))
    }

    private func failQueue(_ failure: RedisFailure) {
        let requests = queue
        queue.removeAll()
        for request in requests { fail(request, failure) }
    }
}

extension String {
    /// Whether this is an IP address rather than a name.
    fileprivate var isAddress: Bool { (try? SocketAddress(ipAddress: self, port: 0)) != nil }
}
