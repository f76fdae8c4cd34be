import QuizCluster
import QuizModel
import QuizShards
import Testing

@Suite struct CoordinatorDeskTests {
    private let one = Cast.node(1)
    private let two = Cast.node(2)

    private func decide(
        _ number: Int, _ view: ClusterView, _ fences: ClusterFences, _ settings: ClusterSettings = .init(),
        pending: [ShardMove] = []
    ) -> CoordinatorDesk.Decision {
        var desk = CoordinatorDesk(own: Cast.incarnation(number))
        return desk.decide(view: view, fences: fences, settings: settings, pending: pending)
    }

    /// Halves between nodes 1 and 2: nothing has to move.
    private func halves(coordinator: Int?) -> ClusterFences { Cast.fences(coordinator: coordinator) { $0 % 2 + 1 } }

    @Test func `only the first alive stands, and only while there is no coordinator alive`() {
        let gone = halves(coordinator: 9)
        #expect(decide(1, Cast.view(one, two), gone) == .stand(behind: gone.coordinator))
        #expect(decide(2, Cast.view(one, two), gone) == .nothing)
        #expect(decide(1, Cast.view(one, two), halves(coordinator: nil)) == .stand(behind: nil))
        #expect(decide(1, Cast.view(one, two), halves(coordinator: 2)) == .nothing)
    }

    @Test func `a draining node stands only when all are draining`() {
        let fences = halves(coordinator: nil)
        let draining = Cast.node(1, isDraining: true)
        #expect(decide(1, Cast.view(draining, two), fences) == .nothing)
        #expect(decide(2, Cast.view(draining, two), fences) == .stand(behind: nil))
        #expect(decide(1, Cast.view(draining, Cast.node(2, isDraining: true)), fences) == .stand(behind: nil))
    }

    @Test func `only the coordinator plans, under its own term`() throws {
        let fences = Cast.fences(coordinator: 2) { _ in 1 }
        let moves = CoordinatorDesk.moves(view: Cast.view(one, two), fences: fences, settings: .init())
        #expect(!moves.isEmpty)
        #expect(decide(2, Cast.view(one, two), fences) == .plan(moves, under: try #require(fences.coordinator)))
        #expect(decide(1, Cast.view(one, two), fences) == .nothing)
    }

    @Test func `nothing is decided while it is not settled who is alive`() {
        #expect(decide(1, Cast.view(one, two, isSettled: false), halves(coordinator: nil)) == .nothing)
        let uneven = Cast.fences(coordinator: 1) { _ in 1 }
        #expect(decide(1, Cast.view(one, two, isSettled: false), uneven) == .nothing)
    }

    @Test func `a plan that is already written is not written again, and an old one is taken back`() throws {
        let fences = Cast.fences(coordinator: 1) { _ in 1 }
        let moves = CoordinatorDesk.moves(view: Cast.view(one, two), fences: fences, settings: .init())
        #expect(decide(1, Cast.view(one, two), fences, pending: moves.reversed()) == .nothing)
        #expect(
            decide(1, Cast.view(one), fences, pending: moves) == .plan([], under: try #require(fences.coordinator)))
    }

    @Test func `a node cut off from the database gives its shards and the coordinator's term to those that are not`()
        throws
    {
        var view = Cast.view(one, two, Cast.node(3))
        view.cutOff = [one.incarnation]
        let fences = halves(coordinator: 1)
        #expect(decide(1, view, fences) == .nothing)
        #expect(decide(2, view, fences) == .stand(behind: fences.coordinator))
        #expect(decide(3, view, fences) == .nothing)
        let moves = CoordinatorDesk.moves(view: view, fences: fences, settings: .init())
        let taken = moves.filter { $0.from == one.incarnation }
        #expect(taken.count == ShardID.count / 2)
        #expect(taken.allSatisfy { $0.reason == .ownerGone && $0.to != one.incarnation })
    }

    @Test func `operators' weights, drains and pins count, by the nodes' names`() {
        let fences = halves(coordinator: 1)
        let view = Cast.view(one, two)
        func moves(_ change: ClusterSettingChange) -> [ShardMove] {
            CoordinatorDesk.moves(view: view, fences: fences, settings: ClusterSettings().applying(change))
        }
        #expect(moves(.undrain(node: "node-2")) == [])
        #expect(moves(.drain(node: "node-2")).count == 512)
        #expect(moves(.drain(node: "node-2")).allSatisfy { $0.to == one.incarnation && $0.reason == .draining })
        #expect(moves(.weight(node: "node-2", 0)).count == 512)
        #expect(
            moves(.pin(ShardID.all[0], node: "node-2")) == [
                ShardMove(shard: ShardID.all[0], from: one.incarnation, to: two.incarnation, reason: .pinned)
            ])
    }

