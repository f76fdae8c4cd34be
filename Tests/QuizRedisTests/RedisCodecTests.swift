import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

@testable import QuizRedis

/// The codec alone, on an embedded channel: no server, no time.
@Suite struct RedisCodecTests {
    private final class Answers: Sendable {
        private let values = NIOLockedValueBox<[Result<RedisReply, RedisFailure>]>([])
        func add(_ answer: Result<RedisReply, RedisFailure>) { values.withLockedValue { $0.append(answer) } }
        var all: [Result<RedisReply, RedisFailure>] { values.withLockedValue { $0 } }
    }

    private struct Rig {
        let channel: EmbeddedChannel
        let connection: RedisConnection
        let answers = Answers()
        let released = Answers()

        init(replyBytesMax: Int = 1 << 20) throws {
            channel = EmbeddedChannel()
            connection = RedisConnection { [released] in released.add(.success(.null)) }
            try channel.pipeline.syncOperations.addHandlers(HiredisDecoder(replyBytesMax: replyBytesMax), connection)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        func send(
            _ arguments: [String], deadline: NIODeadline = .distantFuture, at now: NIODeadline = .uptimeNanoseconds(0)
        ) {
            connection.send(
                RedisRequest(
                    arguments: arguments, queuedAt: now, deadline: deadline, done: { [answers] in answers.add($0) }),
                now: now)
        }

        func receive(_ text: String, chunk: Int = .max) throws {
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty, channel.isActive {
                let piece = rest.prefix(chunk)
                rest = rest.dropFirst(piece.count)
                // The decoder reports what is wrong to the connection handler, which closes; nothing is thrown out of
                // the pipeline.
                try channel.writeInbound(ByteBuffer(bytes: piece))
            }
        }
    }

    @Test func `commands of one tick leave in one write`() throws {
        let rig = try Rig()
        rig.send(["SET", "k", "a\r\nb\0c"])
        rig.send(["GET", ""])
        #expect(try rig.channel.readOutbound(as: ByteBuffer.self) == nil)
        rig.channel.embeddedEventLoop.run()
        let bytes = try #require(try rig.channel.readOutbound(as: ByteBuffer.self))
        #expect(
            String(buffer: bytes) == "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$6\r\na\r\nb\0c\r\n*2\r\n$3\r\nGET\r\n$0\r\n\r\n")
        #expect(try rig.channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test(arguments: [1, 2, 7, 1_000])
    func `replies of every kind arrive however the bytes are cut`(chunk: Int) throws {
        let rig = try Rig()
        for _ in 0..<7 { rig.send(["X"]) }
        try rig.receive(
            "+OK\r\n:-7\r\n$-1\r\n$3\r\na\0b\r\n$0\r\n\r\n*3\r\n:1\r\n*1\r\n$1\r\nx\r\n-E\r\n-WRONGTYPE no\r\n",
            chunk: chunk)
        #expect(
            rig.answers.all == [
                .success(.status("OK")), .success(.integer(-7)), .success(.null), .success(.string([97, 0, 98])),
                .success(.string([])), .success(.array([.integer(1), .array([.string([120])]), .error("E")])),
                .failure(RedisFailure(.server, "WRONGTYPE no")),
            ])
        #expect(rig.channel.isActive)
        #expect(rig.released.all.count == 7)
    }

    static let garbage: [(String, String)] = [
        ("HTTP on the port", "HTTP/1.1 400 Bad Request\r\n\r\n"), ("RESP3 null", "_\r\n"),
        ("RESP3 map", "%1\r\n+a\r\n:1\r\n"), ("bad length", "$abc\r\n"), ("negative length", "$-5\r\n"),
        ("huge multibulk", "*2147483648\r\n"), ("huge multibulk 2", "*9223372036854775807\r\n"),
        ("depth 9", String(repeating: "*1\r\n", count: 9) + ":1\r\n"),
        ("integer overflow", ":99999999999999999999\r\n"),
        ("NULs", "\0\0\0\0\r\n"), ("never-ending bulk", "$50000000\r\n" + String(repeating: "x", count: 1_200_000)),
    ]

    @Test(arguments: garbage)
    func `garbage closes the connection and fails what is in flight, once`(name: String, bytes: String) throws {
        let rig = try Rig()
        rig.send(["A"])
        rig.send(["B"])
        try rig.receive(bytes, chunk: 65_536)
        rig.channel.embeddedEventLoop.run()
        #expect(!rig.channel.isActive, "\(name)")
        #expect(rig.answers.all.count == 2)
        for answer in rig.answers.all {
            guard case .failure(let failure) = answer else {
                Issue.record("\(name): \(answer)")
                continue
            }
            #expect(failure.code == .protocolViolation && !failure.context.isEmpty, "\(name)")
        }
        #expect(rig.released.all.count == 2)
    }

    @Test(arguments: ["$9223372036854775807\r\n", "*1000000\r\n:1\r\n"])
    func `a header that promises too much only waits`(bytes: String) throws {
        let rig = try Rig()
        rig.send(["A"], deadline: .uptimeNanoseconds(50))
        try rig.receive(bytes)
        #expect(rig.answers.all.isEmpty)
        _ = rig.connection.sweep(now: .uptimeNanoseconds(50))
        #expect(rig.answers.all == [.failure(RedisFailure(.timedOut))])
    }

    @Test func `two replies to one request close the connection`() throws {
        let rig = try Rig()
        rig.send(["A"])
        try rig.receive("+A\r\n+B\r\n")
        rig.channel.embeddedEventLoop.run()
        #expect(rig.answers.all == [.success(.status("A"))])
        #expect(!rig.channel.isActive)
    }

    @Test func `a caller that gave up keeps its place in the row`() throws {
        let rig = try Rig()
        rig.send(["A"], deadline: .uptimeNanoseconds(10), at: .uptimeNanoseconds(1))
        rig.send(["B"], at: .uptimeNanoseconds(2))
        #expect(rig.connection.sweep(now: .uptimeNanoseconds(9)) == .uptimeNanoseconds(1))
        #expect(rig.answers.all.isEmpty)
        #expect(rig.connection.sweep(now: .uptimeNanoseconds(10)) == .uptimeNanoseconds(1))
        #expect(rig.answers.all == [.failure(RedisFailure(.timedOut))])
        #expect(rig.released.all.isEmpty)
        try rig.receive("+A\r\n+B\r\n")
        #expect(rig.answers.all == [.failure(RedisFailure(.timedOut)), .success(.status("B"))])
        #expect(rig.released.all.count == 2)
        #expect(rig.connection.sweep(now: .uptimeNanoseconds(11)) == nil)
    }

    @Test func `what is in flight when the connection closes fails once and is released once`() throws {
        let rig = try Rig()
        rig.send(["A"], deadline: .uptimeNanoseconds(10))
        rig.send(["B"])
        _ = rig.connection.sweep(now: .uptimeNanoseconds(10))
        try rig.channel.close().wait()
        rig.channel.embeddedEventLoop.run()
        #expect(rig.answers.all == [.failure(RedisFailure(.timedOut)), .failure(RedisFailure(.connectionLost))])
        #expect(rig.released.all.count == 2)
        rig.send(["C"])
        #expect(rig.answers.all.last == .failure(RedisFailure(.connectionLost)))
        #expect(rig.answers.all.count == 3)
    }
}
