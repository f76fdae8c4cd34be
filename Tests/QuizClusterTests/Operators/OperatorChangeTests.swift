import QuizCluster
import QuizModel
import QuizShards
import Testing

@Suite struct OperatorChangeTests {
    private func picture(hasDirectory: Bool = true) -> ClusterPicture {
        ClusterPicture(
            fences: Cast.fences(coordinator: 1) { $0 % 2 + 1 }, settings: .init(), pending: [],
            members: hasDirectory ? [Cast.node(1), Cast.node(2)] : [],
            alive: hasDirectory ? [Cast.incarnation(1), Cast.incarnation(2)] : [], hasDirectory: hasDirectory)
    }

    private func refusal(_ command: OperatorCommand) -> String? {
        do throws(OperatorFault) {
            _ = try OperatorChange(command)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func `a command names what it changes`() throws {
        let shard = ShardID.all[77]
        #expect(try OperatorChange(.init(action: .move, node: "node-2", shard: "77")) == .move(shard, to: "node-2"))
        #expect(
            try OperatorChange(.init(action: .pin, node: "node-2", shard: "77")).change == .pin(shard, node: "node-2"))
        #expect(try OperatorChange(.init(action: .unpin, shard: "77")) == .unpin(shard))
        #expect(try OperatorChange(.init(action: .drain, node: "node-1")) == .drain("node-1"))
        #expect(try OperatorChange(.init(action: .undrain, node: "node-1")) == .undrain("node-1"))
        #expect(try OperatorChange(.init(action: .weight, node: "node-1", weight: 5)) == .weight(5, of: "node-1"))
        #expect(try OperatorChange(.init(action: .weight, node: "node-1")) == .weight(nil, of: "node-1"))
        #expect(try OperatorChange(.init(action: .rebalance)) == .rebalance)
    }

    @Test func `a command without what it needs is refused with a sentence`() {
        for action in [OperatorAction.move, .pin, .unpin] {
            #expect(refusal(.init(action: action, node: "node-1", shard: "1024"))?.contains("room code") == true)
            #expect(refusal(.init(action: action, node: "node-1"))?.contains("`shard`") == true)
        }
        for action in [OperatorAction.move, .pin, .drain, .undrain, .weight] {
            #expect(refusal(.init(action: action, node: "", shard: "7")) == "`node`: name the node.")
        }
        #expect(
            refusal(.init(action: .weight, node: "a", weight: 1_001)) == "A weight is 0 to 1000, or default; not 1001.")
        #expect(refusal(.init(action: .weight, node: "a", weight: -1)) != nil)
    }

    @Test func `a reason is one line, and none is none`() throws {
        #expect(try OperatorChange.reason("  new disks ") == "new disks")
        #expect(try OperatorChange.reason(" ") == nil && OperatorChange.reason(nil) == nil)
        for text in ["two\nlines", "\u{0}", String(repeating: "a", count: 501)] {
            #expect(throws: OperatorFault.self) { try OperatorChange.reason("x" + text + "x") }
        }
    }

    @Test func `a plan shows the moves, and names nodes that are not there`() throws {
        let report = try OperatorChange.drain("node-2").planned(in: picture())
        #expect(report.outcome == .planned && report.plan?.moves.count == 512)
        #expect(report.notes == ["That outlives its restarts; `quizmania shards undrain node-2` ends it."])
        #expect(throws: OperatorFault("There is no node nod. Known nodes: node-1, node-2.")) {
            try OperatorChange.drain("nod").planned(in: picture())
        }
        // Without Redis nobody knows the names, nor what would move.
        let blind = try OperatorChange.drain("nod").planned(in: picture(hasDirectory: false))
        #expect(blind.plan == nil && blind.notes.last?.contains("Redis") == true)
    }

    @Test func `what is left counts the plan and what is not planned yet`() {
        var picture = picture()
        #expect(OperatorChange.drain("node-2").movesLeft(in: picture) == 0)
        picture.settings = picture.settings.applying(.drain(node: "node-2"))
        #expect(OperatorChange.drain("node-2").movesLeft(in: picture) == 512)
        picture.pending = [
            ShardMove(shard: ShardID.all[0], from: Cast.incarnation(1), to: Cast.incarnation(2), reason: .asked)
        ]
        #expect(OperatorChange.drain("node-2").movesLeft(in: picture) == 513)
    }

    @Test func `draining everybody and pinning to a node that takes nothing are warned of`() throws {
        var alone = picture()
        alone.members.removeLast()
        alone.alive.remove(Cast.incarnation(2))
        #expect(try OperatorChange.drain("node-1").planned(in: alone).notes.last?.contains("stays where it is") == true)
        var drained = picture()
        drained.settings = drained.settings.applying(.drain(node: "node-2"))
        let pin = try OperatorChange.pin(ShardID.all[1], to: "node-2").planned(in: drained)
        #expect(pin.notes == ["node-2 is not alive or takes no shards; the pin counts when it does."])
    }
}

@Suite struct NodeLoadTests {
    private func node(
        _ number: Int, rooms: Int = 0, weight: Int = 100, isDraining: Bool = false, _ overload: OverloadLevel? = nil
    ) -> NodeAnnouncement {
        var node = Cast.node(number, weight: weight, isDraining: isDraining, rooms: rooms)
        node.overload = overload
        return node
    }

    @Test func `rooms go to linked nodes that refuse none, fewest for their weight first`() {
        let load = NodeLoad(own: Cast.incarnation(1))
        var cutOff = node(8)
        cutOff.isCutOff = true
        load.heard([
            cutOff, node(1), node(2, rooms: 30), node(3, rooms: 40, weight: 200, .calm), node(4, isDraining: true),
            node(5, .refusesRooms), node(6, rooms: 0), node(7, .coarsens),
        ])
        let linked = Set((2...5).map(Cast.incarnation) + [7, 8].map(Cast.incarnation))
        #expect(load.takers(among: linked) == [Cast.incarnation(3), Cast.incarnation(2)])
        #expect(load.takers(among: []) == [])
    }

    @Test func `players are sent elsewhere only while there is an elsewhere`() {
        let load = NodeLoad(own: Cast.incarnation(1))
        load.heard([node(1), node(2, .refusesRooms), node(3, .coarsens)])
        for level in OverloadLevel.allCases {
            load.set(level, NodeVitals())
            #expect(load.shouldSendPlayersElsewhere == (level >= .refusesJoins))
        }
        load.heard([node(1), node(2, .refusesJoins), node(3, isDraining: true)])
        #expect(!load.shouldSendPlayersElsewhere)
        load.heard([node(1)])
        #expect(!load.shouldSendPlayersElsewhere)
    }
}
