import NIOCore
import NIOPosix
import QuizCluster
import QuizGateway
import QuizMesh
import QuizModel
import QuizRoom
import QuizRoomHost
import QuizShards
import QuizWire

extension Operation {
    /// A reveal with fifty results, to the frames everybody is sent.
    static let encodeEvent = Operation("encode a reveal of 50") {
        let results = players(50).map {
            RevealResult(
                player: $0, choice: [1], correct: true, accuracyPoints: 600, speedPoints: 321, streakPoints: 25,
                streak: 2, score: 1_946)
        }
        let payload = RevealPayload(
            seq: 70, index: 3, correct: [1], counts: [10, 20, 15, 5], unanswered: 0, explanation: "Because.",
            source: nil,
            results: results, at: RoomInstant(milliseconds: 123_456), until: RoomInstant(milliseconds: 129_456))
        return {
            guard let json = try? WireJSON.buffer(payload) else { preconditionFailure("It does not encode.") }
            _ = OutboundMessage(event: "game:reveal", payloadJSON: json, offset: "ABCDEFG.70.0123abcd")
        }
    }

    /// An answer in each of a hundred rooms: rows, chains, the lane's batch, and what follows from its commit.
    static let journalBatch = Operation("a journal batch of 100", isLong: true) {
        let rooms = (1...100).map { RoomID(value: UInt128($0)) }
        let term = Term(
            shard: ShardID(index: 7).known, epoch: Epoch(3), owner: Incarnation(value: 9))
        let input = RoomInput.answer(
            player: PlayerID(value: 5), question: 3, choice: [1], id: ClientID("a3").known, ageMs: 1)
        let kept = Set(rooms)
        var lane = JournalLaneMachine()
        var heads = rooms.map { JournalHead(number: 0, chain: JournalChain.start(room: $0, rules: 1)) }
        return {
            for (index, room) in rooms.enumerated() {
                let (before, number) = (heads[index], heads[index].number + 1)
                let payload = input.encode(
                    at: RoomInstant(milliseconds: 5_000), from: InputOrigin(session: 77, number: 3))
                let chain = JournalChain.next(after: before.chain, number: number, payload: payload)
                heads[index] = JournalHead(number: number, chain: chain)
                lane.enqueue(
                    RoomAppend(
                        room: room, term: term, previous: before,
                        rows: [JournalRow(number: number, chain: chain, digest: 1, payload: payload)]))
            }
            guard case .send? = lane.next(), lane.outcome(.committed(kept: kept)).count == rooms.count else {
                preconditionFailure("The lane does not commit.")
            }
        }
    }

    /// One event from the room to the sockets of its members, over loopback; readers on another thread.
    static func tick(members count: Int) -> Operation {
        Operation("a tick with \(count) members", isLong: true) {
            let audience = Audience(count)
            let message = OutboundMessage(
                event: "chat:message",
                payloadJSON: ByteBuffer(string: #"{"text":"\#(String(repeating: "x", count: 60))"}"#),
                offset: "ABCDEFG.70.0123abcd")
            return { audience.tell(message) }
        }
    }

    /// An event for twenty-five sessions of another node, there and back.
    static let meshFrame = Operation("a mesh frame") {
        let handles = (1...25).map { SessionHandle(session: UInt64($0), attachment: 1) }
        let event = SessionsEvent(
            sessions: handles, name: "chat:message", json: ByteBuffer(repeating: 0x20, count: 120),
            offset: "ABCDEFG.70.0123abcd", conflation: nil)
        return {
            guard var frame = try? MeshCodec.frame(.event(event)) else { preconditionFailure("It does not encode.") }
            // Behind the length and the kind of frame.
            frame.moveReaderIndex(forwardBy: 5)
            guard (try? MeshCodec.decode(frame)) != nil else { preconditionFailure("It does not decode.") }
        }
    }
}

/// WebSockets of one event loop, and clients that throw away what they read.
private final class Audience {
    /// Confined to the servers' loop.
    private final class Sockets: @unchecked Sendable {
        var open: [WebSocketHandler] = []
    }

    private final class Member: WebSocketReceiver {
        private let sockets: Sockets

        init(_ sockets: Sockets) { self.sockets = sockets }

        func opened(_ socket: WebSocketHandler) { sockets.open.append(socket) }
        func received(text: ByteBuffer, at instant: NIODeadline) {}
        func received(binary: ByteBuffer, at instant: NIODeadline) {}
        func closed(_ reason: EngineIOCloseReason) {}
    }

    private let servers = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let clients = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let loop: any EventLoop
    private let sockets = Sockets()

    init(_ count: Int) {
        loop = servers.next()
        let context = LoopContext(loop)
        let sockets = sockets
        do {
            let listener = try ServerBootstrap(group: servers)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            WebSocketHandler(
                                loop: context, configuration: GatewayConfiguration(), agreement: nil,
                                isEncrypted: false, receiver: Member(sockets)))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).wait()
            let port = listener.localAddress?.port ?? 0
            for _ in 0..<count {
                _ = try ClientBootstrap(group: clients).connect(host: "127.0.0.1", port: port).wait()
            }
            while try loop.submit({ sockets.open.count }).wait() < count {}
        } catch {
            preconditionFailure("The sockets do not open: \(error)")
        }
    }

    deinit {
        // Nothing is done when they do not end.
        try? servers.syncShutdownGracefully()
        try? clients.syncShutdownGracefully()
    }

    func tell(_ message: OutboundMessage) {
        let sockets = sockets
        do {
            try loop.submit { for socket in sockets.open { socket.send(message) } }.wait()
            // Behind the tick.
            try loop.submit {}.wait()
        } catch {
            preconditionFailure("The loop has ended: \(error)")
        }
    }
}
