package import NIOCore
package import QuizWire

#if canImport(Glibc)
    import Glibc
#endif

/// One WebSocket: bytes of the channel to messages, messages to the `Outbox`, and the closing handshake.
///
/// Closing, from either side: our Close frame goes out behind everything that waits, then our half of the connection
/// is closed and what still comes in is read and thrown away until the peer has closed too, or `closeTimeout` is over.
/// Closing both halves at once would make the kernel answer the peer's bytes under way with a reset, which can
/// overtake the Close frame.
package final class WebSocketHandler: ChannelInboundHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private enum State {
        case open
        /// Our Close frame is on its way or sent.
        case closing
        case closed
    }

    private let loop: LoopContext
    private let configuration: GatewayConfiguration
    private let agreement: PerMessageDeflate?
    private let isEncrypted: Bool
    private var receiver: (any WebSocketReceiver)?
    private var decoder: WebSocketDecoder
    private var outbox: Outbox?
    private var context: ChannelHandlerContext?
    private var state = State.open
    private var lingering: LoopTimers.Timer?

    package init(
        loop: LoopContext, configuration: GatewayConfiguration, agreement: PerMessageDeflate?, isEncrypted: Bool,
        receiver: any WebSocketReceiver
    ) {
        self.isEncrypted = isEncrypted
        self.loop = loop
        self.configuration = configuration
        self.agreement = agreement
        self.receiver = receiver
        decoder = WebSocketDecoder(
            messageBytesMax: configuration.payloadBytesMax, inflater: agreement == nil ? nil : loop.inflater)
    }

    // MARK: Out

    /// - Parameter droppableKey: given to a message of which only the newest matters.
    package func send(_ message: OutboundMessage, droppableKey: Int? = nil) {
        guard case .open = state else { return }
        outbox?.append(message.frames(agreement, loop: loop), key: droppableKey)
    }

    /// - Parameter atOnce: the tick is at its end; a connection with nothing else to send need not wait for it.
    func send(_ batch: MessageBatch, atOnce: Bool) {
        guard case .open = state, let outbox else { return }
        if agreement == nil || batch.isUniform { return outbox.append(batch, atOnce: atOnce) }
        for entry in batch.entries { outbox.append(entry.message.frames(agreement, loop: loop), key: entry.key) }
    }

    /// As `SocketConnection.directWay`: nil also with an agreement about compression.
    var directWay: Outbox? {
        if case .open = state, agreement == nil { outbox } else { nil }
    }

    /// Lets go now what would otherwise wait for the end of the tick.
    package func flush() { outbox?.flush() }

    /// Sends one message to this socket alone.
    package func send(_ opcode: WebSocketFrame.Opcode, _ payload: ByteBuffer) {
        guard case .open = state else { return }
        var frame = ByteBuffer()
        if agreement != nil, payload.readableBytes >= RawDeflater.messageBytesMin,
            let small = loop.deflater(windowBits: agreement?.serverWindowBits ?? 15)?.message(payload)
        {
            WebSocketFrame.write(opcode, compressed: true, small, into: &frame)
        } else {
            WebSocketFrame.write(opcode, payload, into: &frame)
        }
        outbox?.append(frame)
    }

    /// The kernel's smoothed round trip of this TCP connection: the peer's kernel answers, not its program.
    ///
    /// - Parameter done: called on the channel's loop; not at all where the system cannot tell.
    func measureTransport(_ done: @escaping (TimeAmount) -> Void) {
        #if canImport(Glibc)
            guard case .open = state, let options = context?.channel as? any SocketOptionProvider else { return }
            options.getTCPInfo().assumeIsolated().whenSuccess { done(.microseconds(Int64($0.tcpi_rtt))) }
        #endif
    }

    /// Begins the closing handshake. The receiver is told nothing it did not ask for.
    package func close(_ code: WebSocketCloseCode?, reason: String = "") {
        guard case .open = state, let context else { return }
        state = .closing
        outbox?.append(WebSocketFrame.close(code, reason: reason))
        outbox?.isOpen = false
        outbox?.whenDrained { [weak self] in
            guard let self, case .closing = self.state else { return }
            context.close(mode: .output, promise: nil)
        }
        lingering = loop.timers.schedule(in: configuration.closeTimeout) {
            context.close(promise: nil)
        }
    }

    // MARK: In

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.counters.webSockets += 1
        outbox = Outbox(
            context, loop: loop,
            bounds: Outbox.Bounds(
                softBytes: configuration.outboundSoftBytesMax, hardBytes: configuration.outboundHardBytesMax,
                stall: configuration.outboundStall),
            isEncrypted: isEncrypted
        ) { reason in
            // A circle, until `end` drops the outbox; a weak reference would make every retain of the handler a slow one.
            self.tell(reason)
            context.close(promise: nil)
        }
        receiver?.opened(self)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .open = state else { return }
        var bytes = Self.unwrapInboundIn(data)
        loop.counters.bytesReceived += bytes.readableBytes
        let instant = NIODeadline.now()
        decoder.append(&bytes)
        do {
            while case .open = state, let event = try decoder.next() { received(event, at: instant) }
        } catch {
            loop.counters.violations[error.code, default: 0] += 1
            tell(.protocolViolation)
            close(error.code, reason: error.reason)
        }
    }

    private func received(_ event: WebSocketEvent, at instant: NIODeadline) {
        switch event {
        case .text(let text):
            loop.counters.messagesReceived += 1
            receiver?.received(text: text, at: instant)
        case .binary(let binary):
            loop.counters.messagesReceived += 1
            receiver?.received(binary: binary, at: instant)
        case .ping(let payload):
            var frame = ByteBuffer()
            WebSocketFrame.write(.pong, payload, into: &frame)
            outbox?.append(frame)
        case .pong: break
        case .close(let code, _):
            tell(.transportClosed)
            close(code)
        }
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            tell(.transportClosed)
            context.close(promise: nil)
        case is ChannelShouldQuiesceEvent:
            tell(.quiescing)
            close(.goingAway)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    private func end() {
        guard self.context != nil else { return }
        state = .closed
        loop.counters.webSockets -= 1
        lingering?.cancel()
        outbox?.drop()
        tell(.transportClosed)
        outbox = nil
        context = nil
    }

    private func tell(_ reason: EngineIOCloseReason) {
        guard let told = receiver else { return }
        receiver = nil
        told.closed(reason)
    }
}
