import ArgumentParser
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import QuizGateway
import QuizWire
import ServiceLifecycle
import UnixSignals

/// `quizmania conformance`: the gateway's own listener and pipeline with the handlers that public protocol suites
/// expect, without sign-in, PostgreSQL or Redis.
struct ConformanceCommand: AsyncParsableCommand {
    enum Suite: String, ExpressibleByArgument, CaseIterable {
        case engineio
        case socketio
        case websocket
    }

    static let configuration = CommandConfiguration(
        commandName: "conformance", abstract: "Serve what a public protocol suite expects.")

    @Option(help: "Which suite is to be served.") var suite: Suite
    @Option(help: "The port to listen on.") var port: Int
    @Option(help: "The address to listen on.") var host = "127.0.0.1"
    @Option(help: "Milliseconds from one ping to the next.") var pingIntervalMs = 25_000
    @Option(help: "Milliseconds a client has for its pong.") var pingTimeoutMs = 20_000

    func validate() throws {
        guard (1...65_535).contains(port) else { throw ValidationError("--port is a number from 1 to 65535.") }
        guard pingIntervalMs > 0, pingTimeoutMs > 0 else {
            throw ValidationError("--ping-interval-ms and --ping-timeout-ms are at least 1.")
        }
    }

    func run() async throws {
        let logger = Logger(label: "quizmania.conformance")
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try GatewayListener.server(service).buildServer(
            configuration: ServerConfiguration(address: .hostname(host, port: port)),
            eventLoopGroup: group.next(), logger: logger
        ) { _, writer, _ in
            let body = try await writer.writeHead(HTTPResponse(status: .notFound, headerFields: [.contentLength: "0"]))
            try await body.finish(nil)
        } onServerRunning: { [suite, host] channel in
            logger.notice(
                "Serving a conformance suite.",
                metadata: ["suite": "\(suite.rawValue)", "address": "\(host):\(channel.localAddress?.port ?? 0)"])
        }
        try await ServiceGroup(
            services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        ).run()
    }

    private var service: GatewayService {
        var configuration = GatewayConfiguration()
        configuration.origins = .any
        configuration.timing = EngineIOTiming(
            pingInterval: .milliseconds(Int64(pingIntervalMs)), pingTimeout: .milliseconds(Int64(pingTimeoutMs)))
        configuration.connectTimeout = .milliseconds(1_000)
        configuration.payloadBytesMax = 1_000_000
        configuration.eventBytesMax = configuration.payloadBytesMax
        configuration.handshakesPerSecond = nil
        switch suite {
        case .engineio:
            configuration.path = "/engine.io/"
            return .engineIO(EngineIOServer(configuration: configuration) { EngineEcho($0) })
        case .socketio:
            return SocketIOServer(configuration: configuration, application: SocketEcho()).service
        case .websocket:
            // The suites for RFC 6455 echo single messages of 16 MiB.
            configuration.payloadBytesMax = 32 << 20
            configuration.outboundHardBytesMax = 64 << 20
            return .webSocket(configuration) { WebSocketEcho() }
        }
    }
}

/// Sends every WebSocket message back.
private final class WebSocketEcho: WebSocketReceiver {
    private var socket: WebSocketHandler?

    func opened(_ socket: WebSocketHandler) { self.socket = socket }
    func received(text: ByteBuffer, at instant: NIODeadline) { socket?.send(.text, text) }
    func received(binary: ByteBuffer, at instant: NIODeadline) { socket?.send(.binary, binary) }
    func closed(_ reason: EngineIOCloseReason) { socket = nil }
}

/// Sends every Engine.IO message back.
private final class EngineEcho: EngineReceiver {
    private let connection: EngineConnection

    init(_ connection: EngineConnection) { self.connection = connection }

    func opened() {}
    func received(text: ByteBuffer, at instant: NIODeadline) { connection.send(OutboundMessage(packet: text)) }
    func received(binary: ByteBuffer, at instant: NIODeadline) { connection.send(OutboundMessage(binary: binary)) }
    func closed(_ reason: EngineIOCloseReason) {}
}

/// Says what it was told on connecting, and answers `message` and `message-with-ack` with what they carry.
private struct SocketEcho: SocketApplication {
    func connect(_ request: SocketConnectRequest, socket: SocketConnection) {
        guard ["/", "/custom"].contains(request.namespace) else { return socket.refuse(message: "Invalid namespace") }
        socket.accept()
        // A little later: the public suite waits for one message after the other, and its client hands over two that
        // arrive in one read before the suite listens for the second.
        socket.eventLoop.scheduleTask(in: .milliseconds(20)) {
            socket.send(
                OutboundMessage(
                    event: "auth", payloadJSON: request.auth ?? ByteBuffer(string: "{}"),
                    namespace: request.namespace))
        }
    }

    func received(_ event: SocketEvent, socket: SocketConnection) {
        guard socket.namespace == "/" else { return }
        switch event.name {
        case "message":
            socket.send(
                OutboundMessage(
                    event: "message-back", arguments: event.arguments, attachments: event.attachments))
        case "message-with-ack":
            guard let ack = event.ack else { return }
            socket.acknowledge(ack, arguments: event.arguments, attachments: event.attachments)
        default: break
        }
    }

    func disconnected(_ reason: SocketDisconnectReason, socket: SocketConnection) {}
}
