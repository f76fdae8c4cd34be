package import NIOCore
package import QuizWire

/// The shell around one `EngineIOSession`: the packets that wait, the held GET, the WebSockets and the timer.
///
/// It lives on the event loop of the request that opened it. A poll or a WebSocket that arrives on another loop comes
/// here by a hop. Confined to `eventLoop`, which is what makes the unchecked conformance hold.
package final class EngineConnection: Flushable, @unchecked Sendable {  // confined to `eventLoop`
    private struct Waiting {
        let message: OutboundMessage
        let key: Int?
    }

    package let eventLoop: any EventLoop
    package let sid: String
    package let client: EngineClient
    private let server: EngineIOServer
    let loop: LoopContext
    private var configuration: GatewayConfiguration { server.configuration }
    private var session: EngineIOSession
    private var receiver: (any EngineReceiver)?

    private var waiting: [Waiting] = []
    private var waitingBytes = 0
    private var heldPoll: PendingReply? {
        didSet { loop.counters.heldPolls += (heldPoll == nil ? 0 : 1) - (oldValue == nil ? 0 : 1) }
    }
    private var isFlushScheduled = false
    private var socket: EngineSocket?
    private var probe: EngineSocket?
    private var probeTimer: LoopTimers.Timer?
    private var timer: LoopTimers.Timer?
    private var timerAt = NIODeadline.distantFuture
    private var latency = LatencyWindow()

    init(server: EngineIOServer, sid: String, client: EngineClient, loop: LoopContext, onWebSocket: Bool) {
        self.server = server
        self.sid = sid
        self.client = client
        self.loop = loop
        eventLoop = loop.eventLoop
        session = EngineIOSession(onWebSocket: onWebSocket, timing: server.configuration.timing, now: .now())
        loop.counters.sessions += 1
        loop.counters.handshakes += 1
    }

    // MARK: For the application

    package var isWebSocket: Bool { session.state == .webSocket }
    package var isClosed: Bool { session.isClosed }

    /// The shortest of the last eight round trips; nil before the first, and on long-polling, where a round trip says
    /// more about the client's next poll than about the network.
    package var minimumRoundTrip: TimeAmount? { isWebSocket ? latency.minimum : nil }

    /// - Parameter droppableKey: given to a message of which only the newest matters to a slow reader.
    package func send(_ message: OutboundMessage, droppableKey: Int? = nil) {
        eventLoop.assertInEventLoop()
        loop.settleBroadcasts()
        guard !session.isClosed else { return }
        if let socket, session.state == .webSocket {
            return socket.send(message, droppableKey: droppableKey)
        }
        if let droppableKey, waitingBytes > configuration.outboundSoftBytesMax,
            let older = waiting.lastIndex(where: { $0.key == droppableKey })
        {
            waitingBytes -= waiting[older].message.pollingBytes
            waiting.remove(at: older)
            loop.counters.messagesConflated += 1
        }
        waiting.append(Waiting(message: message, key: droppableKey))
        waitingBytes += message.pollingBytes
        guard waitingBytes <= configuration.outboundHardBytesMax else {
            // Not from inside a loop over many connections: closing calls out.
            return eventLoop.execute { self.close(.outboundOverflow) }
        }
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.schedule(self)
    }

    /// - Parameter atOnce: the tick is at its end; a connection with nothing else to send need not wait for it.
    func send(_ batch: MessageBatch, atOnce: Bool) {
        if let socket, session.state == .webSocket { return socket.send(batch, atOnce: atOnce) }
        for entry in batch.entries { send(entry.message, droppableKey: entry.key) }
    }

    /// As `SocketConnection.directWay`.
    var directWay: Outbox? { session.state == .webSocket ? socket?.directWay : nil }

    /// Lets go now what would otherwise wait for the end of the tick. Long-polling waits all the same.
    package func flush() {
        loop.settleBroadcasts()
        if session.state == .webSocket { socket?.flush() }
    }

    /// Sends a ping beside the heartbeat, to measure. Nothing happens on long-polling.
    package func ping() {
        guard session.state == .webSocket, latency.pingSent(at: .now()) else { return }
        send(.ping)
    }

    /// Measures the round trip of the client's own TCP connection.
    ///
    /// - Parameter done: called on the session's loop; not at all on long-polling or behind a proxy.
    package func measureTransport(_ done: @escaping @Sendable (TimeAmount) -> Void) {
        guard session.state == .webSocket, client.isDirect else { return }
        socket?.measureTransport(done)
    }

    package func close(_ reason: EngineIOCloseReason) {
        eventLoop.assertInEventLoop()
        loop.settleBroadcasts()
        perform(session.close(reason))
    }

    // MARK: Life

    /// Begins a session: the handshake packet, the application, the clock.
    func open(_ receiver: any EngineReceiver) {
        self.receiver = receiver
        let isOnWebSocket = session.state == .webSocket
        let parameters = server.handshakeParameters(sid: sid, isOnWebSocket: isOnWebSocket)
        send(OutboundMessage(type: UInt8(ascii: "0"), parameters))
        receiver.opened()
        armTimer()
    }

    private func ended(_ reason: EngineIOCloseReason) {
        timer?.cancel()
        probeTimer?.cancel()
        waiting.removeAll()
        waitingBytes = 0
        socket = nil
        probe = nil
        server.sessions.remove(sid)
        loop.counters.sessions -= 1
        loop.counters.closed[reason, default: 0] += 1
        let told = receiver
        receiver = nil
        told?.closed(reason)
    }

    /// Keeps at most one task, at the session's next deadline or earlier.
    private func armTimer() {
        guard let deadline = session.deadline, deadline < timerAt else { return }
        timer?.cancel()
        timerAt = deadline
        timer = loop.timers.schedule(at: deadline) {
            self.timerAt = .distantFuture
            self.perform(self.session.timeReached(.now()))
            self.armTimer()
        }
    }

    // MARK: Long-polling

    /// A GET with this session's name, or the one that opened it.
    func poll(_ reply: PendingReply) {
        var incoming: PendingReply? = reply
        for action in session.pollReceived(hasBuffered: !waiting.isEmpty, at: .now()) {
            switch action {
            case .answerPoll(let answer):
                let target = heldPoll ?? incoming
                if heldPoll == nil { incoming = nil }
                heldPoll = nil
                target?.succeed(pollReply(answer))
            case .refusePoll:
                incoming?.succeed(.refusal(session.isClosed ? .unknownSession : .badRequest))
                incoming = nil
            default: perform([action])
            }
        }
        if let incoming { heldPoll = incoming }
    }

    /// The client of a GET went away before it was answered.
    func pollAborted(_ reply: PendingReply) {
        guard heldPoll === reply else { return }
        heldPoll = nil
        perform(session.pollAborted())
    }

    func post(_ body: ByteBuffer, _ reply: PendingReply) {
        loop.counters.bytesReceived += body.readableBytes
        for action in session.postReceived(EngineIOPacket.payload(body), at: .now()) {
            switch action {
            case .acceptPost: reply.succeed(.accepted)
            case .refusePost: reply.succeed(.refusal(.badRequest))
            default: perform([action])
            }
        }
        armTimer()
    }

    func tick() {
        isFlushScheduled = false
        guard !waiting.isEmpty else { return }
        perform(session.bufferFilled())
    }

    private func pollReply(_ answer: EngineIOSession.PollAnswer) -> HTTPReply {
        var body = ByteBuffer()
        switch answer {
        case .noop: body.writeStaticString("6")
        case .buffered, .close:
            for (index, entry) in waiting.enumerated() {
                if index > 0 { body.writeInteger(EngineIOPacket.separator) }
                entry.message.writePolling(into: &body)
            }
            loop.counters.messagesSent += waiting.count
            waiting.removeAll(keepingCapacity: true)
            waitingBytes = 0
            if answer == .close {
                if body.readableBytes > 0 { body.writeInteger(EngineIOPacket.separator) }
                body.writeStaticString("1")
            }
        }
        loop.counters.bytesSent += body.readableBytes
        return .packets(body)
    }

    // MARK: WebSocket

    func socketOpened(_ opened: EngineSocket) {
        if session.state == .webSocket, socket == nil {
            socket = opened
            return open(server.makeReceiver(self))
        }
        let actions = session.probeOpened(at: .now())
        guard actions.isEmpty else {
            opened.close(.normal)
            return perform(actions.filter { $0 != .closeProbe })
        }
        probe = opened
        probeTimer = loop.timers.schedule(in: configuration.upgradeTimeout) {
            guard let probe = self.probe else { return }
            self.probe = nil
            self.perform(self.session.probeClosed())
            probe.close(.normal)
        }
    }

    /// - Parameter packet: nil when the frame was no packet.
    func received(_ packet: EngineIOPacket?, from sender: EngineSocket, at instant: NIODeadline) {
        if sender === socket {
            perform(session.packetReceived(packet, at: instant), at: instant)
        } else if sender === probe {
            perform(session.probePacketReceived(packet, at: instant), at: instant)
        } else {
            return
        }
        armTimer()
    }

    func socketClosed(_ closed: EngineSocket, _ reason: EngineIOCloseReason) {
        if closed === socket {
            perform(session.webSocketClosed(reason))
        } else if closed === probe {
            probe = nil
            perform(session.probeClosed())
        }
    }

    private func adoptProbe() {
        probeTimer?.cancel()
        socket = probe
        probe = nil
        loop.counters.upgrades += 1
        // Round trips over polls say nothing about this socket.
        latency = LatencyWindow()
        let held = waiting
        waiting.removeAll()
        waitingBytes = 0
        for entry in held { socket?.send(entry.message, droppableKey: entry.key) }
    }

    // MARK: Actions

    private func perform(_ actions: [EngineIOSession.Action], at instant: NIODeadline = .now()) {
        for action in actions {
            switch action {
            case .answerPoll(let answer):
                let held = heldPoll
                heldPoll = nil
                held?.succeed(pollReply(answer))
            case .sendPing:
                _ = latency.pingSent(at: .now())
                send(.ping)
            case .answerProbe:
                // At once: a poll that comes right behind it is answered at once as well, and must not overtake it.
                probe?.send(.probeAnswer, flushes: true)
            case .adoptProbe: adoptProbe()
            case .closeProbe:
                probeTimer?.cancel()
                let closing = probe
                probe = nil
                closing?.close(.normal)
            case .closeWebSocket:
                let closing = socket
                socket = nil
                closing?.close(.normal)
            case .deliver(let packet): deliver(packet, at: instant)
            case .closed(let reason): ended(reason)
            // Answers to requests are given by `poll` and `post`, which know the request.
            case .refusePoll, .acceptPost, .refusePost: break
            }
        }
    }

    private func deliver(_ packet: EngineIOPacket, at instant: NIODeadline) {
        switch packet {
        case .message(let text):
            loop.counters.messagesReceived += 1
            receiver?.received(text: text, at: instant)
        case .binary(let bytes):
            loop.counters.messagesReceived += 1
            receiver?.received(binary: bytes, at: instant)
        case .pong: latency.pongReceived(at: instant)
        default: break
        }
    }
}
