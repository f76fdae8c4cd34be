import NIOConcurrencyHelpers
import QuizCluster
import QuizModel
import QuizRoomHost
import QuizShards
import QuizTestKit
import Testing

@Suite struct InMemoryClusterStoreTests {
    private let journal = InMemoryRoomJournal()
    private let store: InMemoryClusterStore
    private let one = Incarnation(value: 1)
    private let two = Incarnation(value: 2)
    private let code = RoomCode("ABCDEFG")!
    private var shard: ShardID { ShardID(of: code) }

    init() { store = InMemoryClusterStore(journal: journal) }

    private func term(_ shard: ShardID, _ epoch: Int64, _ owner: Incarnation) -> Term {
        Term(shard: shard, epoch: Epoch(epoch), owner: owner)
    }

    private func unowned(_ shard: ShardID) -> Term { term(shard, 0, Incarnation(value: 0)) }

    private func kept(_ room: RoomID, _ term: Term, after head: JournalHead) -> Bool {
        let row = JournalRow(number: head.number + 1, chain: [UInt8(head.number + 1)], digest: nil, payload: [])
        let batch = JournalBatch(appends: [RoomAppend(room: room, term: term, previous: head, rows: [row])])
        let kept = NIOLockedValueBox(false)
        // The journal in memory answers before it returns.
        journal.append(batch, lane: 0) { outcome in kept.withLockedValue { $0 = outcome == .committed(kept: [room]) } }
        return kept.withLockedValue { $0 }
    }

    @Test func `a move is compare-and-set, and a repetition counts as won`() async throws {
        let shards = Array(ShardID.all.prefix(3))
        let first = try await store.move(
            shards.reversed().map(unowned), to: one, reason: .unowned, note: "start")
        #expect(first == shards.map { term($0, 1, one) })
        let second = try await store.move([first[1]], to: two, reason: .asked, note: "")
        #expect(second == [term(shards[1], 2, two)])
        // The first one's answer was lost; by now one of the shards is somebody else's.
        let again = try await store.move(shards.map(unowned), to: one, reason: .unowned, note: "start")
        #expect(again == [first[0], first[2]])
        #expect(try await store.move([term(shards[0], 1, two)], to: two, reason: .asked, note: "") == [])
        #expect(try await store.fences().terms == [shards[0]: first[0], shards[1]: second[0], shards[2]: first[2]])
        let history = try await store.history(of: nil, limit: 2)
        #expect(history.map(\.epoch) == [Epoch(2), Epoch(1)])
        #expect(history.map(\.shard) == [shards[1], shards[2]])
        let ofOne = try await store.history(of: shards[1], limit: 10)
        #expect(ofOne.map(\.from) == [one, nil])
        #expect(ofOne.map(\.reason) == [.asked, .unowned])
        #expect(ofOne[0].atMs > ofOne[1].atMs)
    }

    @Test func `the journal's fence is the store's`() async throws {
        let room = RoomID(value: 5)
        let mine = try #require(try await journal.take([shard], owner: one).first)
        #expect(try await store.fences().terms == [shard: mine])
        let record = RoomRecord(room: room, code: code, shard: shard, rules: 1)
        #expect(try await journal.create(record, term: mine) == .created)
        let start = JournalHead(number: 0, chain: JournalChain.start(room: room, rules: 1))
        #expect(try await store.heads(of: [shard]) == [room: start])
        #expect(kept(room, mine, after: start))
        let head = JournalHead(number: 1, chain: [1])
        let theirs = try #require(try await store.move([mine], to: two, reason: .ownerGone, note: "").first)
        #expect(try await journal.terms(of: [shard], lane: 0) == [shard: theirs])
        #expect(!kept(room, mine, after: head))
        #expect(try await store.heads(of: [shard]) == [room: head])
        #expect(try await store.heads(of: ShardID.all.filter { $0 != shard }) == [:])
        #expect(kept(room, theirs, after: head))
        #expect(try await journal.close(room, term: theirs, lane: 0))
        #expect(try await store.heads(of: [shard]) == [:])
    }

