import Foundation
import QuizTelemetry
import Testing

@testable import QuizRedis

/// A private master with a replica and three sentinels; servers and sentinels have different passwords.
private final class TestSentinels: Sendable {
    static let name = "the-master"
    /// No server is taken for dead that only stands still for a moment, as any does on a busy machine: its place would go
    /// to one that has not yet copied what it has. In milliseconds.
    static let neverDown = 100_000

    let servers: [TestRedis]
    let sentinels: [TestRedis]

    init() async throws {
        let password = ["--requirepass", "server pass", "--masterauth", "server pass"]
        let usual = password + ["--repl-diskless-sync-delay", "0"]
        let master = try TestRedis(arguments: usual)
        let replica = try TestRedis(arguments: usual + ["--replicaof", "127.0.0.1", "\(master.port)"])
        servers = [master, replica]
        sentinels = try (0..<3).map { _ in
            try TestRedis(sentinel: [
                "sentinel monitor \(Self.name) 127.0.0.1 \(master.port) 2",
                "sentinel auth-pass \(Self.name) \"server pass\"",
                "sentinel down-after-milliseconds \(Self.name) \(Self.neverDown)",
                "sentinel failover-timeout \(Self.name) 10000", "requirepass \"sentinel pass\"",
                "sentinel sentinel-pass \"sentinel pass\"",
            ])
        }
        try await ready()
    }

    /// The sentinels know one another and the replica.
    func ready() async throws {
        for sentinel in sentinels {
            try await TestRedisCluster.until("the sentinels know one another") { [self] in
                let fields = await state(of: sentinel)
                return fields["num-other-sentinels"] == "2" && fields["num-slaves"] == "1"
                    && fields["flags"] == "master"
            }
        }
        try await TestRedisCluster.until("the replica follows") { [self] in
            var following = 0
            for server in servers {
                let role = await server.ask(["ROLE"], password: "server pass")?.elements ?? []
                if role.count > 3, role[0].text == "slave", role[3].text == "connected" { following += 1 }
            }
            return following == 1
        }
    }

    func state(of sentinel: TestRedis) async -> [String: String] {
        let fields = await sentinel.ask(["SENTINEL", "MASTER", Self.name], password: "sentinel pass")?.elements ?? []
        var state: [String: String] = [:]
        for index in stride(from: 0, to: fields.count - 1, by: 2) {
            if let name = fields[index].text { state[name] = fields[index + 1].text }
        }
        return state
    }

    var configuration: RedisConfiguration {
        var endpoint = RedisEndpoint(
            .sentinel(master: Self.name), addresses: sentinels.map(\.address), password: "server pass")
        endpoint.sentinelPassword = "sentinel pass"
        return RedisConfiguration(endpoint: endpoint, patience: .seconds(20), stallLimit: .seconds(20))
    }

    /// - Parameter milliseconds: after how many without an answer the master is taken for dead.
    func takeForDead(after milliseconds: Int) async throws {
        for sentinel in sentinels {
            let set = ["SENTINEL", "SET", Self.name, "down-after-milliseconds", "\(milliseconds)"]
            try await TestRedisCluster.until("a sentinel is told") {
                await sentinel.ask(set, password: "sentinel pass")?.text == "OK"
            }
        }
    }

    /// Every sentinel knows that the second server is the master, and none is still changing anything.
    func switched() async throws {
        for sentinel in sentinels {
            try await TestRedisCluster.until("the sentinels have switched") { [self] in
                let fields = await state(of: sentinel)
                return fields["port"] == "\(servers[1].port)" && fields["flags"] == "master"
            }
        }
    }

    func isMaster(_ server: TestRedis) async -> Bool {
        await server.ask(["ROLE"], password: "server pass")?.elements?.first?.text == "master"
    }

    func get(_ key: String, from server: TestRedis) async -> String? {
        await server.ask(["GET", key], password: "server pass", patience: .seconds(20))?.text
    }
}

