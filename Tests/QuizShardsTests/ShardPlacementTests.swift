import QuizModel
import QuizShards
import QuizTestKit
import Testing

/// What moves when nodes join, leave or change weight; and that nothing else does.
@Suite struct ShardPlacementTests {
    private static func node(_ number: Int, weight: Int = RingNode.weightDefault, isDraining: Bool = false) -> RingNode
    {
        RingNode(
            incarnation: Incarnation(value: UInt128(number + 1)), name: "node-\(number)", weight: weight,
            isDraining: isDraining)
    }

    private func settled(_ nodes: [RingNode], from owners: [ShardID: Incarnation] = [:]) -> [ShardID: Incarnation] {
        var owners = owners
        for move in ShardPlacement.plan(nodes: nodes, owners: owners) { owners[move.shard] = move.to }
        return owners
    }

    private func loads(_ owners: [ShardID: Incarnation]) -> [Incarnation: Int] {
        owners.values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    @Test(arguments: [1, 2, 3, 5, 10, 30])
    func `all shards are placed, nobody holds more than it may, and a settled placement stays`(count: Int) {
        let nodes = (0..<count).map { Self.node($0) }
        let owners = settled(nodes)
        #expect(owners.count == ShardID.count)
        let loads = self.loads(owners)
        for node in nodes {
            #expect(loads[node.incarnation, default: 0] <= ShardPlacement.cap(node, among: nodes))
        }
        #expect(ShardPlacement.plan(nodes: nodes, owners: owners) == [])
        #expect(ShardPlacement.plan(nodes: nodes.reversed(), owners: owners) == [])
    }

    @Test(arguments: 1...12)
    func `a node that joins is filled by those that have too much, and nothing moves between the others`(count: Int) {
        let before = settled((0..<count).map { Self.node($0) })
        let nodes = (0...count).map { Self.node($0) }
        let moves = ShardPlacement.plan(nodes: nodes, owners: before)
        #expect(!moves.isEmpty)
        #expect(moves.allSatisfy { $0.to == nodes[count].incarnation && $0.reason == .overfull })
        // The new node ends within the bounds, and nobody gave away what was its fair share.
        let (share, loads) = (ShardID.count / (count + 1), self.loads(before))
        #expect(moves.count >= share * 100 / 115 && moves.count <= ShardPlacement.cap(nodes[count], among: nodes))
        for (giver, gifts) in Dictionary(grouping: moves, by: \.from) {
            #expect(loads[giver ?? nodes[count].incarnation, default: 0] - gifts.count >= share)
        }
    }

    @Test(arguments: 2...12)
    func `a node that is gone loses its shards and nobody else moves any`(count: Int) {
        let nodes = (0..<count).map { Self.node($0) }
        let before = settled(nodes)
        let gone = nodes[count / 2].incarnation
        let moves = ShardPlacement.plan(nodes: nodes.filter { $0.incarnation != gone }, owners: before)
        #expect(Set(moves.map(\.shard)) == Set(before.filter { $0.value == gone }.keys))
        #expect(moves.allSatisfy { $0.from == gone && $0.reason == .ownerGone })
    }

    @Test func `a draining node gives up everything, and keeps it when there is nobody else`() {
        let before = settled((0..<3).map { Self.node($0) })
        let nodes = [Self.node(0), Self.node(1, isDraining: true), Self.node(2)]
        let moves = ShardPlacement.plan(nodes: nodes, owners: before)
        #expect(moves.count == loads(before)[nodes[1].incarnation])
        #expect(moves.allSatisfy { $0.from == nodes[1].incarnation && $0.reason == .draining })
        #expect(ShardPlacement.plan(nodes: [nodes[1]], owners: before) == [])
    }

    @Test func `a smaller weight sheds to the others, a larger one takes from those over their share`() {
        let before = settled((0..<4).map { Self.node($0) })
        let lighter = [Self.node(0, weight: 20), Self.node(1), Self.node(2), Self.node(3)]
        let shed = ShardPlacement.plan(nodes: lighter, owners: before)
        #expect(!shed.isEmpty)
        #expect(shed.allSatisfy { $0.from == lighter[0].incarnation && $0.to != lighter[0].incarnation })
        let heavier = [Self.node(0, weight: 400), Self.node(1), Self.node(2), Self.node(3)]
        let gained = ShardPlacement.plan(nodes: heavier, owners: before)
        #expect(!gained.isEmpty)
        #expect(gained.allSatisfy { $0.to == heavier[0].incarnation })
    }

    @Test func `a pin holds, and one to a node that is not there waits`() throws {
        let nodes = (0..<3).map { Self.node($0) }
        let before = settled(nodes)
        let shard = try #require(before.first { $0.value != nodes[2].incarnation }?.key)
        let moves = ShardPlacement.plan(nodes: nodes, owners: before, pins: [shard: "node-2"])
        #expect(
            moves == [ShardMove(shard: shard, from: before[shard], to: nodes[2].incarnation, reason: .pinned)])
        #expect(ShardPlacement.plan(nodes: nodes, owners: before, pins: [shard: "node-9"]) == [])
    }

    @Test func `an even placement is within one shard`() {
        let nodes = (0..<3).map { Self.node($0) }
        var owners = settled([nodes[0]])
        for move in ShardPlacement.plan(nodes: nodes, owners: owners, slack: .even) { owners[move.shard] = move.to }
        #expect(loads(owners).values.allSatisfy { (340...342).contains($0) })
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `random changes keep the bounds`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var nodes: [RingNode] = []
        var owners: [ShardID: Incarnation] = [:]
        for step in 0..<12 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where nodes.count > 1: nodes.remove(at: Int.random(in: 0..<nodes.count, using: &random))
            case 1 where !nodes.isEmpty:
                nodes[Int.random(in: 0..<nodes.count, using: &random)].weight = Int.random(in: 1...300, using: &random)
            case 2 where nodes.count > 1:
                nodes[Int.random(in: 0..<nodes.count, using: &random)].isDraining.toggle()
            default: nodes.append(Self.node(step))
            }
            let before = owners
            let moves = ShardPlacement.plan(nodes: nodes, owners: before)
            let loadsBefore = loads(before)
            let shares = nodes.map { ($0.incarnation, ShardPlacement.cap($0, among: nodes, slack: .even)) }
            let eligible = Set(nodes.filter(\.isEligible).map(\.incarnation))
            for move in moves {
                owners[move.shard] = move.to
                guard let from = move.from, eligible.contains(from) else { continue }
                // Only what is too much moves.
                #expect(loadsBefore[from, default: 0] > shares.first { $0.0 == from }?.1 ?? 0)
            }
            guard !eligible.isEmpty else { continue }
            #expect(owners.count == ShardID.count)
            let loadsAfter = loads(owners)
            if moves.isEmpty == false { #expect(ShardPlacement.plan(nodes: nodes, owners: owners) == []) }
            for node in nodes where node.isEligible {
                #expect(loadsAfter[node.incarnation, default: 0] <= ShardPlacement.cap(node, among: nodes))
            }
        }
    }
}
