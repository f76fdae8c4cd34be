package import NIOCore
import NIOHTTP1
internal import QuizCluster
import QuizWire

/// The Engine.IO endpoint: judges each request to its path and leads it to its session.
package final class EngineIOServer: Sendable {
    package let configuration: GatewayConfiguration
    let sessions = SessionTable()
    let makeReceiver: @Sendable (EngineConnection) -> any EngineReceiver
    private let gate: HandshakeGate

    /// - Parameter makeReceiver: called on the session's event loop, once for each session.
    package init(
        configuration: GatewayConfiguration,
        makeReceiver: @escaping @Sendable (EngineConnection) -> any EngineReceiver
    ) {
        self.configuration = configuration
        self.makeReceiver = makeReceiver
        gate = HandshakeGate(perSecond: configuration.handshakesPerSecond)
    }

    /// Whether the request is for this endpoint, with or without the slash at the end.
    func serves(path: Substring) -> Bool {
        path == configuration.path || path == configuration.path.dropLast()
    }

    /// Answers a request that is no WebSocket handshake. A GET's answer may come much later.
    package func respond(to request: GatewayRequest, body: ByteBuffer, reply: PendingReply, loop: LoopContext) {
        if let refusal = refusal(request) { return reply.succeed(.refusal(refusal)) }
        guard let sid = request.query["sid"] else {
            return openPolling(request, reply: reply, loop: loop)
        }
        guard let connection = sessions[sid] else { return forward(request, sid: sid, body: body, reply: reply) }
        switch request.method {
        case .GET:
            reply.whenAborted { [weak connection, weak reply] in
                guard let connection, let reply else { return }
                connection.eventLoop.execute { connection.pollAborted(reply) }
            }
            if connection.eventLoop.inEventLoop { return connection.poll(reply) }
            connection.eventLoop.execute { connection.poll(reply) }
        case .POST:
            if request.headers["content-type"].first == "application/octet-stream" {
                return reply.succeed(.refusal(.badRequest))
            }
            if connection.eventLoop.inEventLoop { return connection.post(body, reply) }
            connection.eventLoop.execute { connection.post(body, reply) }
        default: reply.succeed(.refusal(.badHandshakeMethod))
        }
    }

    /// Judges a WebSocket handshake.
    ///
    /// - Returns: whom its messages go to, or why it is refused. A WebSocket for a session that already has one is let
    ///   in here and closed by the session.
    func receiver(for request: GatewayRequest, loop: LoopContext) -> Result<any WebSocketReceiver, EngineRefusal> {
        if let refusal = refusal(request) { return .failure(refusal) }
        if let sid = request.query["sid"] {
            guard let connection = sessions[sid] else { return .failure(.unknownSession) }
            return .success(EngineSocket(channelLoop: loop.eventLoop, connection: connection))
        }
        guard request.query["EIO"] == "4" else { return .failure(.unsupportedProtocol) }
        guard let connection = admit(request, loop: loop, onWebSocket: true) else { return .failure(.overloaded) }
        return .success(EngineSocket(channelLoop: loop.eventLoop, connection: connection))
    }

    /// Ends a session because the node shuts down: its client connects again, elsewhere.
    func close(_ sid: String) {
        guard let connection = sessions[sid] else { return }
        connection.eventLoop.execute { connection.close(.quiescing) }
    }

    /// What stands in the open packet: exactly the five keys clients expect.
    func handshakeParameters(sid: String, isOnWebSocket: Bool) -> ByteBuffer {
        let interval = configuration.timing.pingInterval.nanoseconds / 1_000_000
        let timeout = configuration.timing.pingTimeout.nanoseconds / 1_000_000
        return ByteBuffer(
            string: """
                {"sid":"\(sid)","upgrades":[\(isOnWebSocket ? "" : "\"websocket\"")],"pingInterval":\(interval),\
                "pingTimeout":\(timeout),"maxPayload":\(configuration.payloadBytesMax)}
                """)
    }

    /// What is wrong with a request whatever its session says. The order is the reference implementation's.
    private func refusal(_ request: GatewayRequest) -> EngineRefusal? {
        switch request.query["transport"] {
        case "websocket": if !request.isWebSocketHandshake { return .badRequest }
        case "polling": if request.isWebSocketHandshake { return .badRequest }
        default: return .unknownTransport
        }
        return configuration.origins.admits(request) ? nil : .forbidden
    }

    private func openPolling(_ request: GatewayRequest, reply: PendingReply, loop: LoopContext) {
        guard request.method == .GET else { return reply.succeed(.refusal(.badHandshakeMethod)) }
        guard request.query["EIO"] == "4" else { return reply.succeed(.refusal(.unsupportedProtocol)) }
        guard let connection = admit(request, loop: loop, onWebSocket: false) else {
            return reply.succeed(.refusal(.overloaded))
        }
        connection.open(makeReceiver(connection))
        connection.poll(reply)
    }

    /// - Returns: nil when this node has enough to do.
    private func admit(_ request: GatewayRequest, loop: LoopContext, onWebSocket: Bool) -> EngineConnection? {
        guard gate.admits(at: .now()), sessions.count < configuration.sessionsMax else {
            loop.counters.handshakesShed += 1
            return nil
        }
        let connection = EngineConnection(
            server: self, sid: SessionIdentifier.draw(tag: configuration.forwarder?.tag ?? ""), client: request.client,
            loop: loop, onWebSocket: onWebSocket)
        guard sessions.insert(connection, countMax: configuration.sessionsMax) else {
            connection.close(.quiescing)
            loop.counters.handshakesShed += 1
            return nil
        }
        return connection
    }
}
