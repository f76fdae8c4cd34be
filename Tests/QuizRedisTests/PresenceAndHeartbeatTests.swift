import Logging
import NIOConcurrencyHelpers
import QuizModel
import QuizSocial
import QuizTelemetry
import ServiceLifecycle
import Testing

@testable import QuizRedis

@Suite(.timeLimit(.minutes(2))) struct PresenceTests {
    @Test func `a player is where the last node saw them`() async throws {
        let fixture = try await RedisFixture.shared()
        let (first, second) = (Incarnation.random(), Incarnation.random())
        let here = RedisPresence(client: fixture.client, keys: fixture.keys, incarnation: first, node: "n1|x")
        let there = RedisPresence(client: fixture.client, keys: fixture.keys, incarnation: second, node: "n2")
        let player = PlayerID.random()
        #expect(await here.place(of: player) == nil)
        let room = try #require(RoomCode("ABCDEFG"))
        await here.connected(player: player, room: room)
        #expect(await there.place(of: player) == .init(incarnation: first, node: "n1x", room: room))
        await there.connected(player: player, room: nil)
        #expect(await here.place(of: player) == .init(incarnation: second, node: "n2", room: nil))
        // The first node's connection closes late: the player is still at the second.
        await here.disconnected(player: player)
        #expect(await here.place(of: player)?.node == "n2")
        await there.disconnected(player: player)
        #expect(await here.place(of: player) == nil)
        await fixture.client.close()
    }

    @Test func `a presence nobody repeats expires`() async throws {
        let fixture = try await RedisFixture.shared()
        let presence = RedisPresence(client: fixture.client, keys: fixture.keys, incarnation: .random(), node: "n")
        let player = PlayerID.random()
        await presence.connected(player: player, room: nil)
        let ttl = try await fixture.client.command(["PTTL", fixture.keys.presence(player).text])
        #expect((1...RedisPresence.ttlMs).contains(Int(try #require(ttl.integer))))
        await fixture.client.close()
    }

    @Test func `without Redis nobody waits for ever and nobody fails`() async throws {
        let server = try TestRedis()
        let fixture = try await RedisFixture(server)
        let presence = RedisPresence(client: fixture.client, keys: fixture.keys, incarnation: .random(), node: "n")
        server.stop()
        await fixture.lost()
        await presence.connected(player: .random(), room: nil)
        await presence.disconnected(player: .random())
        #expect(await presence.place(of: .random()) == nil)
        await fixture.client.close()
    }
}

@Suite(.timeLimit(.minutes(2))) struct HeartbeatTests {
    @Test func `a beat counts, expires, and tells the generation all nodes share`() async throws {
        let fixture = try await RedisFixture.shared()
        let incarnations = [Incarnation.random(), Incarnation.random()]
        let nodes = incarnations.map {
            NodeHeartbeat(
                client: fixture.client, keys: fixture.keys, incarnation: $0, node: "n", metrics: fixture.metrics,
                logger: fixture.logger)
        }
        #expect(await nodes[0].beats(of: incarnations[0]) == nil)
        for node in nodes { #expect(await node.beat()) }
        #expect(await nodes[0].beat())
        #expect(await nodes[1].beats(of: incarnations[0]) == 2)
        #expect(nodes[0].generation != nil && nodes[0].generation == nodes[1].generation)
        let ttl = try await fixture.client.command(["PTTL", fixture.keys.node(incarnations[0]).text])
        #expect((1...NodeHeartbeat.ttlMs).contains(Int(try #require(ttl.integer))))
        await nodes[0].resign()
        #expect(await nodes[1].beats(of: incarnations[0]) == nil)
        await fixture.client.close()
    }

    @Test func `an emptied Redis is another generation, and every node is told once`() async throws {
        let server = try TestRedis()
        let fixture = try await RedisFixture(server)
        let told = NIOLockedValueBox<[String]>([])
        let node = NodeHeartbeat(
            client: fixture.client, keys: fixture.keys, incarnation: .random(), node: "n", metrics: fixture.metrics,
            logger: fixture.logger, onNewGeneration: { generation in told.withLockedValue { $0.append(generation) } })
        await node.beat()
        let first = node.generation
        await node.beat()
        #expect(told.withLockedValue { $0 } == [])
        _ = try await fixture.client.command(["FLUSHALL"])
        await node.beat()
        await node.beat()
        #expect(node.generation != first)
        #expect(told.withLockedValue { $0 } == [try #require(node.generation)])
        server.stop()
        await fixture.lost()
        #expect(await node.beat() == false)
        #expect(fixture.metrics.counter(.nodeHeartbeatFailuresTotal).value == 1)
        await fixture.client.close()
    }

    @Test func `as services they connect, beat and resign in order`() async throws {
        let server = try TestRedis()
        let fixture = try await RedisFixture(server)
        let incarnation = Incarnation.random()
        let client = try RedisClient(
            configuration: RedisConfiguration(endpoint: server.endpoint), loop: fixture.loop,
            metrics: MetricsRegistry(),
            logger: fixture.logger)
        let heartbeat = NodeHeartbeat(
            client: client, keys: fixture.keys, incarnation: incarnation, node: "n", metrics: fixture.metrics,
            logger: fixture.logger)
        let group = ServiceGroup(services: [client, heartbeat], logger: fixture.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            while await heartbeat.beats(of: incarnation) == nil {}
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(!client.isConnected)
        #expect(try await fixture.client.command(["EXISTS", fixture.keys.node(incarnation).text]) == .integer(0))
        await fixture.client.close()
    }
}
