import NIOCore
import NIOSSL
import QuizCluster
import QuizModel
import QuizTelemetry

/// Carries out on one connection what its `MeshLinkMachine` decides. Confined to its loop.
final class MeshLinkHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Which attempt to dial this is; nil: the other side dialled.
    let attempt: Int?
    /// Whom the attempt was for.
    let expected: PeerAddress?
    /// Who it is, once it has been proved.
    private(set) var peer: MeshLinkMachine.Peer?
    private(set) var openedAt = NIODeadline.distantFuture

    private let core: MeshCore
    private var machine: MeshLinkMachine
    private var reader = MeshFrameReader()
    private var context: ChannelHandlerContext?
    private var ticker: RepeatedTask?
    private var isUnflushed = false
    private var madeOutbox: MeshOutbox?

    init(core: MeshCore, expected: PeerAddress?, attempt: Int?) {
        self.core = core
        self.expected = expected
        self.attempt = attempt
        var generator = SystemRandomNumberGenerator()
        let nonce = (0..<MeshHello.nonceBytes).map { _ in UInt8.random(in: 0...255, using: &generator) }
        machine = MeshLinkMachine(settings: core.settings, expected: expected, nonce: nonce)
    }

    /// There from the moment the connection is.
    var outbox: MeshOutbox {
        guard let madeOutbox else { preconditionFailure("A link's outbox is made with its connection.") }
        return madeOutbox
    }

    var channel: (any Channel)? { context?.channel }
    var address: String { context?.remoteAddress?.description ?? "" }

    // MARK: Events of the channel

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let loop = context.eventLoop
        madeOutbox = MeshOutbox(bytesMax: core.backlogBytesMax) { loop.execute { handler.value.drain() } }
        // Often enough that a limit is kept to a quarter of the shortest interval.
        let pace = TimeAmount.nanoseconds(max(1_000_000, core.settings.keepAliveInterval.nanoseconds / 4))
        ticker = loop.scheduleRepeatedTask(initialDelay: pace, delay: pace) { _ in handler.value.tick() }
        core.began(self)
        perform(machine.connected(now: .now()))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.context != nil else { return }
        let bytes = Self.unwrapInboundIn(data)
        core.metrics.receivedBytes.increment(by: bytes.readableBytes)
        machine.heard()
        reader.append(bytes)
        var consumed = 0
        do {
            while self.context != nil, let read = try reader.next() {
                core.metrics.receivedFrames.increment()
                perform(
                    machine.received(read.frame, bytes: read.bytes, now: .now(), listed: { core.listedName(of: $0) }))
                if case .message = read.frame { consumed += read.bytes }
            }
        } catch {
            perform(machine.unreadable(error))
        }
        perform(machine.consumed(consumed))
    }

    func channelInactive(context: ChannelHandlerContext) {
        perform(machine.close(.lost, or: .lost, "the other side ended the connection"))
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        perform(machine.close(.lost, or: .lost, "the connection ended"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let isTLS = error is NIOSSLError || error is BoringSSLError
        perform(machine.close(.lost, or: isTLS ? .tls : .lost, String(describing: error)))
        context.close(promise: nil)
    }

    // MARK: Doors

    func close(_ reason: MeshClosing, or refusal: MeshRefusal, _ context: String) {
        perform(machine.close(reason, or: refusal, context))
    }

    /// Sends what may be sent, then closes.
    func shutDown() {
        drain()
        close(.shutdown, or: .shutdown, "the node is going down")
    }

    func setWithheld(_ isWithheld: Bool) { perform(machine.setWithheld(isWithheld)) }

    // MARK: Detail

    private func tick() { perform(machine.ticked(now: .now())) }

    /// Once in a tick of the loop, when there is something to send.
    private func drain() {
        guard let context else { return }
        let taken = outbox.take()
        if let overflow = taken.overflow { return perform(machine.overflowed(overflow)) }
        perform(machine.send(taken.frames))
        if isUnflushed {
            isUnflushed = false
            context.flush()
        }
    }

    private func perform(_ actions: [MeshLinkMachine.Action]) {
        var sent = 0
        for action in actions {
            guard let context else { break }
            switch action {
            case .write(let frame): write(frame, context)
            case .writeMessage(let frame):
                sent += frame.readableBytes
                write(frame, context, promise: nil)
            case .opened(let peer): opened(peer)
            case .deliver(let message):
                if let peer { core.received(message, from: peer.incarnation) }
            case .skipped(let what): core.skipped(what, on: self)
            case .measured(let roundTrip):
                outbox.measured(roundTrip)
                core.metrics.roundTrip.observe(Double(roundTrip.nanoseconds) / 1e9)
            case .refused, .closed: end(action, context)
            }
        }
        if sent > 0, context != nil { outbox.sent(sent) }
    }

    private func write(_ frame: MeshFrame, _ context: ChannelHandlerContext) {
        var promise: EventLoopPromise<Void>?
        if case .pong = frame {
            let written = context.eventLoop.makePromise(of: Void.self)
            written.futureResult.assumeIsolated().whenSuccess { self.machine.pongWritten() }
            promise = written
        }
        write(frame.bytes(), context, promise: promise)
    }

    private func write(_ bytes: ByteBuffer, _ context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        core.metrics.sentFrames.increment()
        core.metrics.sentBytes.increment(by: bytes.readableBytes)
        context.write(Self.wrapOutboundOut(bytes), promise: promise)
        // One flush for everything that is written in this tick.
        isUnflushed = true
        outbox.wake()
    }

    private func opened(_ peer: MeshLinkMachine.Peer) {
        self.peer = peer
        openedAt = .now()
        reader.isProven = true
        core.opened(self, peer)
    }

    private func end(_ action: MeshLinkMachine.Action, _ context: ChannelHandlerContext) {
        let address = address
        self.context = nil
        ticker?.cancel()
        ticker = nil
        outbox.close()
        // A refusal may be waiting.
        context.flush()
        context.close(promise: nil)
        core.ended(self, action, address: address)
    }
}
