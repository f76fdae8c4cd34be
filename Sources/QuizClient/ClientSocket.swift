import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import QuizModel
import QuizWire

/// What becomes of a socket; called on its event loop.
protocol ClientSocketOwner: AnyObject {
    /// The server let the session in. `pid` brings it back.
    func accepted(pid: String?, by socket: ClientSocket)
    func refused(_ error: ErrorPayload, by socket: ClientSocket)
    func received(_ event: SeenEvents.Arrival, from socket: ClientSocket)
    func acknowledged(_ number: Int, _ json: ByteBuffer, by socket: ClientSocket)
    /// Once, and the last call.
    ///
    /// - Parameter byServer: the server said goodbye, as it does to kick: do not come back.
    func closed(_ socket: ClientSocket, byServer: Bool)
}

/// One WebSocket to one node, from the handshake to its end: Engine.IO's heartbeat, Socket.IO's packets.
///
/// Confined to `loop`, which is what makes the unchecked conformance hold.
final class ClientSocket: ChannelInboundHandler, @unchecked Sendable {  // confined to `loop`
    typealias InboundIn = NIOWebSocket.WebSocketFrame
    typealias OutboundOut = NIOWebSocket.WebSocketFrame

    private struct Handshake: Decodable {
        var pingInterval: Int
        var pingTimeout: Int
    }
    private struct Accepted: Decodable { var pid: String? }
    private struct Refusal: Decodable {
        var message: String
        var data: ErrorPayload?
    }
    private struct Numbered: Decodable { var seq: Int? }

    /// Bytes of one message from the server; a larger one ends the connection.
    private static let messageBytesMax = 4 << 20

    let address: ServerAddress
    private let loop: any EventLoop
    private let auth: HandshakeAuth
    private weak var owner: (any ClientSocketOwner)?
    private var channel: (any Channel)?
    private var isClosed = false
    private var isAccepted = false
    private var saidGoodbye = false
    private var limit: Scheduled<Void>?
    /// Nothing from the server for longer than it may be silent ends the connection.
    private var silence: Scheduled<Void>?
    private var silenceMax = TimeAmount.seconds(60)

    /// - Parameter auth: shown in the handshake.
    init(address: ServerAddress, auth: HandshakeAuth, loop: any EventLoop, owner: any ClientSocketOwner) {
        self.address = address
        self.auth = auth
        self.loop = loop
        self.owner = owner
    }

    var isUp: Bool { isAccepted && !isClosed }

    // MARK: - Life

