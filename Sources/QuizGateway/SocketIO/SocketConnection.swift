package import NIOCore
import QuizWire

/// One client in one namespace, as the application sees it.
///
/// Confined to `eventLoop`, which is what makes the unchecked conformance hold: every method and property but the
/// constants is to be used there only.
package final class SocketConnection: @unchecked Sendable {  // confined to `eventLoop`
    private enum Phase {
        /// The application has not decided. What it sends waits, since CONNECT's reply must come first.
        case deciding([(OutboundMessage, Int?)])
        case accepted
        case ended
    }

    package let eventLoop: any EventLoop
    package let namespace: String
    /// Numeric.
    package let remoteAddress: String
    /// Empty before `accept`.
    package private(set) var sid = ""
    /// The application's own.
    package var state: AnyObject?
    private let client: SocketIOClient
    private var phase = Phase.deciding([])
    private var decisionTimer: LoopTimers.Timer?

    init(_ client: SocketIOClient, namespace: String) {
        self.client = client
        self.namespace = namespace
        eventLoop = client.connection.eventLoop
        remoteAddress = client.connection.client.remoteAddress
    }

    package var isWebSocket: Bool { client.connection.isWebSocket }

    /// The shortest of the last eight round trips; nil before the first, and on long-polling.
    package var minimumRoundTrip: TimeAmount? { client.connection.minimumRoundTrip }

    package var isAccepted: Bool {
        if case .accepted = phase { true } else { false }
    }

    /// False once it was refused or disconnected, or its transport is gone.
    package var isOpen: Bool {
        if case .ended = phase { false } else { true }
    }

    // MARK: Deciding

    /// Lets the client in: CONNECT's reply, then whatever has been sent meanwhile. Without effect when it has gone.
    ///
    /// - Parameters:
    ///   - sid: the session's name; a new one is drawn when it is nil.
    ///   - pid: what the client shows when it comes back; nil where nothing can be recovered.
    package func accept(sid: String? = nil, pid: String? = nil) {
        eventLoop.assertInEventLoop()
        guard case .deciding = phase else { return }
        decisionTimer?.cancel()
        // What was broadcast before waits with the rest until the client is told that it is in.
        loopContext.settleBroadcasts()
        guard case .deciding(let waiting) = phase else { return }
        phase = .accepted
        let name = sid ?? SessionIdentifier.draw()
        self.sid = name
        client.accepted()
        client.connection.send(
            OutboundMessage(packet: SocketIOPacket.connected(namespace: namespace, sid: name, pid: pid)))
        // In a write of its own: clients learn that they are connected before the first event is on its way.
        client.connection.flush()
        for (message, key) in waiting { client.connection.send(message, droppableKey: key) }
    }

    /// Turns the client away; its transport stays.
    ///
    /// - Parameter data: one JSON value.
    package func refuse(message: String, data: ByteBuffer? = nil) {
        eventLoop.assertInEventLoop()
        guard case .deciding = phase else { return }
        client.forget(self)
        client.connection.send(
            OutboundMessage(packet: SocketIOPacket.refused(namespace: namespace, message: message, data: data)))
    }

    func awaitDecision(for limit: TimeAmount) {
        decisionTimer = loopContext.timers.schedule(in: limit) {
            guard case .deciding = self.phase else { return }
            self.client.connection.close(.serverClosed)
        }
    }

    // MARK: Talking

    /// - Parameter droppableKey: given to a message of which only the newest matters to a slow reader.
    package func send(_ message: OutboundMessage, droppableKey: Int? = nil) {
        eventLoop.assertInEventLoop()
        switch phase {
        case .accepted: client.connection.send(message, droppableKey: droppableKey)
        case .deciding:
            loopContext.settleBroadcasts()
            guard case .deciding(var waiting) = phase else { return }
            phase = .ended
            waiting.append((message, droppableKey))
            phase = .deciding(waiting)
        case .ended: break
        }
    }

    /// - Parameter atOnce: the tick is at its end; a connection with nothing else to send need not wait for it.
    func send(_ batch: MessageBatch, atOnce: Bool) {
        if case .accepted = phase { return client.connection.send(batch, atOnce: atOnce) }
        for entry in batch.entries { send(entry.message, droppableKey: entry.key) }
    }

    /// Where batches may be given instead, as long as that is open and this connection has not ended; nil: nowhere.
    var directWay: Outbox? {
        if case .accepted = phase { client.connection.directWay } else { nil }
    }

    /// What all connections of its loop share.
    var loopContext: LoopContext { client.connection.loop }

    /// - Parameter argumentJSON: one JSON value.
    package func acknowledge(_ id: Int, _ argumentJSON: ByteBuffer) {
        acknowledge(id, arguments: [argumentJSON])
    }

    /// - Parameters:
    ///   - arguments: each one JSON value, with placeholders for the attachments.
    ///   - attachments: binary messages that follow.
    package func acknowledge(_ id: Int, arguments: [ByteBuffer], attachments: [ByteBuffer] = []) {
        let packet = SocketIOPacket.ack(
            id, arguments: arguments, attachments: attachments.count, namespace: namespace)
        send(OutboundMessage(packet: packet, attachments: attachments))
    }

    /// Sends a ping beside the heartbeat, so that the latency is known soon.
    package func ping() { client.connection.ping() }

    /// As `EngineConnection.measureTransport`.
    package func measureTransport(_ done: @escaping @Sendable (TimeAmount) -> Void) {
        client.connection.measureTransport(done)
    }

    // MARK: Leaving

    /// A Socket.IO DISCONNECT: stock clients stay away after it. The transport stays.
    package func disconnect() {
        eventLoop.assertInEventLoop()
        guard case .accepted = phase else { return }
        client.connection.send(OutboundMessage(packet: SocketIOPacket.disconnected(namespace: namespace)))
        client.disconnect(self)
    }

    /// Closes the transport, with all its namespaces: stock clients come back after it.
    package func closeTransport() {
        eventLoop.assertInEventLoop()
        client.connection.close(.serverClosed)
    }

    func ended() {
        decisionTimer?.cancel()
        phase = .ended
    }
}
