import NIOConcurrencyHelpers
import NIOCore

/// Lets a bounded number of handshakes through a second, and one second's worth at once.
///
/// Without it, thousands of clients that come back after a restart would all be half served at the same time; those
/// refused here come back a little later.
final class HandshakeGate: Sendable {
    private struct Bucket {
        var tokens: Double
        var filledAt: NIODeadline
    }

    private let perSecond: Double?
    private let bucket: NIOLockedValueBox<Bucket>

    /// - Parameter perSecond: nil lets everybody in.
    init(perSecond: Int?) {
        self.perSecond = perSecond.map(Double.init)
        bucket = NIOLockedValueBox(Bucket(tokens: Double(perSecond ?? 0), filledAt: .now()))
    }

    func admits(at now: NIODeadline) -> Bool {
        guard let perSecond else { return true }
        return bucket.withLockedValue { bucket in
            let elapsed = Double((now - bucket.filledAt).nanoseconds) / 1e9
            bucket.tokens = min(perSecond, bucket.tokens + max(0, elapsed) * perSecond)
            bucket.filledAt = now
            guard bucket.tokens >= 1 else { return false }
            bucket.tokens -= 1
            return true
        }
    }
}
