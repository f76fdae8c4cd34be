import NIOCore
import NIOPosix
import QuizCluster
import QuizModel

@testable import QuizMesh

/// A connection to a node's port whose every byte the test decides.
final class RawPeer: Sendable {
    enum Event: Sendable, Hashable {
        case frame(MeshFrame)
        case ended
    }

    let channel: any Channel
    let events = Recorder<Event>()

    init(to port: Int) async throws {
        let events = events
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RawPeerHandler(events))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    /// As the dialer of a link that is up. The node must have it among its peers.
    init(_ number: UInt128, linkedTo node: TestNode, nonce: UInt8 = 5) async throws {
        let events = events
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RawPeerHandler(events))
                }
            }
            .connect(host: "127.0.0.1", port: node.port).get()
        let hello = Self.hello(number, nonce: nonce)
        send(.hello(hello))
        try await send(.proof(proof(hello, for: 1)))
        try await events.wait(for: "the proof of \(node.name)") {
            if case .frame(.proof) = $0 { true } else { false }
        }
    }

    static func hello(_ number: UInt128, nonce: UInt8 = 5) -> MeshHello {
        MeshHello(
            versions: 1...1, cluster: "kitchen", incarnation: Incarnation(value: number), name: "node-\(number)",
            nonce: Array(repeating: nonce, count: 32))
    }

    /// Waits for the node's hello.
    func proof(_ hello: MeshHello, for version: UInt8) async throws -> [UInt8] {
        try await events.wait(for: "the node's hello") {
            if case .frame(.hello) = $0 { true } else { false }
        }
        let hellos = events.events.compactMap { if case .frame(.hello(let hello)) = $0 { hello } else { nil } }
        let acceptor = SampleMessages.checked(hellos.first)
        return MeshTranscript(dialer: hello, acceptor: acceptor, version: version)
            .proof(of: .dialer, by: Given.secret())
    }

    func send(_ frame: MeshFrame) { send(frame.bytes()) }

    func send(_ bytes: ByteBuffer) { channel.writeAndFlush(bytes, promise: nil) }

    func waitForEnd() async throws { try await events.wait(for: "the end of the connection") { $0 == .ended } }

    func close() { channel.close(promise: nil) }
}

private final class RawPeerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let events: Recorder<RawPeer.Event>
    private var reader = MeshFrameReader()

    init(_ events: Recorder<RawPeer.Event>) {
        self.events = events
        reader.isProven = true
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reader.append(Self.unwrapInboundIn(data))
        do {
            while let read = try reader.next() { events.record(.frame(read.frame)) }
        } catch { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) { events.record(.ended) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
