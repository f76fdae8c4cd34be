import QuizCluster
import QuizModel
import QuizRoomHost
import QuizShards
import Testing

@testable import QuizPostgres

/// The cluster's store on a real server.
@Suite struct ClusterStoreTests {
    private static let shards = [3, 9, 500].compactMap(ShardID.init(index:))

    private static func unowned(_ shards: [ShardID] = shards) -> [Term] {
        shards.map { Term(shard: $0, epoch: Epoch(0), owner: Incarnation(value: 0)) }
    }

    // MARK: Nodes

    @Test func `nodes are remembered until they are long gone and own nothing`() async throws {
        let database = try await TestDatabase()
        let cluster = database.postgres.cluster
        func node(_ name: String) -> NodeAnnouncement {
            NodeAnnouncement(
                incarnation: .random(), name: name, startedAtMs: 7, publicURL: "https://\(name)",
                meshAddress: "\(name):1",
                meshVersion: 1, rules: 1, weight: 100, isDraining: false, rooms: 0)
        }
        var first = node("é 'n1'")
        let (second, third) = (node("n2"), node("n3"))
        for announcement in [first, second] { try await cluster.register(announcement) }
        #expect(Set(try await cluster.registered()) == [first, second])
        first.rooms = 9
        try await cluster.register(first)
        #expect(Set(try await cluster.registered()) == [first, second])
        _ = try await cluster.move(Self.unowned(), to: first.incarnation, reason: .unowned, note: "")
        try await database.session().script("UPDATE cluster_node SET seen_at = now() - interval '2 hours'")
        try await cluster.register(third)
        #expect(Set(try await cluster.registered()) == [first, third])
    }

    // MARK: Moves

    @Test func `a move is won by the expected term and lost by any other`() async throws {
        let cluster = try await TestDatabase().postgres.cluster
        let (first, second) = (Incarnation.random(), Incarnation.random())
        let terms = try await cluster.move(Self.unowned().reversed(), to: first, reason: .unowned, note: "")
        #expect(terms == Self.shards.map { Term(shard: $0, epoch: Epoch(1), owner: first) })
        #expect(try await cluster.fences() == ClusterFences(terms: ShardTerms(terms), coordinator: nil))

        var (stale, foreign) = (terms[1], terms[2])
        stale.epoch = Epoch(2)
        foreign.owner = .random()
        let moved = try await cluster.move([terms[0], stale, foreign], to: second, reason: .asked, note: "")
        #expect(moved == [Term(shard: Self.shards[0], epoch: Epoch(2), owner: second)])
        #expect(try await cluster.move(Self.unowned(), to: second, reason: .asked, note: "").isEmpty)
        #expect(try await cluster.fences().terms == ShardTerms((moved + terms.dropFirst())))
        #expect(try await cluster.move([], to: second, reason: .asked, note: "").isEmpty)
    }

    @Test func `a move that is repeated counts as won and is recorded once`() async throws {
        let cluster = try await TestDatabase().postgres.cluster
        let owner = Incarnation.random()
        let terms = try await cluster.move(Self.unowned(), to: owner, reason: .unowned, note: "")
        #expect(try await cluster.move(Self.unowned(), to: owner, reason: .unowned, note: "again") == terms)
        #expect(try await cluster.history(of: nil, limit: 9).map(\.note) == ["", "", ""])

        // Not what somebody else took meanwhile, nor what came back since.
        _ = try await cluster.move([terms[0], terms[1]], to: .random(), reason: .asked, note: "")
        let stranger = try #require(try await cluster.fences().terms[Self.shards[1]])
        _ = try await cluster.move([stranger], to: owner, reason: .asked, note: "")
        #expect(try await cluster.move(Self.unowned(), to: owner, reason: .unowned, note: "") == [terms[2]])
    }

