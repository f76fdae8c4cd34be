internal import NIOCore

/// Lets through a steady rate and short bursts.
struct TokenBucket: Sendable {
    private let perSecond: Double
    private let burst: Double
    private var tokens: Double
    private var last: NIODeadline

    init(perSecond: Double, burst: Double, now: NIODeadline) {
        self.perSecond = perSecond
        self.burst = burst
        tokens = burst
        last = now
    }

    /// Takes one token; false: there is none.
    mutating func take(at now: NIODeadline) -> Bool {
        let passed = Double((now - last).nanoseconds) / 1e9
        if passed > 0 {
            tokens = min(burst, tokens + passed * perSecond)
            last = now
        }
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
