import QuizCluster
import QuizModel
import QuizShards
import Testing

@Suite struct ClusterReportTests {
    /// Nodes 1 and 2 live, 3 is dead and named, 4 has no name any more; each has a quarter.
    private func picture(
        _ settings: ClusterSettings = .init(), pending: [ShardMove] = [], hasDirectory: Bool = true
    ) -> ClusterPicture {
        let members = hasDirectory ? [Cast.node(1, rooms: 12), Cast.node(2), Cast.node(3)] : []
        return ClusterPicture(
            fences: Cast.fences(coordinator: 1) { $0 % 4 + 1 }, settings: settings, pending: pending, members: members,
            alive: hasDirectory ? [Cast.incarnation(1), Cast.incarnation(2)] : [], hasDirectory: hasDirectory)
    }

    private func halves() -> ClusterPicture {
        ClusterPicture(
            fences: Cast.fences(coordinator: 1) { $0 % 2 + 1 }, settings: .init(), pending: [],
            members: [Cast.node(1), Cast.node(2)], alive: [Cast.incarnation(1), Cast.incarnation(2)],
            hasDirectory: true)
    }

    @Test func `a table's columns are as wide as their widest text, without blanks at the ends`() {
        var table = TextTable(("NAME", .left), ("N", .right), ("PIN", .left))
        table.add(["a", "1", ""])
        table.add(["longer", "1000", "x"])
        #expect(table.lines == ["NAME       N  PIN", "a          1", "longer  1000  x"])
    }

