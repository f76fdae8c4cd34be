import DequeModule
import NIOCore
import QuizWire

/// The one way out to a WebSocket: everything that is sent, control frames included, goes through here in order.
///
/// `append` collects; once per event-loop tick, `flush` gives at most `chunkBytesMax` to NIO in one write. While NIO
/// has not written them all, everything later waits *here*, where a droppable message can still be replaced by a newer
/// one of its key. The reader is given up when too many bytes wait, or when it takes nothing for too long; the byte
/// limit alone would let a reader of one byte a second sit there for ever.
final class Outbox: Flushable {
    struct Bounds {
        let softBytes: Int
        let hardBytes: Int
        let stall: TimeAmount
    }

    private struct Entry {
        var bytes: ByteBuffer
        let key: Int?
    }

    private static let chunkBytesMax = 64 << 10

    private let context: ChannelHandlerContext
    private let loop: LoopContext
    private let bounds: Bounds
    private var waiting = Deque<Entry>()
    private var waitingBytes = 0
    private var inFlightBytes = 0
    private var progressAt = NIODeadline.now()
    private var stallCheck: Scheduled<Void>?
    private var isScheduled = false
    private var isDropped = false
    /// Called once, later, when the reader is given up; nothing is sent any more.
    private var gaveUp: ((EngineIOCloseReason) -> Void)?
    private var drained: (() -> Void)?

    /// - Parameter context: of the handler that owns the outbox; frames are written from there towards the socket.
    init(
        _ context: ChannelHandlerContext, loop: LoopContext, bounds: Bounds,
        gaveUp: @escaping (EngineIOCloseReason) -> Void
    ) {
        self.context = context
        self.loop = loop
        self.bounds = bounds
        self.gaveUp = gaveUp
    }

    /// Bytes that have been appended and not yet taken by the system.
    var backlogBytes: Int { waitingBytes + inFlightBytes }

    /// - Parameter key: given to a message of which only the newest matters.
    func append(_ frames: ByteBuffer, key: Int? = nil) {
        guard !isDropped else { return }
        if let key, backlogBytes > bounds.softBytes, let older = waiting.lastIndex(where: { $0.key == key }) {
            waitingBytes -= waiting[older].bytes.readableBytes
            waiting.remove(at: older)
            loop.counters.messagesConflated += 1
        }
        waiting.append(Entry(bytes: frames, key: key))
        waitingBytes += frames.readableBytes
        loop.counters.messagesSent += 1
        guard backlogBytes <= bounds.hardBytes else { return giveUp(.outboundOverflow) }
        if inFlightBytes == 0 { schedule() }
    }

    /// Calls `action` once all that has been appended is written; never when it is dropped before.
    func whenDrained(_ action: @escaping () -> Void) {
        guard !isDropped else { return }
        if backlogBytes == 0 { return action() }
        drained = action
    }

    /// Forgets what waits. The socket is gone, or is about to be.
    func drop() {
        isDropped = true
        waiting.removeAll()
        waitingBytes = 0
        stallCheck?.cancel()
        gaveUp = nil
        drained = nil
    }

    /// Gives the next chunk to NIO now, without waiting for the tick.
    func flush() {
        guard !isDropped, inFlightBytes == 0, let chunk = takeChunk() else { return }
        inFlightBytes = chunk.readableBytes
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { self.written($0) }
        context.writeAndFlush(NIOAny(chunk), promise: promise)
        if inFlightBytes > 0 { watchForStall() }
    }

    func tick() {
        isScheduled = false
        flush()
    }

    private func schedule() {
        guard !isScheduled else { return }
        isScheduled = true
        loop.schedule(self)
    }

    /// One entry as it is, several small ones joined, or a piece of a large one.
    private func takeChunk() -> ByteBuffer? {
        guard var chunk = waiting.first?.bytes else { return nil }
        if chunk.readableBytes > Self.chunkBytesMax, let piece = chunk.readSlice(length: Self.chunkBytesMax) {
            // What is left of a message that was cut must arrive, so it has no key any more.
            waiting[0] = Entry(bytes: chunk, key: nil)
            waitingBytes -= piece.readableBytes
            return piece
        }
        waiting.removeFirst()
        var isJoined = false
        while let next = waiting.first?.bytes,
            chunk.readableBytes + next.readableBytes <= Self.chunkBytesMax
        {
            if !isJoined {
                // A buffer of its own: the first entry's is shared with other connections.
                var joined = context.channel.allocator.buffer(
                    capacity: min(waitingBytes, Self.chunkBytesMax))
                joined.writeImmutableBuffer(chunk)
                chunk = joined
                isJoined = true
            }
            chunk.writeImmutableBuffer(next)
            waiting.removeFirst()
        }
        waitingBytes -= chunk.readableBytes
        return chunk
    }

    private func written(_ result: Result<Void, any Error>) {
        guard !isDropped else { return }
        guard case .success = result else { return giveUp(.transportClosed) }
        loop.counters.bytesSent += inFlightBytes
        inFlightBytes = 0
        progressAt = .now()
        if !waiting.isEmpty {
            schedule()
        } else if let action = drained {
            drained = nil
            action()
        }
    }

    private func watchForStall() {
        guard stallCheck == nil else { return }
        progressAt = max(progressAt, .now() - bounds.stall)
        stallCheck = context.eventLoop.assumeIsolated().scheduleTask(deadline: progressAt + bounds.stall) {
            self.stallCheck = nil
            guard !self.isDropped, self.inFlightBytes > 0 else { return }
            if NIODeadline.now() >= self.progressAt + self.bounds.stall {
                self.giveUp(.outboundStall)
            } else {
                self.watchForStall()
            }
        }
    }

    /// Not from inside a loop over many connections: closing calls out. So it happens in a task of its own.
    private func giveUp(_ reason: EngineIOCloseReason) {
        guard let action = gaveUp else { return }
        drop()
        context.eventLoop.assumeIsolated().execute { action(reason) }
    }
}
