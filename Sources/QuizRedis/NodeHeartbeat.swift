package import Logging
import NIOConcurrencyHelpers
package import QuizModel
package import QuizTelemetry
import ServiceLifecycle

/// Tells everybody once a second that this node lives, and notices when Redis is another one than before.
///
/// The key holds a counter, not a time: whoever watches judges by its own monotonic clock whether the counter stands
/// still.
package final class NodeHeartbeat: Service {
    package static let interval = Duration.seconds(1)
    /// Milliseconds after the last beat at which the node is forgotten.
    package static let ttlMs = 3_000

    private struct State {
        var beat: UInt64 = 0
        var generation: String?
    }

    private let client: RedisClient
    private let keys: RedisKey.Space
    private let incarnation: Incarnation
    private let node: String
    private let logger: Logger
    private let failures: MetricCounter
    private let generations: MetricCounter
    private let onNewGeneration: @Sendable (_ generation: String) async -> Void
    private let state = NIOLockedValueBox(State())

    /// - Parameter onNewGeneration: called when Redis was emptied or replaced, not for the first generation seen.
    ///   Everything this node keeps in Redis is to be written again then.
    package init(
        client: RedisClient, keys: RedisKey.Space = .init(), incarnation: Incarnation, node: String,
        metrics: MetricsRegistry, logger: Logger,
        onNewGeneration: @escaping @Sendable (_ generation: String) async -> Void = { _ in }
    ) {
        self.client = client
        self.keys = keys
        self.incarnation = incarnation
        self.node = node
        self.logger = logger
        self.onNewGeneration = onNewGeneration
        failures = metrics.counter(.nodeHeartbeatFailuresTotal)
        generations = metrics.counter(.redisGenerationsTotal)
    }

    /// Which Redis this is; nil: not seen yet.
    package var generation: String? { state.withLockedValue { $0.generation } }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.beat()
                try? await Task.sleep(for: Self.interval)  // ends early only when cancelled
            }
        }
        await resign()
    }

    /// One sign of life.
    ///
    /// - Returns: whether Redis took it.
    @discardableResult
    package func beat() async -> Bool {
        let beat = state.withLockedValue {
            $0.beat += 1
            return $0.beat
        }
        guard let reply = await send(beat) else {
            failures.increment()
            return false
        }
        if let generation = reply.text { await saw(generation) }
        return true
    }

    /// Nil: Redis did not take it. (A `do` with a typed throw around this call crashes the optimiser of Swift 6.3.1.)
    private func send(_ beat: UInt64) async -> RedisReply? {
        guard client.isConnected else { return nil }
        return try? await client.evaluate(
            .heartbeat, keys: [keys.node(incarnation).text, keys.generation.text],
            arguments: [node, String(beat), String(Self.ttlMs), Incarnation.random().description])
    }

    /// Gives the node's key up at once, so that nobody waits for it to expire.
    package func resign() async {
        // What cannot be deleted expires.
        _ = try? await client.command(["DEL", keys.node(incarnation).text], patience: .milliseconds(200))
    }

    /// How often a node has beaten; nil: it is not there, or Redis does not say.
    package func beats(of other: Incarnation) async -> UInt64? {
        // Without Redis no heartbeat is known.
        let reply = try? await client.command(["HGET", keys.node(other).text, "beat"])
        return reply?.text.flatMap { UInt64($0) }
    }

    private func saw(_ generation: String) async {
        let before = state.withLockedValue { state in
            defer { state.generation = generation }
            return state.generation
        }
        guard let before, before != generation else { return }
        generations.increment()
        logger.warning("Redis was emptied or replaced; what this node keeps there is written again.")
        await onNewGeneration(generation)
    }
}
