import NIOCore

/// A command on its way.
struct RedisRequest: Sendable {
    let arguments: [String]
    /// Where it has to go in a cluster; nil: anywhere.
    var slot: RedisSlot?
    /// Asked by the client itself: its answer is never a reason to ask elsewhere.
    var isOwn = false
    /// How often it was sent elsewhere, and how often it had to wait.
    var hops = 0
    var tries = 0
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
        let request: RedisRequest
        /// The caller has been told that its patience is over.
        var isGivenUp = false
    }

    /// Called once for each command that is pending no more.
    private let release: () -> Void
    /// Called once with each reply's time since it was queued.
    var onReply: ((TimeAmount) -> Void)?
    /// Given each error reply somebody waits for; true: the command goes elsewhere and stays pending.
    var onError: ((RedisRequest, String) -> Bool)?
    /// Called once, after everything in flight has failed.
    var onClose: ((RedisFailure) -> Void)?

    private var inFlight = CircularBuffer<InFlight>(initialCapacity: 64)
    private var buffer = ByteBuffer()
    private var formatter = HiredisFormatter()
    private var context: ChannelHandlerContext?
    /// Nothing can be sent or answered any more.
    private(set) var isClosed = false
    private var flushScheduled = false
    private var isRetiring = false
    private var cause = RedisFailure(.connectionLost)

    init(release: @escaping () -> Void) { self.release = release }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { failAll() }

    func send(_ request: RedisRequest, now: NIODeadline) {
        guard let context, formatter.write(request.arguments, to: &buffer) else {
            release()
            return request.done(.failure(cause))
        }
        inFlight.append(InFlight(sentAt: now, request: request))
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
        var overdue: [RedisRequest] = []
        for index in inFlight.indices where inFlight[index].request.deadline <= now && !inFlight[index].isGivenUp {
            inFlight[index].isGivenUp = true
            overdue.append(inFlight[index].request)
        }
        for request in overdue { request.done(.failure(RedisFailure(.timedOut))) }
        return inFlight.first?.sentAt
    }

    /// Sends what is waiting and closes; everything in flight fails with `failure`.
    func close(_ failure: RedisFailure) {
        cause = failure
        flush()
        context?.close(promise: nil)
    }

    /// Closes when everything in flight has been answered; the stall limit ends the wait. Nothing may be sent any more.
    func retire() {
        isRetiring = true
        if inFlight.isEmpty { close(RedisFailure(.connectionLost)) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let answered = inFlight.popFirst() else {
            return close(RedisFailure(.protocolViolation, "A reply came without a request."))
        }
        let request = answered.request
        onReply?(.now() - request.queuedAt)
        let result: Result<RedisReply, RedisFailure>
        switch Self.unwrapInboundIn(data) {
        case .error(let text):
            if !answered.isGivenUp, !request.isOwn, onError?(request, text) == true { return closeIfRetired() }
            result = .failure(RedisFailure(.server, text))
        case let reply: result = .success(reply)
        }
        release()
        if !answered.isGivenUp { request.done(result) }
        closeIfRetired()
    }

    private func closeIfRetired() {
        if isRetiring, inFlight.isEmpty { close(RedisFailure(.connectionLost)) }
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
        isClosed = true
        let lost = inFlight
        inFlight.removeAll()
        for answered in lost {
            release()
            if !answered.isGivenUp { answered.request.done(.failure(cause)) }
        }
        let onClose = onClose
        self.onClose = nil
        onReply = nil
        onError = nil
        onClose?(cause)
    }
}

extension NIODeadline {
    /// How long ago it was queued; never negative.
    fileprivate static func - (later: NIODeadline, earlier: NIODeadline) -> TimeAmount {
        .nanoseconds(Int64(clamping: later.uptimeNanoseconds) - Int64(clamping: earlier.uptimeNanoseconds))
    }
}
