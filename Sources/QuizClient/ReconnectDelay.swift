import NIOCore

/// Full jitter: between nothing and a bound that doubles, so that those who were cut off together come back spread over time.
struct ReconnectDelay: Sendable {
    let first: TimeAmount
    let most: TimeAmount

    /// - Parameters:
    ///   - attempt: 1, 2, 3…
    ///   - draw: 0 ..< 1.
    func delay(attempt: Int, draw: Double) -> TimeAmount {
        let bound = min(Double(most.nanoseconds), Double(first.nanoseconds) * Double(1 << min(30, max(0, attempt - 1))))
        return .nanoseconds(Int64(bound * draw))
    }
}
