import QuizCluster
import QuizModel
import QuizRoom
import QuizRoomHost
import QuizShards
import Testing

@Suite struct CheckRulesTests {
    private static let room = RoomID(value: 5)
    private static let code = RoomCode("ABCDEFG")!

    private func facts(_ change: (inout RoomFacts) -> Void = { _ in }) -> RoomFacts {
        var facts = RoomFacts(
            room: Self.room, code: Self.code.text, shard: ShardID(of: Self.code).index, rules: 1, isClosed: false,
            codeLeadsTo: Self.room, quarantine: nil)
        change(&facts)
        return facts
    }

    private func picture(
        alive: [Int] = [1, 2], settings: ClusterSettings = .init(), pending: [ShardMove] = [], hasDirectory: Bool = true
    ) -> ClusterPicture {
        ClusterPicture(
            fences: Cast.fences(coordinator: 1) { $0 % 2 + 1 }, settings: settings, pending: pending,
            members: hasDirectory ? [Cast.node(1), Cast.node(2)] : [], alive: Set(alive.map(Cast.incarnation)),
            hasDirectory: hasDirectory)
    }

    /// Fence and map, changed for one look or for both.
    private func look(
        fences change: (inout ClusterFences) -> Void = { _ in }, map: (inout [ShardID: Term]) -> Void = { _ in }
    ) -> ClusterFacts.Look {
        var fences = Cast.fences(coordinator: 1) { $0 % 2 + 1 }
        var terms = fences.terms.byShard
        change(&fences)
        map(&terms)
        return ClusterFacts.Look(before: fences, map: terms, after: fences)
    }

    private func found(_ looks: [ClusterFacts.Look], _ picture: ClusterPicture) -> [Breach] {
        CheckRules.breaches(of: ClusterFacts(looks: looks, picture: picture))
    }

    // MARK: The cluster

    @Test func `a cluster in order has no breach, and none is found where nobody runs`() {
        #expect(found([look(), look()], picture()) == [])
        let off = look(fences: { $0.terms = [:] }, map: { $0 = [:] })
        #expect(found([off, off], picture(alive: [])) == [])
    }

    @Test func `what differs in one of two looks is under way, what differs in both is a breach`() {
        let seven = ShardID.all[7]
        let late = look(map: { $0[seven] = nil })
        #expect(found([late, look()], picture()) == [])
        let breach = found([late, late], picture())
        #expect(breach.map(\.rule) == [.mapBehind] && breach.map(\.action) == [.publish(shards: [7])])
        // Moved between the fence and the map: the second reading of the fence knows it.
        let moved = Cast.term(7, 2, 1)
        var crossing = look(map: { $0[seven] = moved })
        crossing.after.terms[seven] = moved
        #expect(found([crossing, crossing], picture()) == [])
    }

    @Test func `a map that knows more than the fence is not believed`() {
        for term in [Cast.term(7, 3, 1), Cast.term(7, 1, 1)] {
            let ahead = look(map: { $0[ShardID.all[7]] = term })
            #expect(found([ahead, ahead], picture()).map(\.action) == [.replaceInMap(shard: 7)])
        }
    }

    @Test func `a map that was lost is one breach`() {
        let empty = look(map: { $0 = [:] })
        let breaches = found([empty, empty], picture())
        #expect(breaches.map(\.subject) == ["1024 shards"] && breaches.map(\.rule) == [.mapBehind])
    }

    @Test func `without Redis nothing is said of map, plan and settings`() {
        var look = look()
        look.map = nil
        let settings = ClusterSettings(nodes: ["gone": .init(weight: 1, isDraining: false)])
        #expect(found([look, look], picture(settings: settings, hasDirectory: false)) == [])
    }

    @Test func `shards of nobody and of the dead are found`() {
        let bare = look(fences: { $0.terms[ShardID.all[3]] = nil }, map: { $0[ShardID.all[3]] = nil })
        #expect(found([bare, bare], picture()).map(\.rule) == [.shardUnowned])
        let gone = found([look(), look()], picture(alive: [1]))
        #expect(gone.count == 512 && Set(gone.map(\.rule)) == [.shardOwnerGone])
        #expect(gone.first?.finding == "Its owner node-2 gives no sign of life.")
    }

    @Test func `plans and settings that name strangers are found`() {
        let settings = ClusterSettings(
            nodes: ["node-1": .init(weight: 5, isDraining: false), "gone": .init(weight: nil, isDraining: true)],
            pins: [ShardID.all[1]: "node-2", ShardID.all[2]: "gone"])
        let pending = [
            ShardMove(shard: ShardID.all[4], from: nil, to: Cast.incarnation(9), reason: .unowned),
            ShardMove(shard: ShardID.all[5], from: nil, to: Cast.incarnation(2), reason: .unowned),
        ]
        let breaches = found([look(), look()], picture(settings: settings, pending: pending))
        #expect(breaches.map(\.rule) == [.planStranger, .settingStranger, .settingStranger])
        #expect(breaches.map(\.subject) == ["shard 4", "node gone", "shard 2"])
        #expect(breaches.map(\.severity) == [.breach, .advice, .advice])
        #expect(breaches[0].action == .dropPlan(shard: 4))
    }

