import NIOCore
import QuizCluster
import QuizModel
import QuizShards
import Testing

@testable import QuizRedis

@Suite(.timeLimit(.minutes(2))) struct ShardDirectoryTests {
    private func announcement(_ name: String, rooms: Int = 0) -> NodeAnnouncement {
        NodeAnnouncement(
            incarnation: .random(), name: name, startedAtMs: 1_700_000_000_000, publicURL: "https://\(name):443",
            meshAddress: "\(name):7000", meshVersion: 1, rules: 2, weight: 100, isDraining: false, rooms: rooms)
    }

    private func term(_ shard: Int, _ epoch: Int64, _ owner: Incarnation) throws -> Term {
        Term(shard: try #require(ShardID(index: shard)), epoch: Epoch(epoch), owner: owner)
    }

    // MARK: Members

    @Test func `two nodes see each other, and their beats count up`() async throws {
        let fixture = try await RedisFixture.shared()
        let directory = RedisShardDirectory(client: fixture.client, keys: fixture.keys)
        var (first, second) = (announcement("n1"), announcement("n\"2\" é"))
        let alone = try #require(await directory.beat(first, beat: 1))
        #expect(alone.members == [first.incarnation: .init(announcement: first, beat: 1)])
        let both = try #require(await directory.beat(second, beat: .max))
        #expect(both.members.count == 2)
        #expect(both.members[first.incarnation] == .init(announcement: first, beat: 1))
        #expect(both.members[second.incarnation] == .init(announcement: second, beat: .max))
        first.isDraining = true
        first.rooms = 7
        let later = try #require(await directory.beat(first, beat: 2))
        #expect(later.members[first.incarnation] == .init(announcement: first, beat: 2))
        #expect(later.members.count == 2)
        #expect(Set([alone, both, later].map(\.generation)).count == 1)
        await fixture.client.close()
    }

    @Test func `an emptied Redis is another generation, the same for all nodes`() async throws {
        let server = try TestRedis()
        let fixture = try await RedisFixture(server)
        let directory = RedisShardDirectory(client: fixture.client, keys: fixture.keys)
        let (first, second) = (announcement("n1"), announcement("n2"))
        _ = await directory.beat(second, beat: 1)
        let before = try #require(await directory.beat(first, beat: 1))
        _ = try await fixture.client.command(["FLUSHALL"])
        let after = try #require(await directory.beat(first, beat: 2))
        #expect(after.generation != before.generation)
        #expect(Set(after.members.keys) == [first.incarnation])
        #expect(await directory.beat(second, beat: 2)?.generation == after.generation)
        await fixture.client.close()
    }

    /// The real thing behind the rules of `Membership`: a Redis that is killed and comes back with an old copy.
    @Test func `a Redis that comes back with an old copy kills nobody and brings nobody back`() async throws {
        let server = try TestRedis()
        let fixture = try await RedisFixture(server)
        let directory = RedisShardDirectory(client: fixture.client, keys: fixture.keys)
        let (own, living, dead) = (announcement("n1"), announcement("n2"), announcement("n3"))
        var membership = Membership(own: own, ttl: .seconds(3), now: .uptimeNanoseconds(0))
        var now = NIODeadline.uptimeNanoseconds(0)
        var beat: UInt64 = 0
        func look(after time: TimeAmount, _ others: NodeAnnouncement...) async -> ClusterView {
            now = now + time
            beat += 1
            for other in others { _ = await directory.beat(other, beat: beat) }
            membership.observe(await directory.beat(own, beat: beat), links: [], at: now)
            return membership.view(at: now)
        }
        _ = await look(after: .zero, living, dead)
        _ = try await fixture.client.command(["SAVE"])
        for _ in 0..<7 { _ = await look(after: .milliseconds(500), living) }
        #expect(membership.view(at: now).dead == [dead.incarnation])
        server.stop()
        await fixture.lost()
        try server.start()
        try await fixture.reconnected()
        // The copy says beat 1 for everybody.
        let behind = await look(after: .milliseconds(500))
        #expect(behind.dead == [dead.incarnation])
        #expect(!behind.isSettled)
        #expect(behind.isAlive(living.incarnation))
        for _ in 0..<11 {
            let view = await look(after: .milliseconds(500), living)
            #expect(view.dead == [dead.incarnation] && !view.isSettled)
        }
        let settled = await look(after: .milliseconds(500), living)
        #expect(settled.isSettled && settled.dead == [dead.incarnation] && settled.isAlive(living.incarnation))
        await fixture.client.close()
    }

    @Test func `who is no node sees the members and announces nothing`() async throws {
        let fixture = try await RedisFixture.shared()
        let directory = RedisShardDirectory(client: fixture.client, keys: fixture.keys)
        #expect(await directory.members() == DirectorySnapshot(generation: "", members: [:]))
        let first = announcement("n1")
        let told = try #require(await directory.beat(first, beat: 7))
        #expect(await directory.members() == told)
        #expect(told.members == [first.incarnation: .init(announcement: first, beat: 7)])
        await fixture.client.close()
        #expect(await directory.members() == nil)
    }

    @Test func `whoever is forgotten is gone until it beats again`() async throws {
        let fixture = try await RedisFixture.shared()
        let directory = RedisShardDirectory(client: fixture.client, keys: fixture.keys)
        let (first, second) = (announcement("n1"), announcement("n2"))
        _ = await directory.beat(first, beat: 1)
        _ = await directory.beat(second, beat: 1)
        await directory.forget(second.incarnation)
        await directory.forget(.random())
        #expect(await directory.beat(first, beat: 2)?.members.keys.sorted() == [first.incarnation])
        #expect(await directory.beat(second, beat: 2)?.members.count == 2)
        await fixture.client.close()
    }

    @Test func `members that cannot be read are skipped`() async throws {
        let fixture = try await RedisFixture.shared()
        let directory = RedisShardDirectory(client: fixture.client, keys: fixture.keys)
        let (first, second) = (announcement("n1"), announcement("n2"))
        let stranger = Incarnation.random().description
        _ = await directory.beat(second, beat: 1)
        let key = fixture.keys.members.text
        // A record under somebody else's name would be a second member of the same incarnation.
        let copied = try #require(try await fixture.client.command(["HGET", key, second.incarnation.description]).text)
        for (field, value) in [
            (stranger, copied), ("", ""), ("n3", "{}"), (Incarnation.random().description, "{\"beat\":1}"),
            (Incarnation.random().description, "not JSON"),
        ] {
            _ = try await fixture.client.command(["HSET", key, field, value])
        }
        let members = try #require(await directory.beat(first, beat: 1)).members
        #expect(Set(members.keys) == [first.incarnation, second.incarnation])
        await fixture.client.close()
    }

    // MARK: Terms

    @Test func `the higher epoch wins whatever the order, and an equal one changes nothing`() async throws {
        let fixture = try await RedisFixture.shared()
        let directory = RedisShardDirectory(client: fixture.client, keys: fixture.keys)
        let (one, two) = (Incarnation.random(), Incarnation.random())
        #expect(await directory.map() == [:])
        // As text 9 is more than 10.
        #expect(await directory.publish([try term(0, 9, one), try term(1, 10, two), try term(2, 1, one)]))
        #expect(await directory.publish([try term(0, 10, two), try term(1, 9, one), try term(2, 1, two)]))
        let map = try #require(await directory.map())
        #expect(Set(map.values) == [try term(0, 10, two), try term(1, 10, two), try term(2, 1, one)])
        // Twice in one call, and an epoch that only an owner of nothing has.
        #expect(await directory.publish([try term(3, 5, two), try term(3, 4, one), try term(4, 0, one)]))
        #expect(await directory.publish([]))
        let later = try #require(await directory.map())
        #expect(later.count == 4)
        #expect(later[try #require(ShardID(index: 3))] == (try term(3, 5, two)))
        await fixture.client.close()
    }

    @Test func `the script says how many it wrote`() async throws {
        let fixture = try await RedisFixture.shared()
        let key = fixture.keys.shardMap.text
        let owner = Incarnation.random().description
        func claim(_ arguments: [String]) async throws -> Int64? {
            try await fixture.client.evaluate(.shardClaim, keys: [key], arguments: arguments).integer
        }
        #expect(try await claim(["1", "2", owner, "2", "2", owner]) == 2)
        #expect(try await claim(["1", "2", owner, "2", "3", owner]) == 1)
        #expect(try await claim(["1", "1", owner]) == 0)
        await fixture.client.close()
    }

    @Test func `a map of all shards comes back as it was`() async throws {
        let fixture = try await RedisFixture.shared()
        let directory = RedisShardDirectory(client: fixture.client, keys: fixture.keys)
        let owners = (0..<3).map { _ in Incarnation.random() }
        let terms = ShardID.all.map { shard in
            Term(shard: shard, epoch: Epoch(Int64(shard.index) * 1_000_003 + 1), owner: owners[shard.index % 3])
        }
        #expect(await directory.publish(terms))
        let map = try #require(await directory.map())
        #expect(map.count == ShardID.count)
        #expect(terms.allSatisfy { map[$0.shard] == $0 })
        await fixture.client.close()
    }

    @Test func `terms that cannot be read are skipped and written over`() async throws {
        let fixture = try await RedisFixture.shared()
        let directory = RedisShardDirectory(client: fixture.client, keys: fixture.keys)
        let owner = Incarnation.random()
        let wrong = [
            ("0", ""), ("1", "7"), ("2", "|\(owner)"), ("3", "x|\(owner)"), ("4", "-1|\(owner)"), ("5", "+1|\(owner)"),
            ("6", "1|abc"), ("7", "1|\(owner)|"), ("8", " 1|\(owner)"),
        ]
        let elsewhere = [("1024", "1|\(owner)"), ("-1", "1|\(owner)"), ("007", "1|\(owner)"), ("", "1|\(owner)")]
        for (field, value) in wrong + elsewhere {
            _ = try await fixture.client.command(["HSET", fixture.keys.shardMap.text, field, value])
        }
        #expect(await directory.map() == [:])
        let terms = try wrong.indices.map { try term($0, 1, owner) }
        #expect(await directory.publish(terms))
        #expect(await directory.map() == Dictionary(uniqueKeysWithValues: terms.map { ($0.shard, $0) }))
        await fixture.client.close()
    }

    // MARK: Away

    @Test func `without Redis nobody waits for ever and nobody fails`() async throws {
        let server = try TestRedis()
        let fixture = try await RedisFixture(server)
        let directory = RedisShardDirectory(client: fixture.client, keys: fixture.keys)
        let terms = ShardID.all.map { Term(shard: $0, epoch: Epoch(1), owner: .random()) }
        server.stop()
        await fixture.lost()
        #expect(await directory.beat(announcement("n1"), beat: 1) == nil)
        #expect(await directory.publish(terms) == false)
        #expect(await directory.map() == nil)
        await directory.forget(.random())
        await fixture.client.close()
    }

    @Test func `a Redis that does not answer costs the client's patience, once for a long list too`() async throws {
        let server = try TestRedis()
        // Never taken for lost while the test runs.
        let fixture = try await RedisFixture(
            RedisConfiguration(endpoint: server.endpoint, patience: .seconds(1), stallLimit: .seconds(60)))
        let directory = RedisShardDirectory(client: fixture.client, keys: fixture.keys)
        let terms = ShardID.all.map { Term(shard: $0, epoch: Epoch(1), owner: .random()) }
        server.freeze()
        let clock = ContinuousClock()
        let start = clock.now
        #expect(await directory.publish(terms) == false)
        // Four calls in a row would take 4 s.
        #expect(clock.now - start < .seconds(3))
        #expect(await directory.beat(announcement("n1"), beat: 1) == nil)
        #expect(await directory.map() == nil)
        await directory.forget(.random())
        #expect(clock.now - start < .seconds(20))
        server.thaw()
        await fixture.client.close()
    }
}