    @Test func `one coordinator at a time, and only it plans`() async throws {
        let shards = Array(ShardID.all.prefix(2))
        let first = try #require(try await store.takeCoordinator(expected: nil, owner: one))
        #expect(first == CoordinatorTerm(epoch: Epoch(1), owner: one))
        #expect(try await store.takeCoordinator(expected: nil, owner: two) == nil)
        let plan = shards.reversed().map { ShardMove(shard: $0, from: nil, to: one, reason: .unowned) }
        #expect(try await store.write(plan: plan, coordinator: first))
        let second = try #require(try await store.takeCoordinator(expected: first, owner: two))
        #expect(second == CoordinatorTerm(epoch: Epoch(2), owner: two))
        #expect(try await store.fences().coordinator == second)
        #expect(try await store.write(plan: [], coordinator: first) == false)
        #expect(try await store.pendingPlan() == plan.reversed())
        // One has happened; of the other the owner has changed since it was planned.
        _ = try await store.move([unowned(shards[0])], to: one, reason: .unowned, note: "")
        _ = try await store.move([unowned(shards[1])], to: two, reason: .asked, note: "")
        #expect(
            try await store.pendingPlan() == [ShardMove(shard: shards[1], from: two, to: one, reason: .unowned)])
        #expect(store.plan.count == 2)
        #expect(try await store.write(plan: [], coordinator: second))
        #expect(try await store.pendingPlan() == [])
    }

    @Test func `settings are what operators asked for last`() async throws {
        #expect(try await store.settings() == ClusterSettings())
        for change: ClusterSettingChange in [
            .weight(node: "a", 50), .drain(node: "a"), .drain(node: "b"), .undrain(node: "b"),
            .pin(shard, node: "a"), .rebalance, .rebalance,
        ] { try await store.apply(change, reason: "because") }
        let expected = ClusterSettings(
            nodes: ["a": .init(weight: 50, isDraining: true)], pins: [shard: "a"], rebalances: 2)
        #expect(try await store.settings() == expected)
        try await store.apply(.unpin(shard), reason: "")
        try await store.apply(.weight(node: "a", nil), reason: "")
        let later = ClusterSettings(nodes: ["a": .init(weight: nil, isDraining: true)], rebalances: 2)
        #expect(try await store.settings() == later)
        #expect(store.applied.first == .init(.weight(node: "a", 50), reason: "because"))
    }

    @Test func `away it throws and changes nothing`() async throws {
        store.isAway = true
        await #expect(throws: JournalFailure.self) { try await store.fences() }
        await #expect(throws: JournalFailure.self) {
            try await store.move([unowned(shard)], to: one, reason: .unowned, note: "")
        }
        await #expect(throws: JournalFailure.self) { try await store.takeCoordinator(expected: nil, owner: one) }
        store.isAway = false
        #expect(try await store.fences() == ClusterFences(terms: [:], coordinator: nil))
        #expect(try await store.history(of: nil, limit: 1) == [])
    }
}

@Suite struct InMemoryShardDirectoryTests {
    private func announcement(_ value: UInt128) -> NodeAnnouncement {
        NodeAnnouncement(
            incarnation: Incarnation(value: value), name: "n\(value)", startedAtMs: 1, publicURL: "", meshAddress: "",
            meshVersion: 1, rules: 1, weight: 100, isDraining: false, rooms: 0)
    }

    @Test func `members stay until they are forgotten or everything is lost`() async throws {
        let directory = InMemoryShardDirectory()
        let (one, two) = (announcement(1), announcement(2))
        let alone = try #require(await directory.beat(one, beat: 1))
        #expect(alone.members == [one.incarnation: .init(announcement: one, beat: 1)])
        let both = try #require(await directory.beat(two, beat: 7))
        #expect(both.members.count == 2)
        #expect(both.generation == alone.generation)
        await directory.forget(one.incarnation)
        #expect(await directory.beat(two, beat: 8)?.members == [two.incarnation: .init(announcement: two, beat: 8)])
        directory.empty()
        let after = try #require(await directory.beat(one, beat: 2))
        #expect(after.generation != both.generation)
        #expect(Set(after.members.keys) == [one.incarnation])
    }

    @Test func `the higher epoch wins, and away nothing is answered or written`() async throws {
        let directory = InMemoryShardDirectory()
        let shard = try #require(ShardID(index: 3))
        func term(_ epoch: Int64, _ owner: UInt128) -> Term {
            Term(shard: shard, epoch: Epoch(epoch), owner: Incarnation(value: owner))
        }
        #expect(await directory.publish([term(0, 0)]))
        #expect(await directory.map() == [:])
        #expect(await directory.publish([term(2, 1), term(1, 2), term(2, 2)]))
        #expect(await directory.map() == [shard: term(2, 1)])
        directory.isAway = true
        #expect(await directory.publish([term(3, 2)]) == false)
        #expect(await directory.map() == nil)
        #expect(await directory.beat(announcement(1), beat: 1) == nil)
        directory.isAway = false
        #expect(await directory.map() == [shard: term(2, 1)])
    }
}
