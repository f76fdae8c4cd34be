/// What a whole run says about the promises, and about itself: a run that never saw a branch says nothing about it.
struct Summary {
    let reports: [SeedReport]
    let lost: [UInt64]
    let course: Course
    let seconds: Double

    private var broken: [SeedReport] { reports.filter { $0.promise != nil }.sorted { $0.seed < $1.seed } }

    private var counts: [String: Int] {
        reports.reduce(into: [:]) { sum, report in sum.merge(report.counts, uniquingKeysWith: +) }
    }

    /// Faults and branches that did not happen once.
    private var missing: [String] {
        guard !course.isSabotaged, reports.count >= course.seedsToJudgeBy else { return [] }
        let counts = counts
        return course.expected.filter { counts[$0] ?? 0 == 0 }
    }

    /// Whether the run says what it should: nothing broken, or the planted bug found as what it is.
    var isGood: Bool {
        guard lost.isEmpty else { return false }
        guard course.isSabotaged else { return broken.isEmpty && missing.isEmpty && !reports.isEmpty }
        return broken.contains { course.explains($0.promise) }
    }

    var lines: [String] {
        let virtual = reports.reduce(0) { $0 + $1.virtualMs } / 1_000
        let steps = reports.reduce(0) { $0 + $1.steps }
        var lines = [
            "\(reports.count) seeds, \(virtual) s of virtual time, \(steps) steps, in \(Int(seconds)) s"
        ]
        lines += counts.sorted { $0.key < $1.key }.map { "  \($0.value)  \($0.key)" }
        lines += missing.map { "never happened: \($0)" }
        lines += lost.sorted().map { "ended the process: seed \($0)" }
        if let first = broken.first {
            lines.append("\(broken.count) seeds break a promise; the first is \(first.seed)")
        }
        if course.isSabotaged { lines.append(isGood ? "the planted bug is caught" : "the planted bug is NOT caught") }
        return lines
    }
}
