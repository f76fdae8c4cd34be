import NIOConcurrencyHelpers
import NIOCore
import QuizModel
package import QuizSocial

/// How many requests a door lets through: evenly spread, with a minute's worth at once.
struct RateLimit: Sendable, Hashable {
    /// Microseconds between two requests when they come evenly.
    let interval: Int64
    /// Microseconds of requests that may come at once.
    let burst: Int64

    init(perMinute: Int) {
        interval = 60_000_000 / Int64(max(1, perMinute))
        burst = interval * Int64(max(1, perMinute))
    }

    /// Counts a request against a due time (generic cell rate algorithm, as `rate_limit.lua` does).
    ///
    /// - Parameters:
    ///   - due: when the next request is due, microseconds; moved on when the request is let through.
    ///   - now: microseconds, of the same clock.
    func take(due: inout Int64, now: Int64) -> RateLimitDecision {
        let from = max(due, now)
        let wait = from + interval - burst - now
        guard wait <= 0 else { return .refused(retryAfterMs: Int((wait + 999) / 1_000)) }
        due = from + interval
        return .allowed
    }
}

/// Counts the requests this node sees; used alone, or while Redis is away.
///
/// Holds at most twice `bucketsMax` strangers. When it is full the older half is forgotten: a flood from very many
/// addresses is let through sooner, and memory stays bounded.
package final class LocalRateLimiter: RateLimiter {
    /// Strangers remembered in each half.
    package static let bucketsMax = 20_000

    private struct Bucket: Hashable {
        let door: RateLimitedDoor
        let key: String
    }

    private struct State {
        var newer: [Bucket: Int64] = [:]
        var older: [Bucket: Int64] = [:]
        /// When `newer` was begun, microseconds.
        var began: Int64 = 0
    }

    private let state = NIOLockedValueBox(State())
    private let now: @Sendable () -> Int64

    /// - Parameter now: microseconds of a clock that never goes back.
    package init(
        now: @escaping @Sendable () -> Int64 = { Int64(clamping: NIODeadline.now().uptimeNanoseconds / 1_000) }
    ) {
        self.now = now
    }

    package func take(_ door: RateLimitedDoor, key: String) async -> RateLimitDecision { count(door, key: key) }

    func count(_ door: RateLimitedDoor, key: String) -> RateLimitDecision {
        let limit = RateLimit(perMinute: door.perMinute)
        let bucket = Bucket(door: door, key: key)
        let now = now()
        return state.withLockedValue { state in
            // A bucket is full again after its burst, one minute: what two turns have not touched may be forgotten.
            if state.newer.count >= Self.bucketsMax || now - state.began > limit.burst {
                state.older = state.newer
                state.newer = [:]
                state.began = now
            }
            var due = state.newer[bucket] ?? state.older[bucket] ?? 0
            let decision = limit.take(due: &due, now: now)
            state.newer[bucket] = due
            return decision
        }
    }

    /// Strangers remembered now.
    var count: Int { state.withLockedValue { $0.newer.count + $0.older.count } }
}
