package import QuizModel
package import QuizShards

extension PlanReport: ClusterReport {
    /// Moves that people are shown; programs get all.
    package static let shownMax = 20

    package init(_ moves: [ShardMove], in picture: ClusterPicture) {
        let (owners, living) = (picture.owners, picture.living)
        var labels = living.map(\.incarnation)
        for move in moves {
            if let from = move.from, !labels.contains(from) { labels.append(from) }
        }
        let nodes = labels.map { incarnation in
            let before = owners.values.count { $0 == incarnation }
            let gives = moves.count { $0.from == incarnation }
            let takes = moves.count { $0.to == incarnation }
            return PlanNode(
                node: picture.label(incarnation), gives: gives, takes: takes, before: before,
                after: before - gives + takes)
        }
        self.init(
            nodes: nodes.sorted { $0.node < $1.node }, moves: moves.map { PlanMove($0, in: picture) },
            alreadyDue: Set(picture.moves(behind: nil)).intersection(moves).count,
            pause: moves.isEmpty ? "No room pauses." : "Rooms pause for about a commit each.")
    }

    package var lines: [String] {
        guard !moves.isEmpty else { return ["Nothing has to move."] }
        var counts = TextTable(
            ("NODE", .left), ("GIVES", .right), ("TAKES", .right), ("BEFORE", .right), ("AFTER", .right))
        for node in nodes {
            counts.add([
                node.node, String(node.gives), String(node.takes), String(node.before), String(node.after),
            ])
        }
        var list = TextTable(("SHARD", .right), ("FROM", .left), ("TO", .left), ("REASON", .left))
        for move in moves.prefix(Self.shownMax) {
            list.add([String(move.shard), move.from, move.to, move.reason.rawValue])
        }
        var lines = ["Moves: \(moves.count). \(pause)"]
        if alreadyDue > 0 { lines.append("Due in any case: \(alreadyDue).") }
        lines += counts.lines + [""] + list.lines
        if moves.count > Self.shownMax { lines.append("and \(moves.count - Self.shownMax) more") }
        return lines
    }
}

extension PlanMove {
    init(_ move: ShardMove, in picture: ClusterPicture) {
        self.init(
            shard: move.shard.index, from: picture.label(move.from), to: picture.label(move.to), reason: move.reason)
    }
}

extension ChangeReport: ClusterReport {
    package var lines: [String] {
        var lines: [String]
        let count = plan?.moves.count ?? 0
        switch outcome {
        case .planned: lines = ["Planned, nothing is changed: \(change)."] + (plan?.lines ?? [])
        case .applied: lines = ["Changed: \(change)."] + (count > 0 ? ["Moves: \(count), not waited for."] : [])
        case .completed:
            let took = tookMs.map { " in \($0 / 1_000).\($0 % 1_000 / 100) s" } ?? ""
            lines = ["Changed: \(change).", count > 0 ? "Moves: \(count), done\(took)." : "Nothing had to move."]
        case .unfinished:
            lines = ["Changed: \(change).", "Moves left: \(movesLeft ?? 0). The cluster goes on with them."]
        }
        return lines + notes
    }
}
