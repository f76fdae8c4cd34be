import ArgumentParser
import QuizCluster
import QuizShards

/// One change of an operator: shown, made, and followed until everything has moved.
struct ClusterChange {
    private static let waitMax = Duration.seconds(60)
    private static let pollEvery = Duration.milliseconds(250)

    let options: ChangeOptions
    let change: ClusterSettingChange
    /// Without a full stop.
    let words: String
    /// What the operator should know beside it.
    var notes: [String] = []
    /// The settings keep a reason for it.
    var keepsReason = true

    func run() async throws {
        let reason = (options.reason ?? "").trimmingWhitespace
        if keepsReason, !options.plan, reason.isEmpty {
            throw OperatorFault("Say why with --reason TEXT; it is kept with the change.")
        }
        try await ClusterDesk.open(options.common.files) { desk in
            let picture = try await desk.picture(judges: true)
            if let node = change.node { try OperatorOptions.check(node, in: picture) }
            var report = ChangeReport(
                change: words, outcome: .planned,
                plan: picture.hasDirectory ? PlanReport(picture.moves(behind: change), in: picture) : nil,
                notes: notes + warnings(picture))
            if options.plan {
                guard report.plan != nil else {
                    throw OperatorFault(
                        "Redis does not answer, so that nobody knows who is alive and what would move; try again when it does."
                    )
                }
            } else {
                try await desk.apply(change, reason: reason)
                report.outcome = .applied
                if options.wait, report.plan != nil { try await follow(&report, at: &desk) }
            }
            try options.common.show(report, hasDirectory: picture.hasDirectory)
            if report.outcome == .unfinished { throw ExitCode.failure }
        }
    }

    /// Until the coordinator's plan is carried out *and* nothing more is due: it has not necessarily seen the change yet.
    private func follow(_ report: inout ChangeReport, at desk: inout ClusterDesk) async throws {
        let began = ContinuousClock.now
        defer { Console.endProgress() }
        var left = report.plan?.moves.count ?? 0
        while ContinuousClock.now - began < Self.waitMax {
            await desk.look()
            let picture = try await desk.glance()
            let due = CoordinatorDesk.moves(
                view: ClusterView(alive: picture.living, dead: [], isSettled: true), fences: picture.fences,
                settings: picture.settings, slack: change.slack)
            left = Set(due.map(\.shard)).union(picture.pending.map(\.shard)).count
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

    private func warnings(_ picture: ClusterPicture) -> [String] {
        guard picture.hasDirectory else {
            return ["The node's name could not be checked, and nothing moves before Redis answers."]
        }
        var warnings: [String] = []
        let settings = picture.settings.applying(change)
        func takes(_ node: String, weight: Int, isDraining: Bool) -> Bool {
            let setting = settings.nodes[node]
            return !isDraining && setting?.isDraining != true && setting?.weight ?? weight > 0
        }
        let takers = picture.living.filter { takes($0.name, weight: $0.weight, isDraining: $0.isDraining) }
        if takers.isEmpty {
            warnings.append("No node that is alive takes shards then, so that everything stays where it is.")
        }
        if case .pin(_, let node) = change, !takers.contains(where: { $0.name == node }) {
            warnings.append("\(node) is not alive or takes no shards; the pin counts when it does.")
        }
        return warnings
    }
}

extension ClusterSettingChange {
    /// The node it is about.
    var node: String? {
        switch self {
        case .weight(let node, _), .drain(let node), .undrain(let node), .pin(_, let node): node
        case .unpin, .rebalance: nil
        }
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int {
        Int(components.seconds) * 1_000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}

extension String {
    fileprivate var trimmingWhitespace: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
