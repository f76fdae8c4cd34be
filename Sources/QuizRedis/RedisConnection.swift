import NIOCore

/// A command on its way.
struct RedisRequest: Sendable {
    let arguments: [String]
    let queuedAt: NIODeadline
    /// When its caller stops waiting.
    let deadline: NIODeadline
    /// Called exactly once, on the client's loop.
    let done: @Sendable (Result<RedisReply, RedisFailure>) -> Void
}

/// The commands in flight on one connection, first in, first answered. Confined to its loop.
///
/// Commands of one tick of the loop leave in one write. A command whose caller gave up keeps its place until its reply
/// comes, else every later reply would go to the wrong caller.
final class RedisConnection: ChannelInboundHandler {
    typealias InboundIn = RedisReply
    typealias OutboundOut = ByteBuffer

    private struct InFlight {
        let sentAt: NIODeadline
        let queuedAt: NIODeadline
        let deadline: NIODeadline
        /// Nil once the caller has been told.
        var done: (@Sendable (Result<RedisReply, RedisFailure>) -> Void)?
    }

    /// Called once for each command whose place has become free.
    var onRelease: (() -> Void)?
    /// Called once with each reply's time since it was queued.
    var onReply: ((TimeAmount) -> Void)?
    /// Called once, after everything in flight has failed.
    var onClose: ((RedisFailure) -> Void)?

    private var inFlight = CircularBuffer<InFlight>(initialCapacity: 64)
    private var buffer = ByteBuffer()
    private var formatter = HiredisFormatter()
    private var context: ChannelHandlerContext?
    private var flushScheduled = false
    private var cause = RedisFailure(.connectionLost)

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { failAll() }

    func send(_ request: RedisRequest, now: NIODeadline) {
        guard let context, formatter.write(request.arguments, to: &buffer) else {
            request.done(.failure(cause))
            onRelease?()
            return
        }
        inFlight.append(
            InFlight(sentAt: now, queuedAt: request.queuedAt, deadline: request.deadline, done: request.done))
        if !flushScheduled {
            flushScheduled = true
            let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
            context.eventLoop.execute { connection.value.flush() }
        }
    }

    /// Tells callers whose patience is over.
    ///
    /// - Returns: when the oldest command in flight was sent; nil: nothing is in flight.
    func sweep(now: NIODeadline) -> NIODeadline? {
        // Whoever is told may send or close, and nothing is left as it was: so all of them are looked for first.
        var overdue: [@Sendable (Result<RedisReply, RedisFailure>) -> Void] = []
        for index in inFlight.indices where inFlight[index].deadline <= now {
            guard let done = inFlight[index].done else { continue }
            inFlight[index].done = nil
            overdue.append(done)
        }
        for done in overdue { done(.failure(RedisFailure(.timedOut))) }
        return inFlight.first?.sentAt
    }

    /// Sends what is waiting and closes; everything in flight fails with `failure`.
    func close(_ failure: RedisFailure) {
        cause = failure
        flush()
        context?.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let request = inFlight.popFirst() else {
            return close(RedisFailure(.protocolViolation, "A reply came without a request."))
        }
        onReply?(.now() - request.queuedAt)
        onRelease?()
        switch Self.unwrapInboundIn(data) {
        case .error(let text): request.done?(.failure(RedisFailure(.server, text)))
        case let reply: request.done?(.success(reply))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        cause = error as? RedisFailure ?? RedisFailure(.connectionLost, String(describing: error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        failAll()
        context.fireChannelInactive()
    }

    private func flush() {
        flushScheduled = false
        guard let context, buffer.readableBytes > 0 else { return }
        let bytes = buffer
        buffer = context.channel.allocator.buffer(capacity: 1_024)
        context.writeAndFlush(Self.wrapOutboundOut(bytes), promise: nil)
    }

    private func failAll() {
        guard context != nil else { return }
        context = nil
        let lost = inFlight
        inFlight.removeAll()
        for request in lost {
            request.done?(.failure(cause))
            onRelease?()
        }
        let onClose = onClose
        self.onClose = nil
        onRelease = nil
        onReply = nil
        onClose?(cause)
    }
}

extension NIODeadline {
    /// How long ago it was queued; never negative.
    fileprivate static func - (later: NIODeadline, earlier: NIODeadline) -> TimeAmount {
        .nanoseconds(Int64(clamping: later.uptimeNanoseconds) - Int64(clamping: earlier.uptimeNanoseconds))
    }
}
