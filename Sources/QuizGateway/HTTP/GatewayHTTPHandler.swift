import DequeModule
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import QuizWire

/// Decides for each request of a connection who answers it: the gateway, here on the event loop, or the HTTP API.
///
/// The HTTP API's handlers and its task are added when the first request for it comes in; a connection that only polls
/// or becomes a WebSocket never has them. Requests are answered one at a time and in order: what a client sends ahead
/// waits here, and then reading stops.
final class GatewayHTTPHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    enum Exchange {
        /// Waiting for a request since then.
        case idle(since: NIODeadline)
        /// Reading the body of a request of ours; nil once it was too large and is only read to its end.
        case collecting(GatewayRequest, body: ByteBuffer?, since: NIODeadline)
        /// A request of ours waits for its answer.
        case answering(GatewayRequest, PendingReply)
        /// The HTTP API has a request.
        case passedOn(closes: Bool, isRequestRead: Bool, isResponseWritten: Bool, since: NIODeadline)
        /// The connection is a WebSocket, or closing. Nothing is handled any more.
        case over
    }

    let service: GatewayService
    let loop: LoopContext
    let isEncrypted: Bool
    let logger: Logger
    let codec: HTTPCodecHandlers
    let configuration: GatewayConfiguration
    private let route: EventLoopPromise<GatewayListener.Route>

    var exchange = Exchange.idle(since: .now())
    private var waiting = Deque<HTTPServerRequestPart>()
    private var isReadHeld = false
    private var isFirstRequest = true
    private var isQuiescing = false
    private var hasHTTP = false
    private var connectionState: HTTPConnectionStateHandler?
    private var clock: LoopTimers.Timer?
    /// Since when the client has not read what lies in front of the socket; nil: there is room for more.
    private var unreadSince: NIODeadline?

    init(
        service: GatewayService, loop: LoopContext, isEncrypted: Bool, logger: Logger, codec: HTTPCodecHandlers,
        route: EventLoopPromise<GatewayListener.Route>
    ) {
        self.service = service
        self.loop = loop
        self.isEncrypted = isEncrypted
        self.logger = logger
        self.codec = codec
        self.route = route
        configuration = service.configuration
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        loop.counters.connections += 1
        armClock(context, at: .now() + configuration.requestTimeout)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        clock?.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    /// The connection's HTTP is over: it is a WebSocket now, or closed.
    func finish() {
        if case .answering(_, let reply) = exchange { reply.abort() }
        exchange = .over
        clock?.cancel()
        waiting.removeAll()
        route.succeed(.served)
    }

    /// Closes what has been without progress for too long.
    private func armClock(_ context: ChannelHandlerContext, at instant: NIODeadline) {
        clock = loop.timers.schedule(at: instant) {
            guard let limit = self.limit else { return }
            if NIODeadline.now() >= limit { return context.close(promise: nil) }
            // A request may begin meanwhile, whose limit comes earlier: look at least that often.
            self.armClock(context, at: min(limit, .now() + self.configuration.requestTimeout))
        }
    }

    /// For a reader that leaves an answer unread.
    private var patience: TimeAmount { isQuiescing ? configuration.answerTimeoutAtEnd : configuration.answerTimeout }

    private var limit: NIODeadline? {
        switch exchange {
        case .idle(let since): since + (isFirstRequest ? configuration.requestTimeout : configuration.idleTimeout)
        case .collecting(_, _, let since): since + configuration.requestTimeout
        case .passedOn(_, isRequestRead: false, _, let since): since + configuration.bodyTimeout
        case .passedOn where unreadSince != nil: unreadSince.map { $0 + patience }
        // Long polls are bounded by the session's heartbeat, the HTTP API by its own rules: look again later.
        case .answering, .passedOn: .now() + configuration.idleTimeout
        case .over: nil
        }
    }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = Self.unwrapInboundIn(data)
        if waiting.isEmpty, takes(part) {
            handle(context, part)
        } else if case .over = exchange {
            return
        } else {
            waiting.append(part)
        }
    }

    func read(context: ChannelHandlerContext) {
        if waiting.isEmpty {
            context.read()
        } else {
            isReadHeld = true
        }
    }

    /// Whether `part` belongs to the request being read, or may begin the next.
    private func takes(_ part: HTTPServerRequestPart) -> Bool {
        switch exchange {
        case .idle: true
        case .collecting, .passedOn(_, isRequestRead: false, _, _): true
        case .answering, .passedOn, .over: false
        }
    }

    private func handle(_ context: ChannelHandlerContext, _ part: HTTPServerRequestPart) {
        switch (exchange, part) {
        case (.idle, .head(let head)): begin(context, head)
        case (.collecting(let request, let body, let since), .body(var piece)):
            guard var kept = body, kept.readableBytes + piece.readableBytes <= configuration.payloadBytesMax else {
                exchange = .collecting(request, body: nil, since: since)
                return
            }
            exchange = .idle(since: since)  // so that `kept` is the only owner of its bytes
            kept.writeBuffer(&piece)
            exchange = .collecting(request, body: kept, since: since)
        case (.collecting(let request, let body, _), .end): answer(context, request, body)
        case (.passedOn(let closes, _, let isResponseWritten, let since), _):
            if case .end = part {
                exchange = .passedOn(
                    closes: closes, isRequestRead: true, isResponseWritten: isResponseWritten, since: since)
            }
            context.fireChannelRead(Self.wrapInboundOut(part))
            if case .passedOn(_, true, true, _) = exchange { next(context) }
        default: break
        }
    }

    private func begin(_ context: ChannelHandlerContext, _ head: HTTPRequestHead) {
        isFirstRequest = false
        let now = NIODeadline.now()
        if service.serves(head) {
            let request = GatewayRequest(
                head, peer: context.remoteAddress, isEncrypted: isEncrypted, configuration: configuration)
            let announced = request.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
            if request.headers.first(name: "expect")?.lowercased() == "100-continue",
                announced <= configuration.payloadBytesMax
            {
                context.writeAndFlush(
                    Self.wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
            }
            let body = announced <= configuration.payloadBytesMax ? ByteBuffer() : nil
            exchange = .collecting(request, body: body, since: now)
            return
        }
        // The parser stops behind a request that offers another protocol; the connection is of no use after it.
        let offersUpgrade = head.headers.contains(name: "upgrade") || head.method == .CONNECT
        exchange = .passedOn(closes: offersUpgrade, isRequestRead: false, isResponseWritten: false, since: now)
        do {
            try addHTTP(context)
            context.fireChannelRead(Self.wrapInboundOut(.head(head)))
        } catch {
            context.close(promise: nil)
        }
    }

    private func addHTTP(_ context: ChannelHandlerContext) throws {
        guard !hasHTTP else { return }
        hasHTTP = true
        let pipeline = context.pipeline.syncOperations
        let state = HTTPConnectionStateHandler(idleTimeout: nil, logger: logger)
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: isEncrypted))
        try pipeline.addHandler(state)
        connectionState = state
        route.succeed(
            .http(
                try GatewayListener.HTTPChannel(
                    wrappingChannelSynchronously: context.channel,
                    configuration: .init(isOutboundHalfClosureEnabled: true))))
    }

    private func answer(_ context: ChannelHandlerContext, _ request: GatewayRequest, _ body: ByteBuffer?) {
        if request.isWebSocketHandshake { return upgrade(context, request) }
        let reply = PendingReply(eventLoop: context.eventLoop)
        exchange = .answering(request, reply)
        reply.future.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let answer): self.write(context, answer, to: request)
            case .failure: context.close(promise: nil)
            }
        }
        guard let body else { return reply.succeed(.empty(.payloadTooLarge)) }
        guard case .engineIO(let server) = service else { return reply.succeed(.empty(.notFound)) }
        if request.method == .OPTIONS {
            return reply.succeed(
                .empty(.noContent, headers: configuration.origins.preflightHeaders(request)))
        }
        server.respond(to: request, body: body, reply: reply, loop: loop)
    }

    // MARK: Out

    /// Writes an answer of the gateway's own.
    func write(_ context: ChannelHandlerContext, _ reply: HTTPReply, to request: GatewayRequest) {
        guard case .answering = exchange else { return }
        var headers = configuration.origins.responseHeaders(request)
        headers.add(contentsOf: reply.headers)
        if reply.status != .noContent {
            headers.add(name: "Content-Length", value: String(reply.body.readableBytes))
        }
        let closes = !request.isKeepAlive || isQuiescing || request.headers.contains(name: "upgrade")
        if closes { headers.add(name: "Connection", value: "close") }
        let head = HTTPResponseHead(version: .http1_1, status: reply.status, headers: headers)
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        if reply.body.readableBytes > 0, request.method != .HEAD {
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(reply.body))), promise: nil)
        }
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        if closes {
            closeBehindAnswer(context)
        } else {
            next(context)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .passedOn(let closes, let isRequestRead, _, let since) = exchange else {
            return context.write(data, promise: promise)
        }
        switch Self.unwrapOutboundIn(data) {
        case .head(var head):
            guard closes || isQuiescing else { return context.write(data, promise: promise) }
            head.headers.replaceOrAdd(name: "Connection", value: "close")
            context.write(Self.wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            exchange = .passedOn(
                closes: closes, isRequestRead: isRequestRead, isResponseWritten: true, since: since)
            context.write(data, promise: promise)
            if closes || isQuiescing {
                context.flush()
                closeBehindAnswer(context)
            } else if isRequestRead {
                next(context)
            }
        }
    }

    /// Half first, once everything has been written: closing both at once could reset the connection before the answer has been read. (NIO closes both at
    /// once for a client that has closed its half.)
    private func closeBehindAnswer(_ context: ChannelHandlerContext) {
        exchange = .over
        armClose(context, in: patience)
        let written = context.eventLoop.makePromise(of: Void.self)
        context.close(mode: .output, promise: written)
        written.futureResult.assumeIsolated().whenSuccess {
            self.armClose(context, in: self.configuration.closeTimeout)
        }
    }

    private func armClose(_ context: ChannelHandlerContext, in time: TimeAmount) {
        clock?.cancel()
        clock = loop.timers.schedule(in: time) { context.close(promise: nil) }
    }

    /// The exchange is complete: what the client sent ahead has its turn, in a task of its own.
    private func next(_ context: ChannelHandlerContext) {
        exchange = .idle(since: .now())
        guard !waiting.isEmpty else { return }
        context.eventLoop.assumeIsolated().execute {
            while let part = self.waiting.first, self.takes(part) {
                self.waiting.removeFirst()
                self.handle(context, part)
            }
            context.fireChannelReadComplete()
            if self.waiting.isEmpty, self.isReadHeld {
                self.isReadHeld = false
                context.read()
            }
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unreadSince = context.channel.isWritable ? nil : .now()
        // Told to the connection's task, which writes.
        context.fireChannelWritabilityChanged()
    }

    // MARK: Ends

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            // The HTTP API's handlers still have an answer to give, and close the connection after it.
            if case .passedOn = exchange { break }
            // Nobody reads a long poll's answer any more: the session learns of it at once.
            finish()
            context.close(promise: nil)
        case is ChannelShouldQuiesceEvent:
            isQuiescing = true
            switch exchange {
            case .idle: context.close(promise: nil)
            case .answering(let request, _):
                // Ends the session, and with it the poll that is held here.
                if case .engineIO(let server) = service, let sid = request.query["sid"] { server.close(sid) }
            case .passedOn:
                clock?.cancel()
                armClock(context, at: min(limit ?? .distantFuture, .now() + patience))
            case .collecting, .over: break
            }
            return
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else {
            return context.close(promise: nil)
        }
        if case .passedOn = exchange { return context.fireErrorCaught(error) }
        if case .over = exchange { return context.close(promise: nil) }
        if case .answering(_, let reply) = exchange { reply.abort() }
        let status: HTTPResponseStatus = error == .headerOverflow ? .requestHeaderFieldsTooLarge : .badRequest
        let head = HTTPResponseHead(
            version: .http1_1, status: status, headers: ["Connection": "close", "Content-Length": "0"])
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        closeBehindAnswer(context)
    }

    /// Takes the HTTP API's handler with timers out; its other handlers are never reached again.
    func removeHTTP(_ context: ChannelHandlerContext) {
        if let connectionState { context.pipeline.syncOperations.removeHandler(connectionState, promise: nil) }
        connectionState = nil
    }
}
