package import QuizModel

/// What a node measures of itself, once a second. What cannot be measured is nil and counts as nothing.
package struct NodeVitals: Hashable, Sendable {
    /// Of the processor time the process may use since the last look: its control group's quota, else the machine's cores.
    package var cpuPercent: Int?
    /// How late the latest timer of an event loop fired since the last look, milliseconds.
    package var lagMs: Int?
    package var memoryBytes: Int64?
    package var memoryLimitBytes: Int64?
    /// Rows applied and not yet committed.
    package var backlogRows: Int?

    package init(
        cpuPercent: Int? = nil, lagMs: Int? = nil, memoryBytes: Int64? = nil, memoryLimitBytes: Int64? = nil,
        backlogRows: Int? = nil
    ) {
        self.cpuPercent = cpuPercent
        self.lagMs = lagMs
        self.memoryBytes = memoryBytes
        self.memoryLimitBytes = memoryLimitBytes
        self.backlogRows = backlogRows
    }

    package var memoryPercent: Int? {
        guard let memoryBytes, let memoryLimitBytes, memoryLimitBytes > 0 else { return nil }
        return Int(Double(memoryBytes) * 100 / Double(memoryLimitBytes))
    }

    package subscript(measure: OverloadMeasure) -> Int? {
        switch measure {
        case .cpu: cpuPercent
        case .lag: lagMs
        case .memory: memoryPercent
        case .backlog: backlogRows
        }
    }
}

package enum OverloadMeasure: String, CaseIterable, Hashable, Sendable {
    case cpu, lag, memory, backlog
}

/// Where each measure begins to shed: three marks, one for each level behind `calm`, ascending. A measure without marks sheds nothing.
package struct OverloadMarks: Hashable, Sendable {
    /// The marks of one measure.
    package struct Row: Hashable, Sendable {
        package let rooms: Int
        package let joins: Int
        package let progress: Int

        /// - Returns: nil unless they are 1 or more and none is below the one before.
        package init?(_ rooms: Int, _ joins: Int, _ progress: Int) {
            guard rooms >= 1, rooms <= joins, joins <= progress else { return nil }
            (self.rooms, self.joins, self.progress) = (rooms, joins, progress)
        }

        /// How many marks `value` has reached when each is `percent` of what it says.
        fileprivate func reached(by value: Int, percent: Int) -> Int {
            [rooms, joins, progress].count { value >= ($0 * percent + 99) / 100 }
        }
    }

    package var rows: [OverloadMeasure: Row]

    package init(rows: [OverloadMeasure: Row]) { self.rows = rows }

    fileprivate func level(_ vitals: NodeVitals, percent: Int) -> (rank: Int, measure: OverloadMeasure?) {
        var worst: (rank: Int, measure: OverloadMeasure?) = (0, nil)
        for measure in OverloadMeasure.allCases {
            guard let row = rows[measure], let value = vitals[measure] else { continue }
            let rank = row.reached(by: value, percent: percent)
            if rank > worst.rank { worst = (rank, measure) }
        }
        return worst
    }
}

/// Decides what a node sheds: new rooms, then new players, then how often progress is told.
///
/// A level is reached when for `riseAfter` looks in a row some measure was at or past its mark, so that a moment's spike sheds nothing. It is given up, one level at
/// a time, when for `fallAfter` looks in a row all measures were below 85 % of its mark: a node at the edge stays where it is
/// instead of turning people away every other second.
package struct OverloadMachine: Sendable {
    package struct Change: Hashable, Sendable {
        package var from: OverloadLevel
        package var to: OverloadLevel
        /// What brought it about; nil when the level falls.
        package var measure: OverloadMeasure?

        package init(from: OverloadLevel, to: OverloadLevel, measure: OverloadMeasure?) {
            self.from = from
            self.to = to
            self.measure = measure
        }
    }

    package static let riseAfter = 3
    package static let fallAfter = 5
    /// What part of a mark a measure has to fall below.
    package static let releasePercent = 85

    package private(set) var level = OverloadLevel.calm
    private let marks: OverloadMarks
    /// For each level how many looks in a row have reached it.
    private var above = [Int](repeating: 0, count: OverloadLevel.allCases.count)
    /// How many looks in a row were below the level.
    private var below = 0

    package init(marks: OverloadMarks) { self.marks = marks }

    /// - Returns: nil when the level stays.
    package mutating func observe(_ vitals: NodeVitals) -> Change? {
        let (reached, measure) = marks.level(vitals, percent: 100)
        for rank in above.indices { above[rank] = rank <= reached ? min(above[rank] + 1, Self.riseAfter) : 0 }
        let held = above.lastIndex { $0 >= Self.riseAfter } ?? 0
        if held > level.rank {
            below = 0
            return go(to: OverloadLevel.allCases[held], measure: measure)
        }
        below = marks.level(vitals, percent: Self.releasePercent).rank < level.rank ? below + 1 : 0
        guard below >= Self.fallAfter else { return nil }
        below = 0
        return go(to: OverloadLevel.allCases[level.rank - 1], measure: nil)
    }

    private mutating func go(to next: OverloadLevel, measure: OverloadMeasure?) -> Change {
        defer { level = next }
        return Change(from: level, to: next, measure: measure)
    }
}