    @Test func `connections are counted with a node that is being replaced`() {
        #expect(CheckRules.connections(perNode: 19, nodes: 3, max: 100, reserved: 3) == [])
        #expect(CheckRules.connections(perNode: 19, nodes: 5, max: 100, reserved: 3).map(\.severity) == [.advice])
        #expect(CheckRules.connections(perNode: 19, nodes: 6, max: 100, reserved: 3).map(\.severity) == [.breach])
    }

    // MARK: Rooms

    @Test func `an open room is found by its code and in its code's shard`() {
        #expect(CheckRules.breaches(of: facts()) == [])
        #expect(CheckRules.breaches(of: facts { $0.shard += 1 }).map(\.rule) == [.roomShard])
        #expect(CheckRules.breaches(of: facts { $0.code = "no code" }).map(\.rule).first == .roomShard)
        let lost = CheckRules.breaches(of: facts { $0.codeLeadsTo = nil })
        #expect(lost.map(\.action) == [.lendCode(room: Self.room, code: "ABCDEFG")])
        let taken = CheckRules.breaches(of: facts { $0.codeLeadsTo = RoomID(value: 6) })
        #expect(taken.map(\.rule) == [.roomCode] && taken.map(\.action) == [nil])
        #expect(CheckRules.breaches(of: facts { ($0.codeLeadsTo, $0.isClosed) = (nil, true) }) == [])
    }

    @Test(arguments: [
        (ReplayFault.gap(at: 3), Breach.Rule.journalGap), (.chainBroken(at: 3), .journalChain),
        (.digestDiffers(at: 3), .journalFold), (.refused(at: 3, "no"), .journalFold), (.unreadable("x"), .journalFold),
    ])
    func `a journal that does not fold is to be set aside, once`(fault: ReplayFault, rule: Breach.Rule) {
        let breach = CheckRules.breaches(of: .broken(fault), in: facts())
        #expect(breach.map(\.rule) == [rule])
        #expect(breach.map(\.action) == [.quarantine(room: Self.room, why: fault.sentence)])
        #expect(CheckRules.breaches(of: .broken(fault), in: facts { $0.quarantine = "x" }).map(\.action) == [nil])
    }

    @Test func `rules of another build are no breach`() {
        let found = CheckRules.breaches(of: .broken(.rulesUnknown(9)), in: facts())
        #expect(found.map(\.severity) == [.advice] && found.map(\.action) == [nil])
    }

    @Test func `a room that was set aside is released when nothing is wrong with it`() {
        #expect(CheckRules.quarantine(of: facts(), isSound: true) == [])
        let kept = facts { $0.quarantine = "why" }
        #expect(CheckRules.quarantine(of: kept, isSound: true).map(\.action) == [.release(room: Self.room)])
        #expect(CheckRules.quarantine(of: kept, isSound: false).map(\.action) == [nil])
    }

    @Test func `results without an end and two for one end are found, young ones and folded ones are not`() {
        func results(_ numbers: [Int64]) -> [(game: GameID, number: Int64)] {
            numbers.enumerated().map { (GameID(value: UInt128($0.offset + 1)), $0.element) }
        }
        func found(_ numbers: [Int64], ends: [Int]) -> [Breach.Rule] {
            CheckRules.breaches(
                ofResults: results(numbers), ends: Set(ends.map { GameID(value: UInt128($0)) }), folded: 10, head: 30,
                in: facts()
            ).map(\.rule)
        }
        #expect(found([5, 20, 40], ends: [2]) == [])
        #expect(found([5, 20, 25], ends: [2]) == [.resultOrphan])
        #expect(found([5, 20, 20], ends: [2, 3]) == [.resultTwice])
    }

    @Test func `every rule says what its breach means and what to do`() {
        for rule in Breach.Rule.allCases {
            #expect(rule.meaning.hasSuffix("."))
            #expect(Breach(rule, "x", "y").repair.hasSuffix("."))
        }
    }

    // MARK: The report

    @Test func `a report's status says whether all is well, something is broken, or not all was seen`() {
        var report = CheckReport()
        #expect(report.status == 0 && report.lines.last == "No breach.")
        report.add([Breach(.settingStranger, "x", "y", severity: .advice)])
        #expect(report.status == 0)
        report.unchecked = ["Everything."]
        #expect(report.status == 2)
        report.add([Breach(.journalGap, "x", "y")])
        #expect(report.status == 1 && report.lines.last == "Breaches: 1, advice: 1.")
        report.add(Array(repeating: Breach(.journalGap, "x", "y"), count: CheckReport.breachesMax))
        #expect(report.breaches.count == CheckReport.breachesMax && report.unlisted == 2)
    }
}
