import ArgumentParser
import QuizCluster
import QuizModel

/// One change of an operator at the command line: shown, made, and followed until everything has moved.
struct ClusterChange {
    private static let waitMax = Duration.seconds(60)
    private static let pollEvery = Duration.milliseconds(250)

    let options: ChangeOptions
    let change: OperatorChange

    func run() async throws {
        let reason = try OperatorChange.reason(options.reason)
        if change.keepsReason, !options.plan, reason == nil {
            throw OperatorFault("Say why with --reason TEXT; it is kept with the change.")
        }
        try await ClusterDesk.open(options.common.files) { desk in
            let picture = try await desk.picture(judges: true)
            var report = try change.planned(in: picture)
            if options.plan {
                guard report.plan != nil else { throw OperatorChange.cannotPlan }
            } else {
                try await desk.apply(change.change, reason: reason ?? "")
                report.outcome = .applied
                if options.wait, report.plan != nil { try await follow(&report, at: &desk) }
            }
            try options.common.show(report, hasDirectory: picture.hasDirectory)
            if report.outcome == .unfinished { throw ExitCode.failure }
        }
    }

    private func follow(_ report: inout ChangeReport, at desk: inout ClusterDesk) async throws {
        let began = ContinuousClock.now
        defer { Console.endProgress() }
        var left = report.plan?.moves.count ?? 0
        while ContinuousClock.now - began < Self.waitMax {
            await desk.look()
            left = change.movesLeft(in: try await desk.glance())
            if left == 0 {
                report.outcome = .completed
                report.movesLeft = 0
                report.tookMs = (ContinuousClock.now - began).wholeMilliseconds
                return
            }
            Console.progress("Moves left: \(left)")
            try await Task.sleep(for: Self.pollEvery)
        }
        report.outcome = .unfinished
        report.movesLeft = left
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int {
        Int(components.seconds) * 1_000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
