package import QuizShards

/// The moves a change causes, counted and listed.
package struct PlanReport: ClusterReport, Codable, Hashable {
    package struct Node: Codable, Hashable, Sendable {
        package var node: String
        package var gives: Int
        package var takes: Int
        /// Shards it owns before and behind the moves.
        package var before: Int
        package var after: Int
    }

    package struct Move: Codable, Hashable, Sendable {
        package var shard: Int
        package var from: String
        package var to: String
        package var reason: MoveReason
    }

    /// Moves that people are shown; programs get all.
    package static let shownMax = 20

    package var nodes: [Node]
    package var moves: [Move]
    /// Of these, due without the change too.
    package var alreadyDue: Int
    package var pause: String

    package init(_ moves: [ShardMove], in picture: ClusterPicture) {
        let (owners, living) = (picture.owners, picture.living)
        var labels = living.map(\.incarnation)
        for move in moves {
            if let from = move.from, !labels.contains(from) { labels.append(from) }
        }
        nodes = labels.map { incarnation in
            let before = owners.values.count { $0 == incarnation }
            let gives = moves.count { $0.from == incarnation }
            let takes = moves.count { $0.to == incarnation }
            return Node(
                node: picture.label(incarnation), gives: gives, takes: takes, before: before,
                after: before - gives + takes)
        }.sorted { $0.node < $1.node }
        self.moves = moves.map {
            Move(shard: $0.shard.index, from: picture.label($0.from), to: picture.label($0.to), reason: $0.reason)
        }
        alreadyDue = Set(picture.moves(behind: nil)).intersection(moves).count
        pause = moves.isEmpty ? "No room pauses." : "Rooms pause for about a commit each."
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

/// What a command that changes something answers.
package struct ChangeReport: ClusterReport, Codable, Hashable {
    package enum Outcome: String, Codable, Sendable {
        /// Only shown, nothing changed.
        case planned
        /// Changed; nobody waited for the moves.
        case applied
        /// Changed, and everything has moved.
        case completed
        /// Changed; moves are left.
        case unfinished
    }

    /// The change in words, without a full stop.
    package var change: String
    package var outcome: Outcome
    /// Nil: who is alive was not known, so that the moves were not.
    package var plan: PlanReport?
    package var movesLeft: Int?
    /// Milliseconds from the change to the last move.
    package var tookMs: Int?
    /// Sentences the operator should read.
    package var notes: [String]

    package init(
        change: String, outcome: Outcome, plan: PlanReport?, movesLeft: Int? = nil, tookMs: Int? = nil, notes: [String]
    ) {
        self.change = change
        self.outcome = outcome
        self.plan = plan
        self.movesLeft = movesLeft
        self.tookMs = tookMs
        self.notes = notes
    }

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
