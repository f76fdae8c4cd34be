internal import Foundation
package import QuizModel
package import QuizShards

/// A sentence that tells the operator what to do.
package struct OperatorFault: Error, Hashable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}

/// One change an operator asks for, by whatever door: what it is called, what it needs, what it would move, and when it is done.
package struct OperatorChange: Hashable, Sendable {
    package let change: ClusterSettingChange
    /// Without a full stop.
    package let words: String
    /// What the operator should know beside it.
    package let notes: [String]

    private init(_ change: ClusterSettingChange, _ words: String, notes: [String] = []) {
        self.change = change
        self.words = words
        self.notes = notes
    }

    package static func pin(_ shard: ShardID, to node: String) -> Self {
        Self(.pin(shard, node: node), "shard \(shard) is pinned to \(node)")
    }

    package static func unpin(_ shard: ShardID) -> Self { Self(.unpin(shard), "shard \(shard) is not pinned any more") }

    package static func move(_ shard: ShardID, to node: String) -> Self {
        Self(
            .pin(shard, node: node), "shard \(shard) moves to \(node)",
            notes: ["A pin keeps it there; `quizmania shards unpin \(shard)` takes that away."])
    }

    package static func drain(_ node: String) -> Self {
        Self(
            .drain(node: node), "\(node) is drained",
            notes: ["That outlives its restarts; `quizmania shards undrain \(node)` ends it."])
    }

    package static func undrain(_ node: String) -> Self { Self(.undrain(node: node), "\(node) takes shards again") }

    /// - Parameter weight: nil: the node's own.
    package static func weight(_ weight: Int?, of node: String) throws(OperatorFault) -> Self {
        guard (0...RingNode.weightMax).contains(weight ?? 0) else {
            throw OperatorFault("A weight is 0 to \(RingNode.weightMax), or default; not \(weight ?? 0).")
        }
        return Self(
            .weight(node: node, weight),
            weight.map { "\(node) has weight \($0)" } ?? "\(node) has its own weight again")
    }

    package static let rebalance = Self(.rebalance, "the shards are placed evenly")

    /// With a pin its reason is forgotten, so none is kept for taking it away.
    package var keepsReason: Bool {
        if case .unpin = change { return false }
        return true
    }

    /// Characters a reason may have.
    package static let reasonMax = 500

    /// A reason as it is kept: without blanks around it; nil: none was given.
    ///
    /// - Throws: when it is too long or more than one line.
    package static func reason(_ text: String?) throws(OperatorFault) -> String? {
        let reason = (text ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        guard reason.count <= reasonMax, reason.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { throw OperatorFault("A reason is one line of at most \(reasonMax) characters.") }
        return reason.isEmpty ? nil : reason
    }

    /// What changing it would bring.
    ///
    /// - Throws: a sentence with the known nodes when there is none of its name. Without Redis any name is taken.
    package func planned(in picture: ClusterPicture) throws(OperatorFault) -> ChangeReport {
        if let node = change.node { try Self.check(node, in: picture) }
        return ChangeReport(
            change: words, outcome: .planned,
            plan: picture.hasDirectory ? PlanReport(picture.moves(behind: change), in: picture) : nil,
            notes: notes + warnings(picture))
    }

    /// What a plan is refused with while nobody knows who is alive.
    package static let cannotPlan = OperatorFault(
        "Redis does not answer, so that nobody knows who is alive and what would move; try again when it does.")

    package static func check(_ node: String, in picture: ClusterPicture) throws(OperatorFault) {
        guard picture.hasDirectory, !picture.names.contains(node) else { return }
        let known = picture.names.isEmpty ? "none" : picture.names.joined(separator: ", ")
        throw OperatorFault("There is no node \(node). Known nodes: \(known).")
    }

    /// Shards that have still to move once it is made: those of the plan, and those the coordinator has not planned yet because it has not necessarily seen
    /// the change.
    package func movesLeft(in picture: ClusterPicture) -> Int {
        let due = CoordinatorDesk.moves(
            view: ClusterView(alive: picture.living, dead: [], isSettled: true), fences: picture.fences,
            settings: picture.settings, slack: change.slack)
        return Set(due.map(\.shard)).union(picture.pending.map(\.shard)).count
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

extension OperatorChange {
    /// - Throws: a sentence when something the action needs is missing or wrong.
    package init(_ command: OperatorCommand) throws(OperatorFault) {
        switch command.action {
        case .move: self = .move(try command.shardAsked(), to: try command.nodeAsked())
        case .pin: self = .pin(try command.shardAsked(), to: try command.nodeAsked())
        case .unpin: self = .unpin(try command.shardAsked())
        case .drain: self = .drain(try command.nodeAsked())
        case .undrain: self = .undrain(try command.nodeAsked())
        case .weight: self = try .weight(command.weight, of: try command.nodeAsked())
        case .rebalance: self = .rebalance
        }
    }
}

extension OperatorCommand {
    fileprivate func nodeAsked() throws(OperatorFault) -> String {
        guard let node, !node.isEmpty else { throw OperatorFault("`node`: name the node.") }
        return node
    }

    fileprivate func shardAsked() throws(OperatorFault) -> ShardID {
        guard let reference = ShardReference(shard ?? "") else {
            throw OperatorFault("`shard`: \(ShardReference.rule)")
        }
        return reference.shard
    }
}

extension ClusterSettingChange {
    /// The node it is about.
    package var node: String? {
        switch self {
        case .weight(let node, _), .drain(let node), .undrain(let node), .pin(_, let node): node
        case .unpin, .rebalance: nil
        }
    }
}