    @Test func `nodes are listed with what they have, those only settings or fences know included`() {
        let settings = ClusterSettings(nodes: [
            "node-2": .init(weight: 50, isDraining: true), "old": .init(weight: nil, isDraining: true),
        ])
        let report = NodesReport(picture(settings))
        #expect(
            report.lines == [
                "NODE       INCARNATION  ALIVE  DRAINING  WEIGHT  SHARDS  ROOMS  COORDINATOR  URL",
                "node-1     00000001     yes    no           100     256     12  *            https://n1",
                "node-2     00000002     yes    yes           50     256      0               https://n2",
                "node-3     00000003     no     no           100     256      0               https://n3",
                "(unknown)  00000004     no     no             -     256      -               -",
                "old        -            no     yes            -       0      -               -",
            ])
    }

    @Test func `without Redis owners are named by their incarnations and nobody's life is known`() {
        let report = NodesReport(picture(hasDirectory: false))
        #expect(report.nodes.count == 4)
        #expect(report.nodes.allSatisfy { $0.isAlive == nil && $0.name == nil && $0.shards == 256 })
        #expect(report.lines[1].hasPrefix("(unknown)  00000001     ?"))
    }

    @Test func `a document's keys are in order and what is not known is missing`() throws {
        let picture = ClusterPicture(
            fences: ClusterFences(terms: [:], coordinator: nil), settings: .init(), pending: [],
            members: [Cast.node(1)], alive: [Cast.incarnation(1)], hasDirectory: true)
        #expect(
            try NodesReport(picture).json()
                == """
                {"hasRedis":true,"nodes":[{"incarnation":"00000001-0000-0000-0000-000000000001","isAlive":true,\
                "isCoordinator":false,"isDraining":false,"name":"node-1","publicURL":"https://n1","rooms":0,"shards":0,\
                "weight":100}],"pendingMoves":0,"unownedShards":1024}
                """)
        #expect(NodesReport(picture).lines.last == "Shards that nobody owns: 1024.")
    }

    @Test func `shards are listed with owner, pin and target, and filtered by the owner's name`() {
        let move = ShardMove(
            shard: ShardID.all[2], from: Cast.incarnation(3), to: Cast.incarnation(1), reason: .ownerGone)
        let picture = picture(ClusterSettings(pins: [ShardID.all[0]: "node-2"]), pending: [move])
        let lines = ShardListReport(picture).lines
        #expect(lines.count == 1_025)
        #expect(
            lines.prefix(5) == [
                "SHARD  OWNER     EPOCH  PIN     MOVES TO",
                "    0  node-1        1  node-2",
                "    1  node-2        1",
                "    2  node-3        1          node-1",
                "    3  00000004      1",
            ])
        #expect(ShardListReport(picture, node: "node-2").shards.allSatisfy { $0.shard % 4 == 1 })
        #expect(ShardListReport(picture, node: "node-2").shards.count == 256)
    }

    @Test func `a shard is shown with its last moves`() throws {
        let record = ShardMoveRecord(
            shard: ShardID.all[5], epoch: Epoch(1), from: nil, to: Cast.incarnation(2), reason: .unowned, note: "",
            atMs: 1_700_000_000_999)
        let reference = try #require(ShardReference("5"))
        let report = ShardReport(reference, in: picture(), openRooms: 3, records: [record])
        #expect(
            report.lines == [
                "shard       5", "owner       node-2 (00000002)", "epoch       1", "pin         none",
                "open rooms  3", "", "Last moves:",
                "WHEN                  SHARD  EPOCH  FROM    TO      REASON   NOTE",
                "2023-11-14T22:13:20Z      5      1  nobody  node-2  unowned",
            ])
        #expect(HistoryReport([], in: picture()).lines == ["Nothing has moved."])
    }

    @Test func `a plan counts what each node gives and takes, and shows the first twenty moves`() {
        let picture = halves()
        let report = PlanReport(picture.moves(behind: .drain(node: "node-2")), in: picture)
        #expect(report.moves.count == 512)
        #expect(report.nodes.map(\.node) == ["node-1", "node-2"])
        #expect(
            report.nodes.map { [$0.gives, $0.takes, $0.before, $0.after] } == [
                [0, 512, 512, 1_024], [512, 0, 512, 0],
            ])
        #expect(report.alreadyDue == 0)
        #expect(
            report.lines.prefix(7) == [
                "Moves: 512. Rooms pause for about a commit each.", "NODE    GIVES  TAKES  BEFORE  AFTER",
                "node-1      0    512     512   1024", "node-2    512      0     512      0", "",
                "SHARD  FROM    TO      REASON", "    1  node-2  node-1  draining",
            ])
        #expect(report.lines.last == "and 492 more")
        #expect(report.lines.count == 6 + 20 + 1)
    }

    @Test func `operators' reasons stand beside what they set`() throws {
        var picture = picture(
            ClusterSettings(
                nodes: ["node-2": .init(weight: nil, isDraining: true)], pins: [ShardID.all[5]: "node-1"]))
        picture.reasons.nodes["node-2"] = "new disks"
        picture.reasons.pins[ShardID.all[5]] = "closer"
        #expect(NodesReport(picture).lines.last == "node-2: new disks")
        let reference = try #require(ShardReference("5"))
        let lines = ShardReport(reference, in: picture, openRooms: 0, records: []).lines
        #expect(lines[3] == "pin         node-1: closer")
        #expect(lines.last == "It has never moved.")
    }

    @Test func `a change that moves nothing says so`() {
        let picture = halves()
        let plan = PlanReport(picture.moves(behind: .undrain(node: "node-2")), in: picture)
        #expect(plan.lines == ["Nothing has to move."])
        let report = ChangeReport(
            change: "node-2 takes shards again", outcome: .planned, plan: plan, notes: ["A note."])
        #expect(
            report.lines == [
                "Planned, nothing is changed: node-2 takes shards again.", "Nothing has to move.", "A note.",
            ])
    }

    @Test func `each outcome is said in words`() {
        let picture = halves()
        let plan = PlanReport(picture.moves(behind: .pin(ShardID.all[0], node: "node-2")), in: picture)
        func lines(_ outcome: ChangeOutcome) -> [String] {
            ChangeReport(change: "c", outcome: outcome, plan: plan, movesLeft: 1, tookMs: 1_250, notes: []).lines
        }
        #expect(lines(.applied) == ["Changed: c.", "Moves: 1, not waited for."])
        #expect(lines(.completed) == ["Changed: c.", "Moves: 1, done in 1.2 s."])
        #expect(lines(.unfinished) == ["Changed: c.", "Moves left: 1. The cluster goes on with them."])
    }

    @Test func `settings behind a change differ in that change alone`() {
        let settings = ClusterSettings(
            nodes: ["a": .init(weight: 5, isDraining: false)], pins: [ShardID.all[1]: "a"], rebalances: 2)
        var expected = settings
        expected.nodes["a"]?.isDraining = true
        #expect(settings.applying(.drain(node: "a")) == expected)
        #expect(settings.applying(.drain(node: "a")).applying(.undrain(node: "a")) == settings)
        #expect(settings.applying(.unpin(ShardID.all[1])).pins == [:])
        #expect(settings.applying(.pin(ShardID.all[2], node: "b")).pins.count == 2)
        #expect(settings.applying(.weight(node: "b", 7)).nodes["b"] == .init(weight: 7, isDraining: false))
        #expect(settings.applying(.rebalance).rebalances == 3)
        #expect(ClusterSettingChange.rebalance.slack == .even)
    }
}
