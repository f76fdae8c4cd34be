import DequeModule
import NIOCore

/// What a link that is up counts: credit both ways, what waits, and the pulse. See `MeshLinkMachine`.
struct MeshOpenLink {
    // To the peer.

    /// Bytes the peer will take; below 0 after a message that was longer.
    var credit = 0
    /// Frames without credit, oldest first.
    var waiting = Deque<ByteBuffer>()

    // From the peer.

    /// Bytes the peer may send; below 0 after a message that was longer.
    var allowance: Int
    /// Bytes consumed and not yet granted again.
    var consumed = 0
    var isWithheld = false
    /// The peer speaks newer versions than we do.
    let isNewer: Bool

    // The pulse.

    /// Time without a byte, as far as we listened.
    var silentFor = TimeAmount.zero
    var tickedAt: NIODeadline
    /// The ping under way.
    var pinged: (number: UInt64, at: NIODeadline)?
    var pingAt: NIODeadline
    var pingNumber: UInt64 = 0
    /// A pong has been written and not yet handed to the network.
    var isPongPending = false

    init(allowance: Int, isNewer: Bool, openedAt: NIODeadline) {
        self.allowance = allowance
        self.isNewer = isNewer
        tickedAt = openedAt
        pingAt = openedAt
    }

    /// - Returns: the number of a ping to be sent.
    mutating func ping(now: NIODeadline, interval: TimeAmount) -> UInt64 {
        pingNumber += 1
        pinged = (pingNumber, now)
        pingAt = now + interval
        return pingNumber
    }
}