    @Test func `an even placement is made once when it is asked for`() throws {
        // 560 and 464 of 1024: within 15 %, but not even.
        var fences = Cast.fences(coordinator: 1) { $0 < 560 ? 1 : 2 }
        let term = try #require(fences.coordinator)
        let view = Cast.view(one, two)
        var desk = CoordinatorDesk(own: one.incarnation)
        // What was asked for before this node looked is of long ago.
        let before = desk.decide(view: view, fences: fences, settings: .init(rebalances: 4), pending: [])
        #expect(before == .nothing)
        let asked = desk.decide(view: view, fences: fences, settings: .init(rebalances: 5), pending: [])
        guard case .plan(let moves, under: term) = asked else {
            Issue.record("No plan, but \(asked).")
            return
        }
        #expect(moves.count == 48)
        let meanwhile = desk.decide(view: view, fences: fences, settings: .init(rebalances: 5), pending: moves)
        #expect(meanwhile == .nothing)
        for move in moves { fences.terms[move.shard] = Term(shard: move.shard, epoch: Epoch(2), owner: move.to) }
        let done = desk.decide(view: view, fences: fences, settings: .init(rebalances: 5), pending: [])
        #expect(done == .nothing)
        // Uneven again, within the slack: nobody asked another time.
        let uneven = Cast.fences(coordinator: 1) { $0 < 560 ? 1 : 2 }
        let later = desk.decide(view: view, fences: uneven, settings: .init(rebalances: 5), pending: [])
        #expect(later == .nothing)
    }

    @Test func `a coordinator that stands makes the even placement that was asked for while it watched`() {
        var desk = CoordinatorDesk(own: one.incarnation)
        let other = Cast.fences(coordinator: 2) { $0 < 560 ? 1 : 2 }
        let watching = desk.decide(view: Cast.view(one, two), fences: other, settings: .init(), pending: [])
        #expect(watching == .nothing)
        let asked = desk.decide(
            view: Cast.view(one, two), fences: other, settings: .init(rebalances: 1), pending: [])
        #expect(asked == .nothing)
        let own = Cast.fences(coordinator: 1) { $0 < 560 ? 1 : 2 }
        let chosen = desk.decide(view: Cast.view(one, two), fences: own, settings: .init(rebalances: 1), pending: [])
        #expect(chosen != .nothing)
    }

    @Test func `a plan carries what operators said why`() {
        var reasons = ClusterReasons()
        reasons.nodes = ["node-1": "new disks"]
        reasons.pins = [ShardID.all[3]: "hot"]
        reasons.rebalance = "after the weekend"
        func move(_ shard: Int, _ reason: MoveReason, from: Int? = 1) -> ShardMove {
            ShardMove(
                shard: ShardID.all[shard], from: from.map(Cast.incarnation), to: Cast.incarnation(2), reason: reason)
        }
        let plan = [
            move(1, .draining), move(2, .overfull), move(3, .pinned), move(4, .pinned), move(5, .ownerGone),
            move(6, .unowned, from: nil), move(7, .draining, from: 9),
        ]
        let view = Cast.view(one, two)
        var desk = CoordinatorDesk(own: Cast.incarnation(1))
        #expect(
            desk.noted(plan, view: view, reasons: reasons).map(\.note) == [
                "new disks", "new disks", "hot", "", "", "", "",
            ])
        // While it places evenly, that is why.
        let uneven = Cast.fences(coordinator: 1) { $0 < 600 ? 1 : 2 }
        _ = desk.decide(view: view, fences: uneven, settings: .init(rebalances: 4), pending: [])
        _ = desk.decide(view: view, fences: uneven, settings: .init(rebalances: 5), pending: [])
        #expect(desk.noted([move(2, .overfull)], view: view, reasons: reasons).map(\.note) == ["after the weekend"])
    }

    /// It remembers its last plan: here each of what a plan follows from changes once.
    @Test func `one desk plans what a new one would, whatever has changed since`() {
        var desk = CoordinatorDesk(own: Cast.incarnation(1))
        let (all, halves) = (Cast.fences(coordinator: 1) { _ in 1 }, halves(coordinator: 1))
        let pinned = ClusterSettings(pins: [ShardID.all[1]: "node-1"])
        let steps: [(ClusterView, ClusterFences, ClusterSettings)] = [
            (Cast.view(one, two), all, .init()), (Cast.view(one, two), all, .init()), (Cast.view(one), all, .init()),
            (Cast.view(one, two), halves, .init()), (Cast.view(one, two), halves, pinned),
            (Cast.view(one, Cast.node(2, isDraining: true)), halves, pinned), (Cast.view(one, two), all, pinned),
        ]
        for (view, fences, settings) in steps {
            let decision = desk.decide(view: view, fences: fences, settings: settings, pending: [])
            #expect(decision == decide(1, view, fences, settings))
        }
        let even = desk.decide(view: Cast.view(one, two), fences: all, settings: .init(rebalances: 1), pending: [])
        let moves = CoordinatorDesk.moves(
            view: Cast.view(one, two), fences: all, settings: .init(rebalances: 1), slack: .even)
        #expect(even == all.coordinator.map { .plan(moves, under: $0) })
    }

    @Test func `a plan whose notes alone differ is not written again`() throws {
        let fences = Cast.fences(coordinator: 1) { _ in 1 }
        var pending = CoordinatorDesk.moves(view: Cast.view(one, two), fences: fences, settings: .init())
        for index in pending.indices { pending[index].note = "said" }
        #expect(decide(1, Cast.view(one, two), fences, pending: pending) == .nothing)
    }
}
