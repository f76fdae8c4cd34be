import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import QuizGateway
import QuizWire
import ServiceLifecycle

/// A real listener on a free port, with several event loops, and an HTTP API that answers with its path.
struct Gateway: Sendable {
    let port: Int
    let metrics: GatewayMetrics
    private let services: ServiceGroup

    /// Requests on several connections are read in any order: this waits until a GET has been read and is held.
    func untilPollIsHeld() async {
        while await metrics.counters().heldPolls == 0 { await Task.yield() }
    }

    /// What a SIGTERM does.
    func shutDown() async { await services.triggerGracefulShutdown() }

    /// More than the sockets on both sides keep for a client that does not read.
    static let largeBytes = 16 << 20

    /// Answers `/loop` with whether the request is handled on its connection's loop, `/large` with `largeBytes` bytes, everything else with its path.
    ///
    /// - Parameter running: called with the port.
    static func server(
        _ service: GatewayService, certificates: GatewayCertificates? = nil, metrics: GatewayMetrics = GatewayMetrics(),
        running: @escaping @Sendable (Int) -> Void
    ) throws -> any Service {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try GatewayListener.server(service, certificates: certificates, metrics: metrics).buildServer(
            configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: 0)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger
        ) { request, writer, channel in
            if request.uri.path == "/large" {
                let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: 1 << 20)
                var writerOfBody = try await writer.writeHead(
                    HTTPResponse(status: .ok, headerFields: [.contentLength: String(largeBytes)]))
                for _ in 0..<(largeBytes / piece.readableBytes) { try await writerOfBody.write(piece) }
                return try await writerOfBody.finish(nil)
            }
            let isOnLoop = channel.eventLoop.inEventLoop
            let text = ByteBuffer(string: request.uri.path == "/loop" ? "\(isOnLoop)" : "api \(request.uri.path)")
            var writerOfBody = try await writer.writeHead(
                HTTPResponse(status: .ok, headerFields: [.contentLength: String(text.readableBytes)]))
            try await writerOfBody.write(text)
            try await writerOfBody.finish(nil)
        } onServerRunning: { channel in
            running(channel.localAddress?.port ?? 0)
        }
    }

    static func run(
        _ service: GatewayService, certificates: GatewayCertificates? = nil,
        _ body: @escaping @Sendable (Gateway) async throws -> Void
    ) async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let metrics = GatewayMetrics()
        let server = try server(service, certificates: certificates, metrics: metrics) { port.yield($0) }
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let services = ServiceGroup(services: [server], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            group.addTask {
                var iterator = ports.makeAsyncIterator()
                guard let port = await iterator.next() else { return }
                let gateway = Gateway(port: port, metrics: metrics, services: services)
                let outcome = await Result(catching: { try await body(gateway) })
                await services.triggerGracefulShutdown()
                try outcome.get()
            }
            try await group.waitForAll()
        }
    }
}

extension GatewayConfiguration {
    /// As `quizmania conformance` has it: short heartbeats, everybody may come.
    static var forTests: GatewayConfiguration {
        var configuration = GatewayConfiguration()
        configuration.origins = .any
        configuration.timing = EngineIOTiming(pingInterval: .milliseconds(300), pingTimeout: .milliseconds(200))
        configuration.connectTimeout = .milliseconds(1_000)
        configuration.eventBytesMax = configuration.payloadBytesMax
        configuration.handshakesPerSecond = nil
        return configuration
    }

    /// With pings that come soon and may be answered late, for machines that are busy.
    static var patient: GatewayConfiguration {
        var configuration = quiet
        configuration.timing = EngineIOTiming(pingInterval: .milliseconds(200), pingTimeout: .seconds(20))
        return configuration
    }

    /// Without heartbeats that would come between.
    static var quiet: GatewayConfiguration {
        var configuration = forTests
        configuration.timing = EngineIOTiming()
        configuration.connectTimeout = .seconds(45)
        return configuration
    }
}

/// Sends every Engine.IO message back.
final class EngineEcho: EngineReceiver {
    private let connection: EngineConnection
    private let told: (@Sendable (EngineIOCloseReason) -> Void)?

