import NIOCore
import NIOPosix
import QuizGateway
import QuizWire
import Testing

/// Readers of all kinds behind real sockets whose buffers are small, so that both paths of the outbox are walked again and again.
@Suite(.timeLimit(.minutes(2))) struct OutboxTests {
    /// WebSockets without a handshake. Confined to the servers' loop.
    private final class Sockets: @unchecked Sendable {
        var open: [WebSocketHandler] = []
        let closed = Reports<EngineIOCloseReason>()
    }

    private final class Member: WebSocketReceiver {
        private let sockets: Sockets

        init(_ sockets: Sockets) { self.sockets = sockets }

        func opened(_ socket: WebSocketHandler) { sockets.open.append(socket) }
        func received(text: ByteBuffer, at instant: NIODeadline) {}
        func received(binary: ByteBuffer, at instant: NIODeadline) {}
        func closed(_ reason: EngineIOCloseReason) { sockets.closed.continuation.yield(reason) }
    }

    private struct Server: Sendable {
        let port: Int
        let loop: any EventLoop
        let sockets: Sockets

        /// Sends the numbered texts to everybody, some in each tick.
        func send(_ numbers: Range<Int>, padding: Int) async throws {
            for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 7) {
                try await loop.submit {
                    for number in start..<min(start + 7, numbers.upperBound) {
                        let text = ByteBuffer(
                            string: "\(number) " + String(repeating: "x", count: number * 131 % padding))
                        for socket in sockets.open { socket.send(.text, text) }
                    }
                }.get()
            }
        }

        func untilOpen(_ count: Int) async throws {
            while try await loop.submit({ sockets.open.count }).get() < count { await Task.yield() }
        }
    }

    private func withServer(
        _ configuration: GatewayConfiguration = .quiet, _ body: (Server) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let (context, sockets) = (LoopContext(loop), Sockets())
        let listener = try await ServerBootstrap(group: group)
            .childChannelOption(.socketOption(.so_sndbuf), value: 8 << 10)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        WebSocketHandler(
                            loop: context, configuration: configuration, agreement: nil, isEncrypted: false,
                            receiver: Member(sockets)))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        try await body(Server(port: listener.localAddress?.port ?? 0, loop: loop, sockets: sockets))
        try await group.shutdownGracefully()
    }

    private static func number(_ text: String) -> Int? { text.split(separator: " ").first.flatMap { Int($0) } }

    @Test func `a reader that stops and goes on gets everything once and in order`() async throws {
        var configuration = GatewayConfiguration.quiet
        configuration.outboundHardBytesMax = 64 << 20
        try await withServer(configuration) { server in
            var reader = try await WireClient(port: server.port, receiveBufferBytes: 8 << 10)
            let channel = reader.channel
            try await server.untilOpen(1)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.send(0..<3_000, padding: 3_000) }
                group.addTask {
                    for round in 0..<200 {
                        try await channel.setOption(.autoRead, value: round % 2 == 1).get()
                        try await Task.sleep(for: .milliseconds(round % 5))
                    }
                    try await channel.setOption(.autoRead, value: true).get()
                }
                for expected in 0..<3_000 {
                    let text = try await reader.text()
                    try #require(Self.number(text) == expected)
                    try #require(text.utf8.count == "\(expected) ".utf8.count + expected * 131 % 3_000)
                }
                try await group.waitForAll()
            }
            try await reader.close()
        }
    }

    @Test func `a message larger than the socket's buffer arrives whole, and so does what follows`() async throws {
        var configuration = GatewayConfiguration.quiet
        configuration.outboundHardBytesMax = 64 << 20
        try await withServer(configuration) { server in
            var reader = try await WireClient(port: server.port, receiveBufferBytes: 8 << 10)
            try await server.untilOpen(1)
            // The first goes through the channel, the others do not.
            try await server.send(0..<1, padding: 1)
            #expect(try await reader.text() == "0 ")
            let large = String(repeating: "y", count: 900_000)
            try await server.loop.submit {
                for text in [large, "after", large] { server.sockets.open[0].send(.text, ByteBuffer(string: text)) }
            }.get()
            #expect(try await reader.text() == large)
            #expect(try await reader.text() == "after")
            #expect(try await reader.text() == large)
            try await reader.close()
        }
    }

    @Test func `a reader is given up when too many messages wait, however small they are`() async throws {
        try await withServer { server in
            let reader = try await WireClient(port: server.port, autoRead: false, receiveBufferBytes: 8 << 10)
            try await server.untilOpen(1)
            try await server.loop.submit {
                // A tenth of the bytes that may wait.
                for _ in 0..<40_000 { server.sockets.open[0].send(.pong, ByteBuffer()) }
            }.get()
            #expect(await server.sockets.closed.next() == .outboundOverflow)
            try await reader.close()
        }
    }

    @Test func `a reader that was idle for longer than the stall limit is not taken for a stalled one`() async throws {
        var configuration = GatewayConfiguration.quiet
        configuration.outboundHardBytesMax = 64 << 20
        configuration.outboundStall = .seconds(2)
        try await withServer(configuration) { server in
            var reader = try await WireClient(port: server.port, receiveBufferBytes: 8 << 10)
            try await server.untilOpen(1)
            try await server.send(0..<1, padding: 1)
            #expect(try await reader.text() == "0 ")
            try await Task.sleep(for: .milliseconds(2_100))
            try await reader.channel.setOption(.autoRead, value: false).get()
            try await server.send(1..<500, padding: 8_000)
            // Behind whatever the outbox has asked the loop for.
            try await server.loop.submit {}.get()
            try await reader.channel.setOption(.autoRead, value: true).get()
            for expected in 1..<500 { try #require(Self.number(try await reader.text()) == expected) }
            try await reader.close()
        }
    }

    @Test func `readers that vanish on either path leave the others alone`() async throws {
        try await withServer { server in
            var readers: [WireClient] = []
            for _ in 0..<20 { readers.append(try await WireClient(port: server.port)) }
            var vanishing: [WireClient] = []
            for index in 0..<20 {
                // Half of them read nothing, so that they vanish while something waits for them.
                vanishing.append(try await WireClient(port: server.port, autoRead: index % 2 == 0))
            }
            try await server.untilOpen(40)
            try await server.send(0..<100, padding: 2_000)
            // Who has not read everything resets the connection instead of ending it.
            for client in vanishing { try await client.close() }
            try await server.send(100..<200, padding: 2_000)
            for index in readers.indices {
                for expected in 0..<200 { try #require(Self.number(try await readers[index].text()) == expected) }
            }
            for _ in vanishing { #expect(await server.sockets.closed.next() == .transportClosed) }
            for reader in readers { try await reader.close() }
        }
    }
}
