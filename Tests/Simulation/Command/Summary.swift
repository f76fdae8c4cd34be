import QuizSimulation

/// What a whole run says about the promises, and about itself: a run that never saw a branch says nothing about it.
struct Summary {
    let reports: [SeedReport]
    let lost: [UInt64]
    let sabotage: Sabotage?
    let seconds: Double

    /// Fewer seeds are no proof that something never happens.
    private static let seedsToJudgeBy = 200

    private var broken: [SeedReport] { reports.filter { $0.promise != nil }.sorted { $0.seed < $1.seed } }

    private var counts: [String: Int] {
        reports.reduce(into: [:]) { sum, report in sum.merge(report.counts, uniquingKeysWith: +) }
    }

    /// Faults and branches that did not happen once.
    private var missing: [String] {
        guard sabotage == nil, reports.count >= Self.seedsToJudgeBy else { return [] }
        let counts = counts
        return Expectations.all.filter { counts[$0] ?? 0 == 0 }
    }

    /// Whether the run says what it should: nothing broken, or the planted bug found as what it is.
    var isGood: Bool {
        guard lost.isEmpty else { return false }
        guard let sabotage else { return broken.isEmpty && missing.isEmpty && !reports.isEmpty }
        return broken.contains { sabotage.explains($0.promise) }
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
        if sabotage != nil { lines.append(isGood ? "the planted bug is caught" : "the planted bug is NOT caught") }
        return lines
    }
}