    init(_ connection: EngineConnection, told: (@Sendable (EngineIOCloseReason) -> Void)? = nil) {
        self.connection = connection
        self.told = told
    }

    static func service(
        _ configuration: GatewayConfiguration = .quiet, told: (@Sendable (EngineIOCloseReason) -> Void)? = nil
    ) -> GatewayService {
        .engineIO(EngineIOServer(configuration: configuration) { EngineEcho($0, told: told) })
    }

    func opened() {}
    func received(text: ByteBuffer, at instant: NIODeadline) { connection.send(OutboundMessage(packet: text)) }
    func received(binary: ByteBuffer, at instant: NIODeadline) { connection.send(OutboundMessage(binary: binary)) }
    func closed(_ reason: EngineIOCloseReason) { told?(reason) }
}

/// The application that the public Socket.IO suite expects, and a few commands.
struct SocketEcho: SocketApplication {
    var request: @Sendable (SocketConnectRequest) -> Void = { _ in }
    var left: @Sendable (SocketDisconnectReason) -> Void = { _ in }

    func connect(_ request: SocketConnectRequest, socket: SocketConnection) {
        self.request(request)
        switch request.namespace {
        case "/silent": return
        case "/", "/custom":
            // Before it is accepted, on purpose: CONNECT's reply must come first all the same.
            socket.send(
                OutboundMessage(
                    event: "auth", payloadJSON: request.auth ?? ByteBuffer(string: "{}"),
                    namespace: request.namespace))
            socket.accept()
        case "/recoverable":
            socket.accept(sid: "the-sid", pid: "the-pid")
            socket.send(
                OutboundMessage(
                    event: "state", payloadJSON: ByteBuffer(string: "{}"), offset: "7.ab", namespace: "/recoverable"))
        default: socket.refuse(message: "Invalid namespace")
        }
    }

    func received(_ event: SocketEvent, socket: SocketConnection) {
        switch event.name {
        case "message":
            socket.send(
                OutboundMessage(event: "message-back", arguments: event.arguments, attachments: event.attachments))
        case "message-with-ack":
            socket.acknowledge(event.ack ?? 0, arguments: event.arguments, attachments: event.attachments)
        case "kick": socket.disconnect()
        case "drop": socket.closeTransport()
        case "latency":
            let known = socket.minimumRoundTrip != nil
            socket.send(
                OutboundMessage(
                    event: "latency",
                    payloadJSON: ByteBuffer(string: "{\"known\":\(known),\"ws\":\(socket.isWebSocket)}")))
        case "ping": socket.ping()
        case "flood":
            let bytes = String(repeating: "x", count: 10_000)
            for number in 0..<40 {
                socket.send(
                    OutboundMessage(
                        event: "now", payloadJSON: ByteBuffer(string: "{\"n\":\(number),\"b\":\"\(bytes)\"}")),
                    droppableKey: 1)
            }
            socket.send(OutboundMessage(event: "last", payloadJSON: ByteBuffer(string: "{}")))
        default: break
        }
    }

    func disconnected(_ reason: SocketDisconnectReason, socket: SocketConnection) { left(reason) }

    func service(_ configuration: GatewayConfiguration = .quiet) -> GatewayService {
        SocketIOServer(configuration: configuration, application: self).service
    }
}

/// Sends every WebSocket message back.
final class WebSocketEcho: WebSocketReceiver {
    private var socket: WebSocketHandler?

    static func service(_ configuration: GatewayConfiguration = .quiet) -> GatewayService {
        .webSocket(configuration) { WebSocketEcho() }
    }

    func opened(_ socket: WebSocketHandler) { self.socket = socket }
    func received(text: ByteBuffer, at instant: NIODeadline) { socket?.send(.text, text) }
    func received(binary: ByteBuffer, at instant: NIODeadline) { socket?.send(.binary, binary) }
    func closed(_ reason: EngineIOCloseReason) { socket = nil }
}

extension Result where Failure == any Error {
    fileprivate init(catching body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
