import NIOConcurrencyHelpers
import NIOCore
import QuizModel
package import QuizSocial
package import QuizTelemetry

/// Counts strangers' requests in Redis, for all nodes together; without Redis, or while it is slow, on this node alone.
///
/// After a failure the local limiter decides for a while; then one request tries Redis again while the others stay
/// local.
package final class RedisRateLimiter: RateLimiter {
    /// How long Redis may take for a decision, by default.
    package static let patience = Duration.milliseconds(50)
    /// How long after a failure Redis is left alone, microseconds.
    static let pauseMicroseconds: Int64 = 500_000

    private let client: RedisClient
    private let keys: RedisKey.Space
    private let local: LocalRateLimiter
    private let patience: Duration
    private let now: @Sendable () -> Int64
    private let refused: MetricCounters<RateLimitedDoor>
    private let decidedHere: MetricCounter
    /// Until when the local limiter decides, microseconds; nil: Redis does.
    private let pausedUntil = NIOLockedValueBox<Int64?>(nil)

    /// - Parameter now: microseconds of a clock that never goes back.
    package init(
        client: RedisClient, keys: RedisKey.Space = .init(), metrics: MetricsRegistry,
        patience: Duration = RedisRateLimiter.patience,
        now: @escaping @Sendable () -> Int64 = { Int64(clamping: NIODeadline.now().uptimeNanoseconds / 1_000) }
    ) {
        self.client = client
        self.keys = keys
        self.patience = patience
        self.now = now
        local = LocalRateLimiter(now: now)
        refused = metrics.counters(.rateLimitRefusedTotal, by: RateLimitedDoor.self)
        decidedHere = metrics.counter(.rateLimitLocalTotal)
    }

    package func take(_ door: RateLimitedDoor, key: String) async -> RateLimitDecision {
        let decision: RateLimitDecision
        if mayAskRedis(), let shared = await ask(door, key: key) {
            decision = shared
        } else {
            decidedHere.increment()
            decision = local.count(door, key: key)
        }
        if case .refused = decision { refused[door].increment() }
        return decision
    }

    private func mayAskRedis() -> Bool {
        guard client.isConnected else { return false }
        let now = now()
        return pausedUntil.withLockedValue { pausedUntil in
            guard let until = pausedUntil else { return true }
            guard until <= now else { return false }
            // This request tries; until it has an answer the others stay local.
            pausedUntil = now + Self.pauseMicroseconds
            return true
        }
    }

    /// Nil: Redis gave no decision.
    private func ask(_ door: RateLimitedDoor, key: String) async -> RateLimitDecision? {
        let limit = RateLimit(perMinute: door.perMinute)
        let reply: RedisReply
        do {
            reply = try await client.evaluate(
                .rateLimit, keys: [keys.rateLimit(door: door.rawValue, key: key).text],
                arguments: [String(limit.interval), String(limit.burst)], patience: patience)
        } catch {
            // Whatever it was is counted by the client; here it only means "not now".
            pausedUntil.withLockedValue { $0 = now() + Self.pauseMicroseconds }
            return nil
        }
        pausedUntil.withLockedValue { $0 = nil }
        guard let waitMs = reply.integer else { return nil }
        return waitMs <= 0 ? .allowed : .refused(retryAfterMs: Int(clamping: waitMs))
    }
}
