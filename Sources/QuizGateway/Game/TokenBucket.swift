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

/// Names of Socket.IO sessions.
enum SessionName {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// 120 random bits in 20 URL-safe characters.
    static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        return String(
            decoding: (0..<20).map { _ in alphabet[Int(generator.next(upperBound: UInt64(64)))] }, as: UTF8.self)
    }
}