    /// - Parameter timeLimit: until the server has let the session in.
    func open(within timeLimit: TimeAmount) {
        limit = loop.scheduleTask(in: timeLimit) { self.end() }
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(timeLimit)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try self.setUp(channel) } }
        bootstrap.connect(host: address.host, port: address.port).whenFailure { _ in self.end() }
    }

    private func setUp(_ channel: any Channel) throws {
        self.channel = channel
        channel.closeFuture.whenComplete { _ in self.end() }
        if isClosed { throw ChannelError.alreadyClosed }
        if address.isSecure {
            let context = try NIOSSLContext(configuration: .makeClientConfiguration())
            let isNumeric = (try? SocketAddress(ipAddress: address.host, port: 0)) != nil  // then no name to ask for
            try channel.pipeline.syncOperations.addHandler(
                NIOSSLClientHandler(context: context, serverHostname: isNumeric ? nil : address.host))
        }
        let name = address.host.contains(":") ? "[\(address.host)]" : address.host
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: "\(EventCatalog.path)?EIO=4&transport=websocket",
            headers: ["Host": "\(name):\(address.port)"])
        let upgrader = NIOTypedWebSocketClientUpgrader<Bool>(maxFrameSize: Self.messageBytesMax) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    NIOWebSocketFrameAggregator(
                        minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: 1_000,
                        maxAccumulatedFrameSize: Self.messageBytesMax))
                try channel.pipeline.syncOperations.addHandler(self)
                return true
            }
        }
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: .init(
                upgradeRequestHead: head, upgraders: [upgrader],
                notUpgradingCompletionHandler: { $0.eventLoop.makeSucceededFuture(false) }))
        // The first packet may come in one segment with the answer to the handshake.
        configuration.leftOverBytesStrategy = .forwardBytes
        try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
            .whenComplete { result in
                if case .success(true) = result { return }
                self.end()
            }
    }

    /// Ends the connection as it is; the seat stays.
    func close() { end() }

    private func end() {
        guard !isClosed else { return }
        isClosed = true
        limit?.cancel()
        silence?.cancel()
        channel?.close(promise: nil)
        owner?.closed(self, byServer: saidGoodbye)
    }

    // MARK: - Sending

    /// - Parameters:
    ///   - json: the command, one object.
    ///   - number: what its acknowledgement is told apart by.
    func send(_ name: ClientEventName, _ json: ByteBuffer, number: Int) {
        var packet = ByteBuffer(string: "4")
        SocketIOPacket.writeHead(.event, namespace: "/", id: number, into: &packet)
        packet.writeStaticString("[")
        JSONText.write(name.rawValue, into: &packet)
        packet.writeStaticString(",")
        packet.writeImmutableBuffer(json)
        packet.writeStaticString("]")
        write(packet)
    }

    private func write(_ text: ByteBuffer, opcode: WebSocketOpcode = .text) {
        channel?.writeAndFlush(
            NIOWebSocket.WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: text), promise: nil)
    }

    // MARK: - Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text: packet(frame.unmaskedData)
        case .ping: write(frame.unmaskedData, opcode: .pong)
        case .connectionClose: end()
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end() }

    private func packet(_ text: ByteBuffer) {
        heard()
        switch EngineIOPacket(text: text) {
        case .open(let json):
            // Without it this is no server of ours.
            guard let handshake = try? WireJSON.decode(Handshake.self, from: json) else { return end() }
            silenceMax = .milliseconds(Int64(handshake.pingInterval + handshake.pingTimeout))
            heard()
            guard let json = try? WireJSON.buffer(auth) else { return end() }  // texts always encode
            var packet = ByteBuffer(string: "40")
            packet.writeImmutableBuffer(json)
            write(packet)
        case .ping: write(ByteBuffer(string: "3"))
        case .message(let message): self.message(message)
        case .close, nil: end()
        default: break
        }
    }

    private func heard() {
        silence?.cancel()
        silence = loop.scheduleTask(in: silenceMax) { self.end() }
    }

    private func message(_ text: ByteBuffer) {
        // A refusal is the one packet that only servers send.
        if text.getInteger(at: text.readerIndex, as: UInt8.self) == UInt8(ascii: "4") {
            let refusal = try? WireJSON.decode(
                Refusal.self, from: text.getSlice(at: text.readerIndex + 1, length: text.readableBytes - 1) ?? text)
            let rejection = Rejection(.unavailable, message: refusal?.message ?? "Refused.")
            owner?.refused(refusal?.data ?? ErrorPayload(rejection), by: self)
            return end()
        }
        guard let packet = SocketIOPacket(text: text), packet.namespace == "/" else { return end() }
        switch packet.body {
        case .connect(let json):
            isAccepted = true
            limit?.cancel()
            // Without it nothing can be recovered.
            let reply = json.flatMap { try? WireJSON.decode(Accepted.self, from: $0) }
            owner?.accepted(pid: reply?.pid, by: self)
        case .disconnect:
            saidGoodbye = true
            end()
        case .event(let name, let arguments):
            guard let known = name.flatMap(ServerEventName.init(rawValue:)), let payload = arguments.first else {
                return
            }
            let offset = arguments.count > 1 ? arguments.last.flatMap(JSONText.string) : nil
            let seq = (try? WireJSON.decode(Numbered.self, from: payload))?.seq  // most have none
            owner?.received(.init(name: known, payload: payload, offset: offset, seq: seq), from: self)
        case .ack(let arguments):
            if let number = packet.id, let json = arguments.first { owner?.acknowledged(number, json, by: self) }
        }
    }
}
