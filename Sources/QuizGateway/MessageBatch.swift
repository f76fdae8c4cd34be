import NIOCore

/// What one tick has for the same readers, in order.
final class MessageBatch {
    struct Entry {
        let message: OutboundMessage
        /// Given to a message of which only the newest matters.
        let key: Int?
    }

    let entries: [Entry]
    /// The frames of all of them, for connections without an agreement about compression.
    let frames: ByteBuffer
    /// The frames are the same for every connection: nothing in them is worth compressing.
    let isUniform: Bool

    /// No message may be left out for a newer one.
    let mustArrive: Bool

    /// - Parameter entries: one or more.
    init(_ entries: [Entry]) {
        self.entries = entries
        mustArrive = entries.allSatisfy { $0.key == nil }
        isUniform = entries.allSatisfy { !$0.message.isCompressible }
        guard entries.count > 1 else {
            frames = entries.first?.message.frames ?? ByteBuffer()
            return
        }
        // Once for all readers: joined for each of them it would be most of what a burst costs beside the system calls.
        var joined = ByteBuffer()
        joined.reserveCapacity(entries.reduce(0) { $0 + $1.message.frames.readableBytes })
        for entry in entries { joined.writeImmutableBuffer(entry.message.frames) }
        frames = joined
    }
}
