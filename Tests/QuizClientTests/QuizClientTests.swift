import NIOCore
import QuizCluster
import QuizModel
import QuizTestKit
import Testing

@testable import QuizClient

/// The client against real listeners, alone and while rooms move between two nodes.
@Suite(.serialized) struct QuizClientTests {
    private func client(_ node: TestNode, _ name: String, follows: Bool = true) throws -> QuizClient {
        var configuration = QuizClientConfiguration(url: node.address, nickname: try #require(Nickname(name)))
        configuration.followsRedirects = follows
        configuration.reconnectDelay = .milliseconds(20)
        return try QuizClient(configuration)
    }

    /// Reads events until one is what is waited for; the game events on the way have no gap.
    private struct Reader {
        private var events: AsyncThrowingStream<QuizEvent, any Error>.AsyncIterator
        private(set) var seqs: [Int] = []
        private(set) var others: [QuizEvent] = []

        init(_ client: QuizClient) { events = client.events.makeAsyncIterator() }

        mutating func next<Value>(_ wanted: (QuizEvent) -> Value?) async throws -> Value {
            while let event = try await events.next() {
                if let seq = event.seq { seqs.append(seq) } else { others.append(event) }
                if let value = wanted(event) { return value }
            }
            throw QuizClientError.closed
        }

        var isContiguous: Bool { zip(seqs, seqs.dropFirst()).allSatisfy { $0.1 == $0.0 + 1 } }
    }

    @Test(.timeLimit(.minutes(2))) func `a game is played, its answers are kept, and clocks agree`() async throws {
        try await TestCluster.run { cluster in
            let client = try client(cluster.nodes[0], "Ada")
            let me = try await client.connect()
            #expect(me.nickname.text == "Ada")
            let made = try await client.create(RoomSettings(questionCount: 1))
            try await client.join(made.code)
            try await client.synchronise()
            try await client.start()
            try await client.skip()
            var reader = Reader(client)
            let question = try await reader.next { if case .question(let question) = $0 { question } else { nil } }
            let now = try #require(client.roomTime)
            #expect(abs(now - Double(question.opensAt.milliseconds)) < 20_000)
            let right = try #require(question.choices.firstIndex(of: "right"))
            let answer = try await answered(client, question, choice: [right])
            #expect(answer.choice == [right])
            let reveal = try await reader.next { if case .reveal(let reveal) = $0 { reveal } else { nil } }
            #expect(reveal.results.map(\.correct) == [true])
            #expect(reader.isContiguous)
            try await client.leave()
            await client.close()
            await #expect(throws: QuizClientError.closed) { try await client.ready() }
        }
    }

    /// A question is shown a moment before it opens.
    private func answered(_ client: QuizClient, _ question: QuestionPayload, choice: [Int]) async throws -> AnswerAck {
        while true {
            do {
                return try await client.answer(question, choice: choice)
            } catch {
                guard error.code == .wrongPhase else { throw error }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @Test(.timeLimit(.minutes(2))) func `a client goes to its room's node without leaving, another one is forwarded`()
        async throws
    {
        try await TestCluster.run { cluster in
            let (here, there) = (cluster.nodes[0], cluster.nodes[1])
            let host = try client(here, "Host")
            try await host.connect()
            let made = try await host.create(RoomSettings(questionCount: 2))
            try await host.join(made.code)
            #expect(here.has(made.code))
            let (mover, stayer) = (try client(there, "Mover"), try client(there, "Stayer", follows: false))
            try await mover.connect()
            try await stayer.connect()
            try await mover.join(made.code)
            try await stayer.join(made.code)
            var reader = Reader(mover)
            let moved = try await reader.next { if case .moved(let url) = $0 { url } else { nil } }
            #expect(moved == here.address)
            try await host.start()
            _ = try await reader.next { if case .countdown = $0 { true } else { nil } }
            #expect(reader.isContiguous)
            #expect(!reader.others.contains(.disconnected))
            var other = Reader(stayer)
            _ = try await other.next { if case .countdown = $0 { true } else { nil } }
            #expect(!other.others.contains { if case .moved = $0 { true } else { false } })
            #expect(here.metric("quizmania_gateway_tickets_total{verdict=\"redeemed\"} 1"))
            for client in [host, mover, stayer] { await client.close() }
        }
    }

    @Test(.timeLimit(.minutes(2))) func `clients follow a room that is moved in the middle of a game`() async throws {
        try await TestCluster.run { cluster in
            let (here, there) = (cluster.nodes[0], cluster.nodes[1])
            let (host, guest) = (try client(here, "Host"), try client(here, "Guest"))
            try await host.connect()
            try await guest.connect()
            let made = try await host.create(RoomSettings(questionCount: 1))
            try await host.join(made.code)
            try await guest.join(made.code)
            try await host.start()
            try await host.skip()
            var (reader, other) = (Reader(host), Reader(guest))
            let question = try await reader.next { if case .question(let question) = $0 { question } else { nil } }
            try await cluster.store.apply(.drain(node: here.name), reason: "a test")
            // Asked before the move and answered after it, by whichever node.
            let answer = try await answered(host, question, choice: [0])
            #expect(answer.choice == [0])
            for reads in [0, 1] {
                let url = try await (reads == 0 ? reader.next(Self.moved) : other.next(Self.moved))
                #expect(url == there.address)
            }
            #expect(there.has(made.code))
            _ = try await answered(guest, question, choice: [1])
            _ = try await reader.next { if case .reveal = $0 { true } else { nil } }
            _ = try await other.next { if case .reveal = $0 { true } else { nil } }
            #expect(reader.isContiguous)
            #expect(other.isContiguous)
            #expect(!(reader.others + other.others).contains(.disconnected))
            for client in [host, guest] { await client.close() }
        }
    }

    private static func moved(_ event: QuizEvent) -> String? { if case .moved(let url) = event { url } else { nil } }

    @Test(.timeLimit(.minutes(2))) func `a connection that breaks is made again, and nothing is missing`() async throws
    {
        try await TestCluster.run { cluster in
            let node = cluster.nodes[0]
            let (host, guest) = (try client(node, "Host"), try client(node, "Guest"))
            try await host.connect()
            try await guest.connect()
            let made = try await host.create(RoomSettings(questionCount: 1))
            try await host.join(made.code)
            try await guest.join(made.code)
            var reader = Reader(guest)
            _ = try await reader.next { if case .roomMe = $0 { true } else { nil } }
            try await guest.loop.submit { guest.core.line?.close() }.get()
            // Asked while there is no connection: kept, and sent when there is one.
            try await guest.ready()
            try await host.start()
            _ = try await reader.next { $0 == .disconnected ? true : nil }
            let recovered = try await reader.next { if case .connected(let recovered) = $0 { recovered } else { nil } }
            #expect(recovered)
            _ = try await reader.next { if case .countdown = $0 { true } else { nil } }
            #expect(reader.isContiguous)
            await #expect(throws: QuizClientError.self) { try await guest.start() }
            for client in [host, guest] { await client.close() }
        }
    }

    @Test(.timeLimit(.minutes(1))) func `nobody at the address: commands fail, and close ends the wait`() async throws {
        var configuration = QuizClientConfiguration(url: "http://127.0.0.1:9", nickname: try #require(Nickname("Ada")))
        configuration.commandLimit = .milliseconds(100)
        let client = try QuizClient(configuration)
        await #expect(throws: QuizClientError.lost) { try await client.start() }
        await #expect(throws: QuizClientError.timedOut) { try await client.ready() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await #expect(throws: QuizClientError.closed) { try await client.connect() } }
            group.addTask { await client.close() }
            try await group.waitForAll()
        }
    }
}
