package import NIOCore

/// Tells who answers pings late on purpose (P9).
///
/// Credit for latency comes from pings, which the client's own program answers and may delay. The kernel of its machine acknowledges
/// TCP segments by itself. Where both are measured at every answer and the pings stay longer by far, somebody gathers credit, or has a
/// very slow device; the credit is capped either way, so the finding is for a person to look at.
package struct LatencyAudit: Sendable, Equatable {
    /// Longer than a browser's busy thread holds back the *shortest* of eight pongs.
    package static let suspiciousExcess = TimeAmount.milliseconds(60)
    /// Answers in a row at which the excess was seen.
    package static let answersMin = 3

    package private(set) var isFlagged = false
    private var inARow = 0

    package init() {}

    /// Compares the round trips at one answer.
    ///
    /// - Parameters:
    ///   - pings: the shortest of the last pings, which the credit is made of.
    ///   - transport: what the kernel measured.
    /// - Returns: true once, when the connection becomes suspicious.
    package mutating func compare(pings: TimeAmount, transport: TimeAmount) -> Bool {
        guard !isFlagged else { return false }
        inARow = pings - transport > Self.suspiciousExcess ? inARow + 1 : 0
        isFlagged = inARow >= Self.answersMin
        return isFlagged
    }
}
