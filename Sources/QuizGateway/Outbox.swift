import DequeModule
import NIOCore
import QuizWire

/// The one way out to a WebSocket: everything that is sent, control frames included, goes through here in order.
///
/// `append` collects; once per event-loop tick, `flush` lets it go on one of two paths:
///
/// ```
/// direct ──the system does not take it all──▶ through the channel
///    ▲                                              │
///    └───────the channel has written it all─────────┘
/// ```
///
/// - *Direct*: all that waits in one system call, see `DirectSocket`. Nothing stays behind for a reader that reads.
/// - *Through the channel*: at most `chunkBytesMax` in one write; NIO waits until the socket takes more. Meanwhile everything later waits *here*, where
///   a droppable message can still be replaced by a newer one of its key. Every connection begins like this, behind the answer to its
///   handshake, and with TLS it stays so.
///
/// The reader is given up when too many bytes or messages wait, or when it takes nothing for too long; the byte limit alone would let
/// a reader of one byte a second sit there for ever.
final class Outbox: Flushable {
    struct Bounds {
        let softBytes: Int
        let hardBytes: Int
        let stall: TimeAmount
    }

    private struct Entry {
        var bytes: ByteBuffer
        var key: Int?
    }

    private static let chunkBytesMax = 64 << 10
    /// Messages that may wait. Small ones, as answers to pings, take much more memory than their bytes.
    static let messagesMax = 16 << 10

    // What sending a batch at once touches stands first, see `GameSession`: with the object's header it is one cache line.

    private var isDropped = false
    /// False behind a Close frame and when it is dropped: who would append a batch looks first.
    var isOpen = true
    /// What the channel was given before has been written.
    private var isDirect = false
    private var isScheduled = false
    /// Nil: there is no direct path.
    private let socket: DirectSocket?
    private var waitingBytes = 0
    private var inFlightBytes = 0
    private let loop: LoopContext

    private var waiting = Deque<Entry>()
    private let context: ChannelHandlerContext
    /// The context finds it by way of the pipeline, each time.
    private let channel: any Channel
    private let bounds: Bounds
    private var progressAt = NIODeadline.now()
    private var stallCheck: LoopTimers.Timer?
    /// Called once, later, when the reader is given up; nothing is sent any more.
    private var gaveUp: ((EngineIOCloseReason) -> Void)?
    private var drained: (() -> Void)?

    /// - Parameters:
    ///   - context: of the handler that owns the outbox; frames are written from there towards the socket.
    ///   - isEncrypted: the channel has something to do with the bytes before they reach the socket.
    init(
        _ context: ChannelHandlerContext, loop: LoopContext, bounds: Bounds, isEncrypted: Bool,
        gaveUp: @escaping (EngineIOCloseReason) -> Void
    ) {
        self.context = context
        channel = context.channel
        self.loop = loop
        socket = isEncrypted ? nil : DirectSocket(context)
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
        guard backlogBytes <= bounds.hardBytes, waiting.count <= Self.messagesMax else {
            return giveUp(.outboundOverflow)
        }
        if inFlightBytes == 0 { schedule() }
    }

    /// Takes a batch's plain frames:
    ///
    /// | | |
    /// |---|---|
    /// | it may go at once, nothing waits, the last bytes went out directly | sent here; what the system does not take is appended |
    /// | else, and all of it must arrive | appended as one entry |
    /// | else | appended message by message, so that a newer one can replace it |
    func append(_ batch: MessageBatch, atOnce: Bool) {
        guard !isDropped else { return }
        // The end of a tick is a task of its own: a channel that has closed its descriptor has also said so, see `DirectSocket`, and the outbox was dropped.
        if atOnce, backlogBytes == 0, isDirect, let socket {
            assert(channel.isActive)
            let outcome = socket.send(batch.frames)
            if case .took(let count, isAll: true) = outcome {
                loop.counters.bytesSent += count
                loop.counters.messagesSent += batch.entries.count
                return
            }
            if case .took(let count, isAll: false) = outcome, count > 0 {
                // Cut somewhere: the rest must arrive as it is.
                var rest = batch.frames
                rest.moveReaderIndex(forwardBy: count)
                loop.counters.bytesSent += count
                loop.counters.messagesSent += batch.entries.count - 1
                return append(rest)
            }
        }
        guard batch.mustArrive else {
            for entry in batch.entries { append(entry.message.frames, key: entry.key) }
            return
        }
        loop.counters.messagesSent += batch.entries.count - 1
        append(batch.frames)
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
        isOpen = false
        waiting.removeAll()
        waitingBytes = 0
        stallCheck?.cancel()
        gaveUp = nil
        drained = nil
    }

    /// Lets go now what would otherwise wait for the end of the tick.
    func flush() {
        guard !isDropped, inFlightBytes == 0, !waiting.isEmpty else { return }
        if let socket, isDirect, channel.isActive {
            sendDirectly(socket)
        } else {
            sendThroughChannel()
        }
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

    // MARK: Direct

    private func sendDirectly(_ socket: DirectSocket) {
        while !waiting.isEmpty {
            // Most have one message at a time.
            let outcome = waiting.count == 1 ? socket.send(waiting[0].bytes) : socket.send(waiting.lazy.map(\.bytes))
            switch outcome {
            case .failed: return giveUp(.transportClosed)
            case .took(let count, let isAll):
                loop.counters.bytesSent += count
                remove(count)
                // A message that was cut goes on where it was cut, and everything behind it follows on the same path.
                guard isAll else { return sendThroughChannel() }
            }
        }
        finishDraining()
    }

    private func remove(_ count: Int) {
        waitingBytes -= count
        guard waitingBytes > 0 else { return waiting.removeAll(keepingCapacity: true) }
        var left = count
        while let first = waiting.first, first.bytes.readableBytes <= left {
            left -= first.bytes.readableBytes
            waiting.removeFirst()
        }
        guard left > 0 else { return }
        // What is left of a message that was cut must arrive, so it has no key any more.
        waiting[0].bytes.moveReaderIndex(forwardBy: left)
        waiting[0].key = nil
    }

    private func finishDraining() {
        guard let action = drained else { return }
        drained = nil
        action()
    }

    // MARK: Through the channel

    private func sendThroughChannel() {
        guard let chunk = takeChunk() else { return }
        isDirect = false
        inFlightBytes = chunk.readableBytes
        // Not since the last chunk, which may be long ago: the reader is slow from here on.
        progressAt = .now()
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { self.written($0) }
        context.writeAndFlush(NIOAny(chunk), promise: promise)
        if inFlightBytes > 0 { watchForStall() }
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
                var joined = channel.allocator.buffer(
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
        isDirect = true
        if waiting.isEmpty { finishDraining() } else { schedule() }
    }

    private func watchForStall() {
        guard stallCheck == nil else { return }
        stallCheck = loop.timers.schedule(at: progressAt + bounds.stall) {
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
