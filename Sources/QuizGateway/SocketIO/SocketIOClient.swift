import NIOCore
import QuizWire

/// The Socket.IO side of one Engine.IO session: its namespaces, and the attachments that are still to come.
///
/// Confined to the connection's event loop, which is what makes the unchecked conformance hold.
final class SocketIOClient: EngineReceiver, @unchecked Sendable {  // confined to its connection's loop
    private struct Unfinished {
        let packet: SocketIOPacket
        var attachments: [ByteBuffer] = []
        var bytes = 0
    }

    let connection: EngineConnection
    private let application: any SocketApplication
    private let configuration: GatewayConfiguration
    private var sockets: [String: SocketConnection] = [:]
    private var unfinished: Unfinished?
    private var connectTimer: LoopTimers.Timer?

    init(_ connection: EngineConnection, application: any SocketApplication, configuration: GatewayConfiguration) {
        self.connection = connection
        self.application = application
        self.configuration = configuration
    }

    func opened() {
        connectTimer = connection.loop.timers.schedule(in: configuration.connectTimeout) {
            guard self.sockets.isEmpty else { return }
            self.connection.close(.connectTimeout)
        }
    }

    func received(text: ByteBuffer, at instant: NIODeadline) {
        // Text between a packet and its attachments means that the sender is not a Socket.IO client.
        guard unfinished == nil, text.readableBytes <= configuration.eventBytesMax,
            let packet = SocketIOPacket(text: text)
        else { return connection.close(.protocolViolation) }
        guard packet.attachments == 0 else {
            unfinished = Unfinished(packet: packet)
            return
        }
        received(packet, attachments: [], at: instant)
    }

    func received(binary: ByteBuffer, at instant: NIODeadline) {
        guard var whole = unfinished, whole.bytes + binary.readableBytes <= configuration.payloadBytesMax else {
            return connection.close(.protocolViolation)
        }
        whole.attachments.append(binary)
        whole.bytes += binary.readableBytes
        guard whole.attachments.count == whole.packet.attachments else {
            unfinished = whole
            return
        }
        unfinished = nil
        received(whole.packet, attachments: whole.attachments, at: instant)
    }

    func closed(_ reason: EngineIOCloseReason) {
        connectTimer?.cancel()
        unfinished = nil
        let left = sockets
        sockets = [:]
        for socket in left.values {
            socket.ended()
            application.disconnected(.transportClosed(reason), socket: socket)
        }
    }

    private func received(_ packet: SocketIOPacket, attachments: [ByteBuffer], at instant: NIODeadline) {
        guard let socket = sockets[packet.namespace] else {
            guard case .connect(let auth) = packet.body else { return connection.close(.protocolViolation) }
            return connect(packet.namespace, auth: auth)
        }
        switch packet.body {
        case .connect: connection.close(.protocolViolation)
        case .disconnect:
            forget(socket)
            application.disconnected(.clientDisconnected, socket: socket)
        case .event(let name, let arguments):
            guard socket.isAccepted else { return connection.close(.protocolViolation) }
            // Events named by a number are legal and mean nothing to any application of ours.
            guard let name else { return }
            application.received(
                SocketEvent(
                    name: name, arguments: arguments, attachments: attachments, ack: packet.id, receivedAt: instant),
                socket: socket)
        // The server asks for no acknowledgements.
        case .ack: break
        }
    }

    private func connect(_ namespace: String, auth: ByteBuffer?) {
        let socket = SocketConnection(self, namespace: namespace)
        sockets[namespace] = socket
        socket.awaitDecision(for: configuration.acceptTimeout)
        application.connect(
            SocketConnectRequest(
                namespace: namespace, auth: auth, remoteAddress: connection.client.remoteAddress,
                origin: connection.client.origin, secure: connection.client.isSecure),
            socket: socket)
    }

    // MARK: For `SocketConnection`

    func accepted() { connectTimer?.cancel() }

    func forget(_ socket: SocketConnection) {
        sockets[socket.namespace] = nil
        socket.ended()
    }

    func disconnect(_ socket: SocketConnection) {
        forget(socket)
        application.disconnected(.serverDisconnected, socket: socket)
    }
}