    @Test func `of many moves at once with the same expectation one wins each shard`() async throws {
        let cluster = try await TestDatabase().postgres.cluster
        for expected in [Self.unowned(ShardID.all), nil] {
            let before = try await cluster.fences().terms.values.sorted { $0.shard < $1.shard }
            let wanted = expected ?? before
            let won = try await withThrowingTaskGroup(of: [Term].self) { group in
                for _ in 0..<3 {
                    group.addTask { try await cluster.move(wanted, to: .random(), reason: .asked, note: "race") }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(won.count == ShardID.count)
            #expect(try await cluster.fences().terms == ShardTerms(won))
        }
    }

    @Test func `of two nodes that race each shard has one winner`() async throws {
        let database = try await TestDatabase()
        let other = PostgresDatabase(configuration: database.configuration, log: TestDatabase.log)
        let wanted = Self.unowned(ShardID.all)
        async let left = database.postgres.cluster.move(wanted, to: .random(), reason: .unowned, note: "")
        async let right = other.cluster.move(wanted.reversed(), to: .random(), reason: .unowned, note: "")
        let won = try await left + right
        #expect(won.count == ShardID.count)
        #expect(try await other.cluster.fences().terms == ShardTerms(won))
        await other.close()
    }

    @Test func `a move and its record are one transaction`() async throws {
        let database = try await TestDatabase()
        let cluster = database.postgres.cluster
        let (first, second) = (Incarnation.random(), Incarnation.random())
        let terms = try await cluster.move(Self.unowned(), to: first, reason: .unowned, note: "the first")
        _ = try await cluster.move([terms[0]], to: second, reason: .pinned, note: "for äöü")
        let session = database.session()
        let same = "FROM shard_fence f JOIN shard_move m USING (shard, epoch) WHERE f.xmin = m.xmin"
        #expect(try await session.number("SELECT count(*) \(same)") == 3)
        let record = try #require(try await cluster.history(of: Self.shards[0], limit: 1).first)
        #expect(record.from == first && record.to == second && record.epoch == Epoch(2))
        #expect(record.reason == .pinned && record.note == "for äöü")
        let now = try #require(try await session.number("SELECT extract(epoch FROM now()) * 1000"))
        #expect(abs(now - record.atMs) < 60_000)
    }

    @Test func `a shard is moved whatever the record holds and however long the note is`() async throws {
        let database = try await TestDatabase()
        let cluster = database.postgres.cluster
        try await database.session().script(
            """
            INSERT INTO shard_move (shard, epoch, to_owner, reason)
            VALUES (3, 1, gen_random_uuid(), 'a reason of a later version')
            """)
        #expect(try await cluster.history(of: Self.shards[0], limit: 1).map(\.reason) == [.asked])
        let note = String(repeating: "é", count: 5_000)
        let terms = try await cluster.move(Self.unowned(), to: .random(), reason: .overfull, note: note)
        #expect(terms.count == 3)
        let record = try await cluster.history(of: Self.shards[0], limit: 9)
        #expect(record.map(\.to) == [terms[0].owner] && record.map(\.reason) == [.overfull])
        #expect(record.map(\.note.count) == [1_000])
    }

    @Test func `a take is recorded with its reason`() async throws {
        let postgres = try await TestDatabase().postgres
        let (first, second) = (Incarnation.random(), Incarnation.random())
        _ = try await postgres.rooms.take([Self.shards[0]], owner: first)
        _ = try await postgres.rooms.take(Self.shards, owner: second)
        _ = try await postgres.rooms.take(Self.shards, owner: second)
        let history = try await postgres.cluster.history(of: nil, limit: 9)
        #expect(history.map(\.shard.index) == [3, 9, 500, 3])
        #expect(history.map(\.reason) == [.ownerGone, .unowned, .unowned, .unowned])
        #expect(history.map(\.from) == [first, nil, nil, nil])
    }

    @Test func `a session that holds a fence row is overcome`() async throws {
        let database = try await TestDatabase()
        let cluster = database.postgres.cluster
        let terms = try await cluster.move(Self.unowned(), to: .random(), reason: .unowned, note: "")
        let me = Incarnation.random()
        let coordinator = try #require(try await cluster.takeCoordinator(expected: nil, owner: .random()))
        let holder = database.session()
        let pid = try await holder.pid()
        try await holder.script("BEGIN; SELECT 1 FROM shard_fence WHERE shard IN (-1, 9) FOR SHARE")
        #expect(try await cluster.move(terms, to: me, reason: .ownerGone, note: "").count == 3)
        #expect(
            try await database.session().wait(
                until: "NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = \(pid))"))

        let second = database.session()
        try await second.script("BEGIN; SELECT 1 FROM shard_fence WHERE shard = -1 FOR SHARE")
        let next = try await cluster.takeCoordinator(expected: coordinator, owner: me)
        #expect(next == CoordinatorTerm(epoch: Epoch(2), owner: me))
    }

    // MARK: The coordinator and its plan

    @Test func `the coordinator's term is taken by compare and set`() async throws {
        let cluster = try await TestDatabase().postgres.cluster
        let (first, second) = (Incarnation.random(), Incarnation.random())
        let term = try #require(try await cluster.takeCoordinator(expected: nil, owner: first))
        #expect(term == CoordinatorTerm(epoch: Epoch(1), owner: first))
        #expect(try await cluster.takeCoordinator(expected: nil, owner: second) == nil)
        #expect(try await cluster.takeCoordinator(expected: nil, owner: first) == term)
        let next = try await cluster.takeCoordinator(expected: term, owner: second)
        #expect(next == CoordinatorTerm(epoch: Epoch(2), owner: second))
        #expect(try await cluster.takeCoordinator(expected: term, owner: second) == next)
        #expect(try await cluster.takeCoordinator(expected: term, owner: first) == nil)
        #expect(try await cluster.fences() == ClusterFences(terms: [:], coordinator: next))
        #expect(try await cluster.history(of: nil, limit: 9).isEmpty)
    }

    @Test func `of many that stand for coordinator one wins`() async throws {
        let cluster = try await TestDatabase().postgres.cluster
        let terms = try await withThrowingTaskGroup(of: CoordinatorTerm?.self) { group in
            for _ in 0..<8 { group.addTask { try await cluster.takeCoordinator(expected: nil, owner: .random()) } }
            return try await group.reduce(into: [CoordinatorTerm]()) { $0 += [$1].compactMap(\.self) }
        }
        #expect(terms.count == 1)
        #expect(try await cluster.fences().coordinator == terms.first)
    }

    @Test func `the journal's readers do not meet the coordinator's row`() async throws {
        let postgres = try await TestDatabase().postgres
        _ = try await postgres.cluster.takeCoordinator(expected: nil, owner: .random())
        let taken = try await postgres.rooms.take(ShardID.all, owner: .random())
        #expect(taken.count == ShardID.count)
        #expect(try await postgres.journal.terms(of: ShardID.all, lane: 0) == taken.byShard)
        #expect(try await postgres.cluster.fences().terms == ShardTerms(taken))
    }

    @Test func `the plan of a coordinator whose term is over is refused`() async throws {
        let cluster = try await TestDatabase().postgres.cluster
        let (a, b) = (Incarnation.random(), Incarnation.random())
        let old = try #require(try await cluster.takeCoordinator(expected: nil, owner: a))
        let plan = Self.shards.map { ShardMove(shard: $0, from: nil, to: a, reason: .unowned) }
        #expect(try await cluster.write(plan: plan, coordinator: old))
        let current = try #require(try await cluster.takeCoordinator(expected: old, owner: b))
        #expect(try await cluster.write(plan: [], coordinator: old) == false)
        let forged = CoordinatorTerm(epoch: current.epoch, owner: a)
        #expect(try await cluster.write(plan: [], coordinator: forged) == false)
        #expect(try await cluster.pendingPlan() == plan)

        let shorter = [
            ShardMove(shard: Self.shards[1], from: nil, to: b, reason: .pinned),
            ShardMove(shard: Self.shards[2], from: nil, to: a, reason: .unowned),
        ]
        #expect(try await cluster.write(plan: shorter, coordinator: current))
        #expect(try await cluster.pendingPlan() == shorter)
        #expect(try await cluster.write(plan: [], coordinator: current))
        #expect(try await cluster.pendingPlan().isEmpty)
    }

    @Test func `a plan waits for a term that is being taken and is then refused`() async throws {
        let database = try await TestDatabase()
        let cluster = database.postgres.cluster
        let old = try #require(try await cluster.takeCoordinator(expected: nil, owner: .random()))
        let taker = database.session()
        try await taker.script(
            "BEGIN; UPDATE shard_fence SET epoch = epoch + 1, owner = gen_random_uuid() WHERE shard = -1")
        let plan = [ShardMove(shard: Self.shards[0], from: nil, to: old.owner, reason: .unowned)]
        async let isWritten = cluster.write(plan: plan, coordinator: old)
        #expect(try await database.session().waitUntilSomebodyWaits(for: try await taker.pid()))
        try await taker.script("COMMIT")
        #expect(try await isWritten == false)
        #expect(try await cluster.pendingPlan().isEmpty)
    }

    @Test func `what has moved is no longer pending`() async throws {
        let cluster = try await TestDatabase().postgres.cluster
        let (a, b) = (Incarnation.random(), Incarnation.random())
        let coordinator = try #require(try await cluster.takeCoordinator(expected: nil, owner: a))
        var plan = Self.shards.map { ShardMove(shard: $0, from: nil, to: a, reason: .unowned) }
        #expect(try await cluster.write(plan: plan, coordinator: coordinator))
        let first = try await cluster.move([Self.unowned()[0]], to: a, reason: .unowned, note: "")
        #expect(try await cluster.pendingPlan() == Array(plan[1...]))
        // Somebody else was faster: the move is still wanted, from there.
        let other = try await cluster.move([Self.unowned()[1]], to: b, reason: .unowned, note: "")
        plan[1].from = b
        #expect(try await cluster.pendingPlan() == Array(plan[1...]))
        _ = try await cluster.move(other + Self.unowned().suffix(1), to: a, reason: .unowned, note: "")
        #expect(try await cluster.pendingPlan().isEmpty)
        // A shard that is taken away again is to go back.
        _ = try await cluster.move(first, to: b, reason: .asked, note: "")
        plan[0].from = b
        #expect(try await cluster.pendingPlan() == [plan[0]])
    }

    @Test func `a move of the plan is recorded with the plan's note, any other with its own`() async throws {
        let cluster = try await TestDatabase().postgres.cluster
        let (a, b) = (Incarnation.random(), Incarnation.random())
        let coordinator = try #require(try await cluster.takeCoordinator(expected: nil, owner: a))
        let plan = Self.shards.map { ShardMove(shard: $0, from: nil, to: a, reason: .draining, note: "disks of \($0)") }
        #expect(try await cluster.write(plan: plan, coordinator: coordinator))
        #expect(try await cluster.pendingPlan() == plan)
        _ = try await cluster.move([Self.unowned()[0]], to: a, reason: .draining, note: "")
        _ = try await cluster.move([Self.unowned()[1]], to: b, reason: .asked, note: "")
        _ = try await cluster.move([Self.unowned()[2]], to: a, reason: .reclaimed, note: "no answer")
        let history = try await cluster.history(of: nil, limit: 9)
        let notes = Dictionary(history.map { ($0.shard, $0.note) }, uniquingKeysWith: { first, _ in first })
        #expect(Self.shards.map { notes[$0] } == ["disks of 3", "", "no answer"])
        #expect(Set(history.map(\.reason)) == [.draining, .asked, .reclaimed])
        // A note alone is a change of the plan too.
        var changed = plan
        changed[1].note = "another"
        #expect(try await cluster.write(plan: changed, coordinator: coordinator))
        #expect(try await cluster.pendingPlan().first?.note == "another")
    }

    @Test func `all shards can be planned and moved at once`() async throws {
        let cluster = try await TestDatabase().postgres.cluster
        let owner = Incarnation.random()
        let coordinator = try #require(try await cluster.takeCoordinator(expected: nil, owner: owner))
        let plan = ShardID.all.map { ShardMove(shard: $0, from: nil, to: owner, reason: .unowned) }
        #expect(try await cluster.write(plan: plan.reversed(), coordinator: coordinator))
        #expect(try await cluster.pendingPlan() == plan)
        let moved = try await cluster.move(Self.unowned(ShardID.all), to: owner, reason: .unowned, note: "")
        #expect(moved.map(\.shard) == ShardID.all)
        #expect(try await cluster.pendingPlan().isEmpty)
    }
}

extension [Term] {
    fileprivate var byShard: [ShardID: Term] { Dictionary(uniqueKeysWithValues: map { ($0.shard, $0) }) }
}
