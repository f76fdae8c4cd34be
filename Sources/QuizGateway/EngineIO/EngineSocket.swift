import NIOCore
import QuizWire

/// Ties a WebSocket to an Engine.IO session, also when they live on different event loops.
///
/// `handler` is confined to `channelLoop`, `connection` to its own loop; every method hops where it must, and a hop
/// keeps the order. That is what makes the unchecked conformance hold.
final class EngineSocket: WebSocketReceiver, @unchecked Sendable {  // each half confined to its loop
    private let channelLoop: any EventLoop
    private let connection: EngineConnection
    private var handler: WebSocketHandler?

    init(channelLoop: any EventLoop, connection: EngineConnection) {
        self.channelLoop = channelLoop
        self.connection = connection
    }

    // MARK: From the channel

    func opened(_ socket: WebSocketHandler) {
        handler = socket
        toConnection { $0.socketOpened(self) }
    }

    func received(text: ByteBuffer, at instant: NIODeadline) {
        let packet = EngineIOPacket(text: text)
        if connection.eventLoop.inEventLoop { return connection.received(packet, from: self, at: instant) }
        toConnection { $0.received(packet, from: self, at: instant) }
    }

    func received(binary: ByteBuffer, at instant: NIODeadline) {
        toConnection { $0.received(.binary(binary), from: self, at: instant) }
    }

    func closed(_ reason: EngineIOCloseReason) {
        handler = nil
        toConnection { $0.socketClosed(self, reason) }
    }

    private func toConnection(_ work: @escaping @Sendable (EngineConnection) -> Void) {
        let connection = connection
        if connection.eventLoop.inEventLoop { return work(connection) }
        connection.eventLoop.execute { work(connection) }
    }

    // MARK: From the session

    func send(_ message: OutboundMessage, droppableKey: Int? = nil, flushes: Bool = false) {
        // Nearly every delivery: without a closure, whose memory would be most of what is done here.
        if !flushes, channelLoop.inEventLoop {
            handler?.send(message, droppableKey: droppableKey)
            return
        }
        toChannel {
            $0.send(message, droppableKey: droppableKey)
            if flushes { $0.flush() }
        }
    }

    func send(_ batch: MessageBatch, atOnce: Bool) {
        if channelLoop.inEventLoop {
            handler?.send(batch, atOnce: atOnce)
            return
        }
        for entry in batch.entries { send(entry.message, droppableKey: entry.key) }
    }

    /// As `SocketConnection.directWay`: nil also when asked from another loop than the channel's.
    var directWay: Outbox? { channelLoop.inEventLoop ? handler?.directWay : nil }

    func flush() { toChannel { $0.flush() } }

    /// - Parameter done: called on the session's loop; see `WebSocketHandler.measureTransport`.
    func measureTransport(_ done: @escaping @Sendable (TimeAmount) -> Void) {
        toChannel { $0.measureTransport { trip in self.toConnection { _ in done(trip) } } }
    }

    func close(_ code: WebSocketCloseCode) { toChannel { $0.close(code) } }

    private func toChannel(_ work: @escaping @Sendable (WebSocketHandler) -> Void) {
        if channelLoop.inEventLoop {
            if let handler { work(handler) }
            return
        }
        channelLoop.execute {
            if let handler = self.handler { work(handler) }
        }
    }
}
