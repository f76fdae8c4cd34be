package import NIOCore

/// The shortest of a session's last eight round trips of pings.
///
/// The minimum is used because everything that disturbs a round trip makes it longer.
package struct LatencyWindow: Sendable, Equatable {
    package static let samplesMax = 8
    /// Pings under way whose instants are remembered; a client that does not answer is not measured any further.
    package static let outstandingMax = 8

    private var sentAt: [NIODeadline] = []
    private var samples: [TimeAmount] = []
    private var next = 0

    package init() {}

    /// nil before the first answer.
    package var minimum: TimeAmount? { samples.min() }
    package var latest: TimeAmount? {
        samples.isEmpty ? nil : samples[(next + samples.count - 1) % samples.count]
    }

    /// - Returns: false when too many are under way: then do not send it.
    package mutating func pingSent(at now: NIODeadline) -> Bool {
        guard sentAt.count < Self.outstandingMax else { return false }
        sentAt.append(now)
        return true
    }

    /// Pongs come in the order of their pings; one that answers nothing is ignored.
    package mutating func pongReceived(at now: NIODeadline) {
        guard !sentAt.isEmpty else { return }
        let sample = max(.zero, now - sentAt.removeFirst())
        if samples.count < Self.samplesMax {
            samples.append(sample)
        } else {
            samples[next] = sample
            next = (next + 1) % Self.samplesMax
        }
    }
}
