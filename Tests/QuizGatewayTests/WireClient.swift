import NIOCore
import NIOPosix
import NIOSSL

/// A client that knows nothing but bytes, so that no library can be polite on its behalf.
struct WireClient {
    struct Response: Equatable {
        var status: Int
        var headers: [String: String]
        var body: String
    }

    struct Frame: Equatable {
        var opcode: UInt8
        var isCompressed = false
        var payload: [UInt8]

        var text: String { String(decoding: payload, as: UTF8.self) }
        /// A Close frame's code.
        var code: Int? { opcode == 8 && payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil }
    }

    struct Ended: Error {}

    let channel: any Channel
    private var incoming: AsyncStream<ByteBuffer>.AsyncIterator
    private var unread = ByteBuffer()

    /// - Parameters:
    ///   - receiveBufferBytes: makes a reader whose system takes little before it reads.
    ///   - tls: speaks TLS and calls this with the server's certificate.
    init(
        port: Int, autoRead: Bool = true, receiveBufferBytes: Int? = nil,
        tls: (@Sendable (NIOSSLCertificate?) -> Void)? = nil
    ) async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: autoRead)
            .channelOption(.allowRemoteHalfClosure, value: false)
        if let receiveBufferBytes {
            bootstrap = bootstrap.channelOption(
                .socketOption(.so_rcvbuf), value: SocketOptionValue(receiveBufferBytes))
        }
        channel =
            try await bootstrap
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        var configuration = TLSConfiguration.makeClientConfiguration()
                        configuration.certificateVerification = .noHostnameVerification
                        let handler = try NIOSSLClientHandler(
                            context: NIOSSLContext(configuration: configuration), serverHostname: nil,
                            customVerificationCallback: { chain, promise in
                                tls(chain.first)
                                promise.succeed(.certificateVerified)
                            })
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(Collector(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        incoming = stream.makeAsyncIterator()
    }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get() }
    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    /// Closes the connection, if the server has not done so yet.
    func close() async throws {
        do {
            try await channel.close().get()
        } catch ChannelError.alreadyClosed {}
    }

    // MARK: HTTP

    func request(
        _ method: String, _ target: String, headers: [String: String] = [:], body: String? = nil
    ) async throws {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        try await send(text + "\r\n" + (body ?? ""))
    }

    mutating func response() async throws -> Response {
        var text = ""
        while !text.hasSuffix("\r\n\r\n") { text.unicodeScalars.append(Unicode.Scalar(try await byte())) }
        let lines = text.split(separator: "\r\n").map(String.init)
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            headers[parts[0].lowercased()] = parts.count == 2 ? String(parts[1].drop { $0 == " " }) : ""
        }
        let status = Int(lines[0].split(separator: " ")[1]) ?? 0
        let body = try await bytes(Int(headers["content-length"] ?? "0") ?? 0)
        return Response(status: status, headers: headers, body: String(decoding: body, as: UTF8.self))
    }

    mutating func ask(
        _ method: String, _ target: String, headers: [String: String] = [:], body: String? = nil
    ) async throws -> Response {
        try await request(method, target, headers: headers, body: body)
        return try await response()
    }

    // MARK: WebSocket

    static let handshake = [
        "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ]

    mutating func upgrade(_ target: String, headers: [String: String] = [:]) async throws -> Response {
        try await ask("GET", target, headers: Self.handshake.merging(headers) { $1 })
    }

    static func frame(_ opcode: UInt8, _ payload: [UInt8], reserved: UInt8 = 0) -> [UInt8] {
        var bytes: [UInt8] = [0x80 | reserved << 4 | opcode]
        if payload.count < 126 {
            bytes.append(0x80 | UInt8(payload.count))
        } else {
            bytes += [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        }
        let key: [UInt8] = [1, 2, 3, 4]
        return bytes + key + payload.enumerated().map { $0.element ^ key[$0.offset & 3] }
    }

    func say(_ text: String) async throws { try await send(Self.frame(1, Array(text.utf8))) }
    func say(binary: [UInt8]) async throws { try await send(Self.frame(2, binary)) }

    mutating func frame() async throws -> Frame {
        let head = try await bytes(2)
        var count = Int(head[1] & 0x7F)
        if count >= 126 {
            count = try await bytes(count == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) }
        }
        return Frame(opcode: head[0] & 0xF, isCompressed: head[0] & 0x40 != 0, payload: try await bytes(count))
    }

    /// The next text message; a Close or anything else ends the test.
    mutating func text() async throws -> String {
        let next = try await frame()
        guard next.opcode == 1 else { throw Ended() }
        return next.text
    }

    // MARK: Bytes

    /// Whatever comes until the server has closed.
    mutating func toEnd() async -> [UInt8] {
        var all = Array(unread.readableBytesView)
        while let piece = await incoming.next(isolation: #isolation) { all += Array(piece.readableBytesView) }
        return all
    }

    private mutating func byte() async throws -> UInt8 { try await bytes(1)[0] }

    private mutating func bytes(_ count: Int) async throws -> [UInt8] {
        while unread.readableBytes < count {
            guard var piece = await incoming.next(isolation: #isolation) else { throw Ended() }
            unread.discardReadBytes()
            unread.writeBuffer(&piece)
        }
        return unread.readBytes(length: count) ?? []
    }
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let continuation: AsyncStream<ByteBuffer>.Continuation

    init(_ continuation: AsyncStream<ByteBuffer>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { continuation.yield(Self.unwrapInboundIn(data)) }
    func channelInactive(context: ChannelHandlerContext) { continuation.finish() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Receives what a server-side callback reports, from any thread.
struct Reports<Value: Sendable>: Sendable {
    let stream: AsyncStream<Value>
    let continuation: AsyncStream<Value>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func next() async -> Value? {
        var iterator = stream.makeAsyncIterator()
        return await iterator.next()
    }
}
