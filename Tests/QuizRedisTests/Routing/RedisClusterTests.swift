import Foundation
import QuizCluster
import QuizModel
import QuizShards
import QuizSocial
import QuizTelemetry
import Testing

@testable import QuizRedis

/// Against a real cluster, three masters and three replicas.
@Suite(.timeLimit(.minutes(3))) struct RedisClusterTests {
    private func redirects(_ fixture: RedisFixture, _ kind: RedisComplaint.Kind) -> UInt64 {
        UInt64(fixture.metrics.counters(.redisRedirectsTotal, by: RedisComplaint.Kind.self)[kind].value)
    }

    @Test func `keys lie where the servers think, and whatever a node keeps there works on all of them`() async throws {
        let cluster = try await TestRedisCluster()
        let fixture = try await RedisFixture(cluster.configuration())
        let client = fixture.client
        for key in ["", "{}", "{}x", "a{b}c", "a{b", "}{b}", "{{b}}", "é{ü}", "qm:{nodes}:members", UUID().uuidString] {
            #expect(
                try await client.command(["CLUSTER", "KEYSLOT", key]).integer == Int64(RedisSlot(of: key).index),
                "\(key)")
        }
        try await everythingWorks(fixture)
        #expect(redirects(fixture, .moved) == 0)

        try await slotMoves(cluster, fixture)
        try await masterDies(cluster, fixture)
        await client.close()
    }

    private func everythingWorks(_ fixture: RedisFixture) async throws {
        let client = fixture.client
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<500 {
                let key = "\(fixture.keys.prefix):\(number)"
                group.addTask {
                    _ = try await client.command(["SET", key, "v\(number)"])
                    return try await client.command(["GET", key]).text == "v\(number)"
                }
            }
            for try await right in group { #expect(right) }
        }
        let own = Incarnation.random()
        let directory = RedisShardDirectory(client: client, keys: fixture.keys)
        let announcement = NodeAnnouncement(
            incarnation: own, name: "n", startedAtMs: 1, publicURL: "", meshAddress: "", meshVersion: 1, rules: 1,
            weight: 100, isDraining: false, rooms: 0)
        #expect(await directory.beat(announcement, beat: 1)?.members[own]?.beat == 1)
        let terms = ShardID.all.map { Term(shard: $0, epoch: Epoch(1), owner: own) }
        #expect(await directory.publish(terms))
        #expect(await directory.map()?.count == ShardID.count)
        let limiter = RedisRateLimiter(
            client: client, keys: fixture.keys, metrics: fixture.metrics, patience: .seconds(20))
        let presence = RedisPresence(client: client, keys: fixture.keys, incarnation: own, node: "n")
        let chat = RedisRecentChat(client: client, keys: fixture.keys, patience: .seconds(20))
        for number in 0..<20 {
            #expect(await limiter.take(.allCases[0], key: "stranger \(number)") == .allowed)
            let player = PlayerID.random()
            await presence.connected(player: player, room: nil)
            #expect(await presence.place(of: player)?.node == "n")
            await presence.disconnected(player: player)
            #expect(await presence.place(of: player) == nil)
            let room = RoomID.random()
            #expect(await chat.recent(room: room) == nil)
            await chat.fill(room: room, with: [])
            #expect(await chat.recent(room: room) == [])
        }
        #expect(fixture.metrics.counter(.rateLimitLocalTotal).value == 0)
    }

    /// A slot goes from one master to another, command by command, under fire.
    private func slotMoves(_ cluster: TestRedisCluster, _ fixture: RedisFixture) async throws {
        let client = fixture.client
        let slot = RedisSlot(of: "{moving}")
        let map = try await cluster.map()
        let source = try cluster.server(at: try #require(map[slot]))
        let target = try cluster.server(at: try #require(map.masters.first { $0 != source.address }))
        func name(_ server: TestRedis) async throws -> String {
            try #require(await server.ask("CLUSTER", "MYID")?.text)
        }
        let (sourceName, targetName) = (try await name(source), try await name(target))
        let keys = (0..<40).map { "{moving}\($0)" }
        for key in keys { _ = try await client.command(["SET", key, "0"]) }

        // Counts on while the slot moves: nothing may be lost or counted twice.
        let counting = Task {
            var counted = 0
            while !Task.isCancelled {
                for key in keys {
                    _ = try await client.command(["INCR", key], patience: .seconds(20))
                    counted += 1
                }
            }
            return counted
        }
        let number = "\(slot.index)"
        #expect(await target.ask("CLUSTER", "SETSLOT", number, "IMPORTING", sourceName)?.text == "OK")
        #expect(await source.ask("CLUSTER", "SETSLOT", number, "MIGRATING", targetName)?.text == "OK")
        func migrate(_ keys: some Sequence<String>) async {
            let command = ["MIGRATE", "127.0.0.1", "\(target.port)", "", "0", "5000", "KEYS"] + keys
            #expect(await source.ask(command)?.text == "OK")
        }
        await migrate(keys.prefix(20))
        try await TestRedisCluster.until("commands are answered with ASK") { redirects(fixture, .ask) > 20 }
        // The map stays as it is until the slot has moved.
        #expect(redirects(fixture, .moved) == 0)
        // Half of the keys here, half of them there: a command with both waits until they are together again.
        async let both = client.command(["MGET", keys[0], keys[39]], patience: .seconds(20))
        try await TestRedisCluster.until("a command is told to come again") { redirects(fixture, .tryAgain) > 0 }
        await migrate(keys.suffix(20))
        #expect(try await both.elements?.count == 2)
        let asked = redirects(fixture, .ask)
        #expect(await target.ask("CLUSTER", "SETSLOT", number, "NODE", targetName)?.text == "OK")
        #expect(await source.ask("CLUSTER", "SETSLOT", number, "NODE", targetName)?.text == "OK")
        try await TestRedisCluster.until("commands are answered with MOVED") { redirects(fixture, .moved) > 0 }
        try await Task.sleep(for: .milliseconds(300))
        counting.cancel()
        let counted = try await counting.value
        var sum: Int64 = 0
        for key in keys { sum += Int64(try await client.command(["GET", key]).text ?? "") ?? 0 }
        #expect(sum == Int64(counted))
        #expect(asked > 20)
        // It goes to the right one at once from here on.
        let moved = redirects(fixture, .moved)
        for key in keys { _ = try await client.command(["GET", key]) }
        #expect(redirects(fixture, .moved) == moved)
    }

    /// A master is killed, and its replica takes its place.
    private func masterDies(_ cluster: TestRedisCluster, _ fixture: RedisFixture) async throws {
        let client = fixture.client
        try await cluster.isWhole()
        let key = "{dying}x"
        let map = try await cluster.map()
        let before = try #require(map[RedisSlot(of: key)])
        let master = try cluster.server(at: before)
        // Another master, that what it has is to be had all the while.
        let other = try #require(
            (0..<100).map { "{other \($0)}" }.first { candidate in
                map[RedisSlot(of: candidate)] != before
            })
        _ = try await client.command(["SET", key, "kept"])
        try await TestRedisCluster.until("the replica has it") {
            let role = await master.ask("ROLE")?.elements
            let offset = role?[1].integer
            let replica = role?[2].elements?.first?.elements?[2].text
            return offset != nil && replica == offset.map(String.init)
        }
        master.stop()
        let killed = ContinuousClock.now
        var refused = 0
        while await fixture.failure(["SET", key, "written"], patience: .milliseconds(300)) != nil {
            refused += 1
            try #require(ContinuousClock.now - killed < .seconds(30))
        }
        #expect(refused > 0)
        #expect(client.isConnected)
        let after = try #require(try await cluster.map()[RedisSlot(of: key)])
        #expect(after != before)
        let promoted = try cluster.server(at: after)
        #expect(await promoted.ask("GET", key)?.text == "written")
        #expect(try await client.command(["SET", other, "x"]).text == "OK")
        try master.start()
        try await cluster.isWhole()
        #expect(client.pending == 0)
    }

    @Test func `nodes that do not answer are passed over, and who is no cluster is none`() async throws {
        let server = try TestRedis()
        let alone = RedisConfiguration(
            endpoint: RedisEndpoint(.cluster, addresses: [RedisAddress(host: "127.0.0.1", port: 1), server.address]))
        let fixture = try await RedisFixture(alone, waiting: false)
        #expect(await fixture.failure(["GET", "x"], patience: .milliseconds(500))?.code == .timedOut)
        #expect(!fixture.client.isConnected)
        await fixture.client.close()
    }
}
