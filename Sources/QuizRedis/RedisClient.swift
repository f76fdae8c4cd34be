package import Logging
import NIOConcurrencyHelpers
package import NIOCore
import NIOSSL
package import QuizTelemetry
import ServiceLifecycle
import Synchronization

/// Redis, wherever ``RedisEndpoint`` says it is: connections that come back by themselves, and find the master after a failover.
///
/// Commands given while it is away wait, each as long as its own patience. Everything a game needs works without Redis,
/// so no caller waits long: a command either has an answer or fails within its patience.
package final class RedisClient: Service {
    private let core: NIOLoopBoundBox<RedisClientCore>
    private let loop: any EventLoop
    private let shared: RedisClientShared
    private let pendingMax: Int
    private let patience: Duration

    /// - Throws: when the TLS configuration cannot be used.
    package init(
        configuration: RedisConfiguration, loop: any EventLoop, metrics: MetricsRegistry, logger: Logger
    ) throws {
        self.loop = loop
        pendingMax = configuration.pendingMax
        patience = configuration.patience
        let shared = RedisClientShared(metrics: metrics)
        self.shared = shared
        metrics.observe(.redisQueuedCommands) { Double(shared.pending.load(ordering: .relaxed)) }
        let tls =
            try configuration.endpoint.tls
            ? NIOSSLContext(configuration: configuration.tls ?? .makeClientConfiguration()) : nil
        core = .makeBoxSendingValue(
            RedisClientCore(configuration: configuration, tls: tls, loop: loop, shared: shared, logger: logger),
            eventLoop: loop)
    }

    /// Connects, and stays connected until the node shuts down.
    package func run() async throws {
        start()
        try? await gracefulShutdown()  // throws when cancelled, which ends the client just the same
        await close()
    }

    /// Begins to connect; for those who do not `run` it.
    package func start() {
        loop.execute { [core] in core.value.start() }
    }

    /// Closes all connections after what is queued has been sent; everything unanswered fails.
    package func close() async {
        await withCheckedContinuation { continuation in
            loop.execute { [core] in
                core.value.close()
                continuation.resume()
            }
        }
    }

    /// Whether a command given now would be sent at once; in a cluster, whether one for some key would.
    package var isConnected: Bool { shared.connected.load(ordering: .relaxed) }

    /// Commands queued or in flight, those that nobody waits for any more included.
    package var pending: Int { shared.pending.load(ordering: .relaxed) }

    /// Sends one command.
    ///
    /// - Parameter patience: how long to wait for the answer; nil: as configured. Checked every 10 ms.
    /// - Throws: `server` with the text of an error reply, or why there is no reply.
    package func command(
        _ arguments: [String], patience: Duration? = nil
    ) async throws(RedisFailure) -> RedisReply {
        let result: Result<RedisReply, RedisFailure> = await withCheckedContinuation { continuation in
            submit(arguments, patience: patience ?? self.patience) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Runs a script by its digest, and by its text where the server does not know it (yet, or any more).
    package func evaluate(
        _ script: RedisScript, keys: [String], arguments: [String], patience: Duration? = nil
    ) async throws(RedisFailure) -> RedisReply {
        let rest = [String(keys.count)] + keys + arguments
        do {
            return try await command(["EVALSHA", script.digest] + rest, patience: patience)
        } catch {
            guard error.saysUnknownScript else { throw error }
            return try await command(["EVAL", script.text] + rest, patience: patience)
        }
    }

    /// Runs a script for each of the calls, which must not depend on one another's order. They travel together and are waited for together: one wait,
    /// and another where the server does not know the script (any more).
    ///
    /// - Returns: for each call, in their order, its answer or why there is none.
    package func evaluate(
        _ script: RedisScript, calls: [(keys: [String], arguments: [String])], patience: Duration? = nil
    ) async -> [Result<RedisReply, RedisFailure>] {
        let rests = calls.map { [String($0.keys.count)] + $0.keys + $0.arguments }
        var answers = await all(rests.map { ["EVALSHA", script.digest] + $0 }, patience: patience)
        let unknown = answers.indices.filter { position in
            if case .failure(let failure) = answers[position] { failure.saysUnknownScript } else { false }
        }
        let again = await all(unknown.map { ["EVAL", script.text] + rests[$0] }, patience: patience)
        for (position, answer) in zip(unknown, again) { answers[position] = answer }
        return answers
    }

    /// Sends commands that do not depend on one another's order, and waits for all of them together.
    ///
    /// - Returns: for each, in their order, its answer or why there is none.
    package func all(_ commands: [[String]], patience: Duration? = nil) async -> [Result<RedisReply, RedisFailure>] {
        guard !commands.isEmpty else { return [] }
        return await withCheckedContinuation { continuation in
            let answers = RedisAnswers(commands.count) { continuation.resume(returning: $0) }
            for (position, command) in commands.enumerated() {
                submit(command, patience: patience ?? self.patience) { answers.set($0, at: position) }
            }
        }
    }

    private func submit(
        _ arguments: [String], patience: Duration, done: @escaping @Sendable (Result<RedisReply, RedisFailure>) -> Void
    ) {
        guard shared.pending.wrappingAdd(1, ordering: .relaxed).newValue <= pendingMax else {
            shared.pending.wrappingSubtract(1, ordering: .relaxed)
            shared.errors[.overloaded].increment()
            return done(.failure(RedisFailure(.overloaded)))
        }
        let slot: RedisSlot?
        do {
            slot = try RedisCommandKeys.slot(of: arguments)
        } catch {
            shared.pending.wrappingSubtract(1, ordering: .relaxed)
            shared.errors[error.code].increment()
            return done(.failure(error))
        }
        let now = NIODeadline.now()
        let request = RedisRequest(
            arguments: arguments, slot: slot, queuedAt: now, deadline: now + TimeAmount(patience),
            done: { [shared] result in
                if case .failure(let failure) = result { shared.errors[failure.code].increment() }
                done(result)
            })
        // One wake-up of the loop for a burst of commands.
        let first = shared.inbox.withLockedValue {
            $0.append(request)
            return $0.count == 1
        }
        if first { loop.execute { [core] in core.value.drainInbox() } }
    }
}

/// What a client's callers and its loop share.
final class RedisClientShared: Sendable {
    let pending = Atomic<Int>(0)
    let connected = Atomic<Bool>(false)
    let inbox = NIOLockedValueBox<[RedisRequest]>([])
    let errors: MetricCounters<RedisFailure.Code>
    let commands: MetricCounter
    let connects: MetricCounter
    let seconds: MetricHistogram
    let connectedGauge: MetricGauge
    let redirects: MetricCounters<RedisComplaint.Kind>

    init(metrics: MetricsRegistry) {
        errors = metrics.counters(.redisErrorsTotal, by: RedisFailure.Code.self)
        commands = metrics.counter(.redisCommandsTotal)
        connects = metrics.counter(.redisConnectsTotal)
        seconds = metrics.histogram(.redisCommandSeconds)
        connectedGauge = metrics.gauge(.redisConnected)
        redirects = metrics.counters(.redisRedirectsTotal, by: RedisComplaint.Kind.self)
    }

    /// - Parameter isWhole: whether every master is connected, not only some.
    func setConnected(_ value: Bool, isWhole: Bool) {
        connected.store(value, ordering: .relaxed)
        connectedGauge.set(isWhole)
    }
}

/// The answers to commands that are waited for together.
private final class RedisAnswers: Sendable {
    typealias Answer = Result<RedisReply, RedisFailure>

    private let state: NIOLockedValueBox<(answers: [Answer], missing: Int)>
    private let whole: @Sendable ([Answer]) -> Void

    /// - Parameters:
    ///   - count: of the commands; one or more.
    ///   - whole: called with all answers when the last one is there.
    init(_ count: Int, whole: @escaping @Sendable ([Answer]) -> Void) {
        state = NIOLockedValueBox((Array(repeating: .failure(RedisFailure(.closed)), count: count), count))
        self.whole = whole
    }

    /// Once for each position.
    func set(_ answer: Answer, at position: Int) {
        let answers: [Answer]? = state.withLockedValue { state in
            state.answers[position] = answer
            state.missing -= 1
            return state.missing == 0 ? state.answers : nil
        }
        if let answers { whole(answers) }
    }
}

extension RedisFailure {
    /// The server does not have the script; it has not been run.
    fileprivate var saysUnknownScript: Bool { code == .server && context.hasPrefix("NOSCRIPT") }
}
