import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A wire between two nodes that a test can cut or interrupt.
final class Relay: Sendable {
    private let listener: any Channel
    private let halves: NIOLockedValueBox<[RelayHalf]>
    private let isInterrupted: NIOLockedValueBox<Bool>
    let port: Int

    /// - Parameter port: where what is said here is said again.
    init(to port: Int) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let halves = NIOLockedValueBox<[RelayHalf]>([])
        self.halves = halves
        let isInterrupted = NIOLockedValueBox(false)
        self.isInterrupted = isInterrupted
        listener = try await ServerBootstrap(group: loop)
            .childChannelInitializer { near in
                if isInterrupted.withLockedValue({ $0 }) { return near.close() }
                return ClientBootstrap(group: near.eventLoop)
                    .channelInitializer { far in
                        far.eventLoop.makeCompletedFuture {
                            try far.pipeline.syncOperations.addHandler(RelayHalf(from: far, to: near, halves))
                        }
                    }
                    .connect(host: "127.0.0.1", port: port)
                    .flatMapThrowing { far in
                        try near.pipeline.syncOperations.addHandler(RelayHalf(from: near, to: far, halves))
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.port = listener.localAddress?.port ?? 0
    }

    /// Ends all connections; new ones are made as before.
    func cut() {
        for half in takeHalves() { half.channel.close(promise: nil) }
    }

    /// Nothing that one end says or does reaches the other any more, as behind a firewall that has forgotten them; new
    /// connections end at once.
    func interrupt() {
        isInterrupted.withLockedValue { $0 = true }
        for half in takeHalves() { half.other.withLockedValue { $0 = nil } }
    }

    /// New connections are made as before.
    func restore() { isInterrupted.withLockedValue { $0 = false } }

    func close() async throws {
        cut()
        try await listener.close()
    }

    private func takeHalves() -> [RelayHalf] {
        halves.withLockedValue { halves in
            defer { halves = [] }
            return halves
        }
    }
}

private final class RelayHalf: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    let channel: any Channel
    let other: NIOLockedValueBox<(any Channel)?>

    init(from channel: any Channel, to other: any Channel, _ halves: NIOLockedValueBox<[RelayHalf]>) {
        self.channel = channel
        self.other = NIOLockedValueBox(other)
        halves.withLockedValue { $0.append(self) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other.withLockedValue { $0 }?.writeAndFlush(Self.unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        other.withLockedValue { $0 }?.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
