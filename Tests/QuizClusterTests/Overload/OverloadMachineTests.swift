import QuizCluster
import QuizModel
import QuizTestKit
import Testing

@Suite struct OverloadMachineTests {
    private static let marks = OverloadMarks(rows: [
        .cpu: .init(80, 90, 100)!, .lag: .init(100, 200, 400)!, .memory: .init(50, 70, 90)!,
        .backlog: .init(1_000, 2_000, 4_000)!,
    ])

    private static func cpu(_ percent: Int?) -> NodeVitals { NodeVitals(cpuPercent: percent) }

    /// A machine that has seen `vitals` so often.
    private func machine(after vitals: NodeVitals..., times: Int = 1) -> OverloadMachine {
        var machine = OverloadMachine(marks: Self.marks)
        for vitals in vitals {
            for _ in 0..<times { _ = machine.observe(vitals) }
        }
        return machine
    }

    // MARK: Examples

    @Test func `a mark that is passed for three looks in a row is a level, a spike is none`() {
        var machine = OverloadMachine(marks: Self.marks)
        #expect(feed(&machine, [80, 99, 79, 80, 80]) == [])
        #expect(machine.level == .calm)
        #expect(feed(&machine, [80]) == [.init(from: .calm, to: .refusesRooms, measure: .cpu)])
    }

    @Test func `the level is the highest that held for all of the three looks`() {
        var machine = OverloadMachine(marks: Self.marks)
        #expect(feed(&machine, [120, 95, 120]) == [.init(from: .calm, to: .refusesJoins, measure: .cpu)])
        #expect(feed(&machine, [120]) == [])
        #expect(feed(&machine, [120]) == [.init(from: .refusesJoins, to: .coarsens, measure: .cpu)])
    }

    @Test func `it falls one level at a time, after five looks below 85 percent of the mark each`() {
        var machine = machine(after: Self.cpu(100), times: 3)
        #expect(machine.level == .coarsens)
        #expect(
            feed(&machine, Array(repeating: 0, count: 15)) == [
                .init(from: .coarsens, to: .refusesJoins, measure: nil),
                .init(from: .refusesJoins, to: .refusesRooms, measure: nil),
                .init(from: .refusesRooms, to: .calm, measure: nil),
            ])
    }

    @Test func `between a mark and its release nothing changes, in either direction`() {
        // 85 percent of 80 is 68.
        for level in [0, 1] {
            var machine = machine(after: Self.cpu(level == 1 ? 80 : 0), times: 5)
            #expect(machine.level.rank == level)
            #expect(feed(&machine, (0..<100).map { 68 + $0 % 12 }) == [])
        }
    }

    @Test func `one look that is not below the release begins the wait again`() {
        var machine = machine(after: Self.cpu(80), times: 3)
        #expect(feed(&machine, [10, 10, 10, 10, 68, 10, 10, 10, 10]) == [])
        #expect(feed(&machine, [10]).map(\.to) == [.calm])
    }

    @Test(arguments: [
        (NodeVitals(lagMs: 200), OverloadMeasure.lag, OverloadLevel.refusesJoins),
        (NodeVitals(backlogRows: 4_000), .backlog, .coarsens),
        (NodeVitals(memoryBytes: 512, memoryLimitBytes: 1_024), .memory, .refusesRooms),
        (NodeVitals(cpuPercent: 85, lagMs: 100, backlogRows: 2_500), .backlog, .refusesJoins),
    ])
    func `each measure counts, and the worst decides`(
        vitals: NodeVitals, measure: OverloadMeasure, level: OverloadLevel
    ) {
        var machine = machine(after: vitals, times: 2)
        #expect(machine.observe(vitals) == .init(from: .calm, to: level, measure: measure))
    }

    @Test func `what is not measured, and what has no marks, counts as nothing`() {
        #expect(machine(after: NodeVitals(memoryBytes: 5), NodeVitals(), times: 20).level == .calm)
        var machine = OverloadMachine(marks: OverloadMarks(rows: [:]))
        let worst = NodeVitals(cpuPercent: .max, lagMs: .max, memoryBytes: 9, memoryLimitBytes: 1, backlogRows: .max)
        for _ in 0..<20 { #expect(observe(&machine, worst) == nil) }
        #expect(machine.level == .calm)
    }

    @Test func `marks rise or stay, and begin at 1`() {
        #expect(OverloadMarks.Row(1, 1, 1) != nil)
        #expect(OverloadMarks.Row(0, 1, 2) == nil)
        #expect(OverloadMarks.Row(2, 1, 3) == nil)
        #expect(OverloadMarks.Row(1, 3, 2) == nil)
    }

    // MARK: Every state by every look

    @Test func `in every level every steady value leads to the level it asks for or keeps the one it holds`() {
        for start in OverloadLevel.allCases {
            for value in 0...120 {
                var machine = machine(after: Self.cpu([0, 80, 90, 100][start.rank]), times: 3)
                #expect(machine.level == start)
                for _ in 0..<20 { _ = observe(&machine, Self.cpu(value)) }
                let asked = [80, 90, 100].count { value >= $0 }
                // Rounded up: 68, 77, 85.
                let held = [68, 77, 85].count { value >= $0 }
                #expect(machine.level.rank == max(asked, min(held, start.rank)), "\(start), \(value)")
            }
        }
    }

    // MARK: Random runs

    @Test(arguments: 0..<200)
    func `what holds for any history`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (lower, upper) = (OverloadMachine(marks: Self.marks), OverloadMachine(marks: Self.marks))
        var recent: [Int] = []
        var lastChange = 0
        var worst = 0
        for step in 1...400 {
            // Long stretches of one kind, or nothing would ever be reached.
            if step % 9 == 1 { worst = Int.random(in: 0...130, using: &random) }
            let value = max(0, worst + Int.random(in: -8...8, using: &random))
            let before = lower.level
            let change = observe(&lower, Self.cpu(value))
            recent = (recent + [[80, 90, 100].count { value >= $0 }]).suffix(OverloadMachine.riseAfter)
            switch change {
            case nil: #expect(lower.level == before, "seed \(seed), step \(step)")
            case let change?:
                #expect(change.from == before && change.to == lower.level && change.from != change.to)
                if change.to > change.from {
                    // It rises to what three looks have asked for, no further, and says why.
                    #expect(change.to.rank == recent.min() && change.measure == .cpu, "seed \(seed), step \(step)")
                } else {
                    #expect(change.from.rank - change.to.rank == 1 && change.measure == nil)
                    #expect(step - lastChange >= OverloadMachine.fallAfter, "seed \(seed), step \(step)")
                }
                lastChange = step
            }
            // It never stays below what three looks have asked for.
            if recent.count == OverloadMachine.riseAfter, let asked = recent.min() {
                #expect(lower.level.rank >= asked)
            }
            // A node that is worse off at every look never sheds less.
            _ = observe(&upper, Self.cpu(value + Int.random(in: 0...20, using: &random)))
            #expect(upper.level >= lower.level, "seed \(seed), step \(step)")
        }
    }

    // MARK: Detail

    /// Mutating calls do not stand in expectations.
    private func observe(_ machine: inout OverloadMachine, _ vitals: NodeVitals) -> OverloadMachine.Change? {
        machine.observe(vitals)
    }

    private func feed(_ machine: inout OverloadMachine, _ percents: [Int]) -> [OverloadMachine.Change] {
        percents.compactMap { machine.observe(Self.cpu($0)) }
    }
}
