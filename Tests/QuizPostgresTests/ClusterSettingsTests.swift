import QuizCluster
import QuizModel
import QuizRoomHost
import QuizShards
import Testing

@testable import QuizPostgres

/// What the cluster's store keeps beside terms and plan: heads, operators' settings, the record of moves.
@Suite struct ClusterSettingsTests {
    @Test func `heads are the newest rows of the open rooms of the shards`() async throws {
        let database = try await TestDatabase()
        let postgres = database.postgres
        let owner = Incarnation.random()
        var expected: [RoomID: JournalHead] = [:]
        for (shard, count) in [(7, 1), (7, 12), (8, 3), (9, 2)] {
            var room = try await database.room(shard: shard, owner: owner)
            #expect(await postgres.journal.append(room.next(count)) == .committed(kept: [room.record.room]))
            if shard != 9 { expected[room.record.room] = room.head }
        }
        _ = try await database.room(shard: 8, owner: owner)  // Without rows.
        var closed = try await database.room(shard: 8, owner: owner)
        #expect(await postgres.journal.append(closed.next()) == .committed(kept: [closed.record.room]))
        _ = try await postgres.journal.close(closed.record.room, term: closed.term, lane: 0)
        let shards = [7, 8, 10].compactMap(ShardID.init(index:))
        #expect(try await postgres.cluster.heads(of: shards) == expected)
        #expect(try await postgres.cluster.heads(of: []).isEmpty)
    }

    @Test func `settings come back as they were made`() async throws {
        let database = try await TestDatabase()
        let cluster = database.postgres.cluster
        #expect(try await cluster.settings() == ClusterSettings())
        let (low, high) = (try #require(ShardID.all.first), try #require(ShardID.all.last))
        let steps: [(ClusterSettingChange, (inout ClusterSettings) -> Void)] = [
            (.weight(node: "a", 250), { $0.nodes["a"] = .init(weight: 250, isDraining: false) }),
            (.drain(node: "a"), { $0.nodes["a"]?.isDraining = true }),
            (.drain(node: "b"), { $0.nodes["b"] = .init(weight: nil, isDraining: true) }),
            (.weight(node: "b", 0), { $0.nodes["b"]?.weight = 0 }),
            (.undrain(node: "a"), { $0.nodes["a"]?.isDraining = false }),
            (.weight(node: "a", nil), { $0.nodes["a"] = nil }),
            (.undrain(node: "never heard of"), { _ in }),
            (.pin(low, node: "a"), { $0.pins[low] = "a" }),
            (.pin(high, node: "b"), { $0.pins[high] = "b" }),
            (.pin(low, node: "c"), { $0.pins[low] = "c" }),
            (.unpin(high), { $0.pins[high] = nil }),
            (.unpin(high), { _ in }),
            (.rebalance, { $0.rebalances = 1 }),
            (.rebalance, { $0.rebalances = 2 }),
        ]
        var expected = ClusterSettings()
        for (change, effect) in steps {
            try await cluster.apply(change, reason: "a test")
            effect(&expected)
            #expect(try await cluster.settings() == expected, "\(change)")
        }
    }

    @Test func `a setting keeps its newest reason`() async throws {
        let database = try await TestDatabase()
        let cluster = database.postgres.cluster
        let session = database.session()
        try await cluster.apply(.drain(node: "a"), reason: "disk")
        try await cluster.apply(.weight(node: "a", 10), reason: String(repeating: "x", count: 2_000))
        try await cluster.apply(.rebalance, reason: "after the weekend")
        try await cluster.apply(.pin(ShardID.all[5], node: "a"), reason: "hot")
        #expect(try await session.number("SELECT char_length(reason) FROM node_setting WHERE name = 'a'") == 1_000)
        #expect(try await session.lines("SELECT reason FROM cluster_setting") == ["after the weekend"])
        #expect(try await session.lines("SELECT reason FROM shard_pin WHERE shard = 5") == ["hot"])
    }

    @Test(arguments: [
        ClusterSettingChange.weight(node: "a", -1), .weight(node: "a", 1_001), .drain(node: ""),
        .pin(ShardID.all[0], node: String(repeating: "n", count: 256)),
    ])
    func `a setting that is none is refused`(_ change: ClusterSettingChange) async throws {
        let cluster = try await TestDatabase().postgres.cluster
        let failure = await #expect(throws: JournalFailure.self) { try await cluster.apply(change, reason: "") }
        #expect(failure?.code == "23514")
        #expect(try await cluster.settings() == ClusterSettings())
    }

    @Test func `text that cannot be stored is refused and nothing is changed`() async throws {
        let cluster = try await TestDatabase().postgres.cluster
        let failure = await #expect(throws: JournalFailure.self) {
            try await cluster.apply(.drain(node: "a"), reason: "\0")
        }
        #expect(failure?.code == "unsuitable_text")
        #expect(try await cluster.settings() == ClusterSettings())
    }

    @Test func `history comes newest first and within its limit`() async throws {
        let cluster = try await TestDatabase().postgres.cluster
        let shard = ShardID.all[4]
        var terms = [4, 5].map { Term(shard: ShardID.all[$0], epoch: Epoch(0), owner: Incarnation(value: 0)) }
        for step in 1...4 {
            terms = try await cluster.move(terms, to: .random(), reason: .asked, note: "step \(step)")
        }
        let all = try await cluster.history(of: nil, limit: 100)
        #expect(all.map(\.epoch.number) == [4, 4, 3, 3, 2, 2, 1, 1])
        #expect(all.map(\.shard.index) == [4, 5, 4, 5, 4, 5, 4, 5])
        #expect(zip(all, all.dropFirst()).allSatisfy { $0.atMs >= $1.atMs })
        let one = try await cluster.history(of: shard, limit: 3)
        #expect(one.map(\.note) == ["step 4", "step 3", "step 2"])
        #expect(one.allSatisfy { $0.shard == shard })
        #expect(zip(one, one.dropFirst()).allSatisfy { $0.from == $1.to })
        #expect(try await cluster.history(of: nil, limit: 2) == Array(all.prefix(2)))
        #expect(try await cluster.history(of: ShardID.all[6], limit: 2).isEmpty)
        #expect(try await cluster.history(of: nil, limit: -1).isEmpty)
    }
}