@Suite(.timeLimit(.minutes(6))) struct RedisSentinelTests {
    @Test func `the master is found, another one when it dies, and the old one is never gone back to`() async throws {
        let stage = try await TestSentinels()
        let fixture = try await RedisFixture(stage.configuration)
        _ = try await fixture.client.command(["SET", "k", "first"])
        #expect(await stage.get("k", from: stage.servers[0]) == "first")
        stage.servers[0].stop()
        try await stage.takeForDead(after: 700)
        let killed = ContinuousClock.now
        while await fixture.failure(["SET", "k", "second"], patience: .milliseconds(300)) != nil {
            try #require(ContinuousClock.now - killed < .seconds(100))
        }
        #expect(await stage.isMaster(stage.servers[1]))
        #expect(await stage.get("k", from: stage.servers[1]) == "second")
        try await stage.switched()
        try await stage.takeForDead(after: TestSentinels.neverDown)
        // It comes back as the master it was, for a moment, and with nothing: nobody may write to it.
        try stage.servers[0].start()
        try await TestRedisCluster.until("the first server is back") { [stage] in
            await stage.servers[0].ask(["ROLE"], password: "server pass") != nil
        }
        #expect(try await fixture.client.command(["INCR", "n"]).integer == 1)
        let back = ContinuousClock.now
        while await stage.isMaster(stage.servers[0]) {
            #expect(try await fixture.client.command(["INCR", "n"]).integer != nil)
            try #require(ContinuousClock.now - back < .seconds(100))
        }
        try await stage.ready()
        let counted = try #require(try await fixture.client.command(["GET", "n"]).text)
        #expect(await stage.get("n", from: stage.servers[1]) == counted)
        let kept = try await fixture.client.command(["GET", "k"]).text
        #expect(kept == "second")
        #expect(fixture.client.pending == 0)
        await fixture.client.close()
    }

    /// A failover in order, under fire: an increment that counted is at the new master.
    @Test func `a master that steps down is left at once`() async throws {
        let stage = try await TestSentinels()
        let fixture = try await RedisFixture(stage.configuration)
        let client = fixture.client
        let counting = Task {
            var numbers: [Int64] = []
            while !Task.isCancelled {
                if let number = try? await client.command(["INCR", "counted"], patience: .milliseconds(300)).integer {
                    numbers.append(number)
                }
            }
            return numbers
        }
        // It refuses until it has looked at the replica.
        try await TestRedisCluster.until("a sentinel begins a failover") {
            // An answer that was lost must not have it go back again.
            if await stage.isMaster(stage.servers[1]) { return true }
            return await stage.sentinels[0].ask(
                ["SENTINEL", "FAILOVER", TestSentinels.name], password: "sentinel pass") != nil
        }
        try await TestRedisCluster.until("the second server is the master", seconds: 60) {
            await stage.isMaster(stage.servers[1])
        }
        try await TestRedisCluster.until("the first server has stepped down", seconds: 60) {
            !(await stage.isMaster(stage.servers[0]))
        }
        // Whatever counted after the old master stepped down went to the new one.
        let from = try #require(try await client.command(["INCR", "behind"], patience: .seconds(20)).integer)
        #expect(await stage.get("behind", from: stage.servers[1]) == "\(from)")
        counting.cancel()
        let numbers = await counting.value
        #expect(numbers.count > 10)
        let kept = Int64(await stage.get("counted", from: stage.servers[1]) ?? "") ?? 0
        #expect(kept == numbers.last)
        await client.close()
    }

    @Test func `wrong passwords and unknown names lead nowhere, and nobody waits longer than he wants`() async throws {
        let sentinel = try TestRedis(sentinel: ["requirepass right"])
        for (name, password) in [("m", "wrong"), ("m", "right"), ("m", nil)] {
            var endpoint = RedisEndpoint(.sentinel(master: name), addresses: [sentinel.address])
            endpoint.sentinelPassword = password
            let fixture = try await RedisFixture(RedisConfiguration(endpoint: endpoint), waiting: false)
            #expect(await fixture.failure(["GET", "x"], patience: .milliseconds(300))?.code == .timedOut)
            #expect(!fixture.client.isConnected)
            await fixture.client.close()
        }
    }
}
