package import QuizCluster
package import QuizModel
package import QuizShards

/// What a change of owner makes of the fence rows it read: values without a connection, so that a simulated server
/// meets the same rules as the real one.
package enum FenceRules {
    /// How often a second connection looks for sessions that block a change.
    package static let watchInterval = Duration.milliseconds(50)

    /// A shard that is to be taken, and why.
    package struct Wish: Sendable, Hashable {
        package var expected: Term
        package var reason: MoveReason

        package init(expected: Term, reason: MoveReason) {
            self.expected = expected
            self.reason = reason
        }
    }

    /// - Parameter current: the terms as they are now.
    /// - Returns: those `owner` has already and keeps, and those it wants.
    package static func taking(_ current: [Term], by owner: Incarnation) -> (owned: [Term], wishes: [Wish]) {
        let wishes = current.filter { $0.owner != owner }
            .map { Wish(expected: $0, reason: $0.owner == .nobody ? .unowned : .ownerGone) }
        return (current.filter { $0.owner == owner }, wishes)
    }

    /// Shards of a move that may have no row yet, in order.
    package static func withoutRow(_ expected: [Term]) -> [ShardID] {
        Set(expected.filter { $0.epoch == Epoch(0) }.map(\.shard)).sorted()
    }

    /// What a move did not win.
    package static func lost(_ expected: [Term], won: [Term]) -> [Term] {
        let held = Set(won.map(\.shard))
        return expected.filter { !held.contains($0.shard) }
    }

    /// Of what a move did not win, the terms an earlier attempt of the same move has won.
    package static func repeated(_ lost: [Term], current: [Term], owner: Incarnation) -> [Term] {
        let wanted = Set(lost.map { Term(shard: $0.shard, epoch: $0.epoch.next, owner: owner) })
        return current.filter(wanted.contains)
    }

    /// The coordinator's term if an earlier attempt has won it.
    package static func repeated(
        _ expected: CoordinatorTerm?, current: CoordinatorTerm?, owner: Incarnation
    ) -> CoordinatorTerm? {
        let wanted = CoordinatorTerm(epoch: (expected?.epoch ?? Epoch(0)).next, owner: owner)
        return current == wanted ? wanted : nil
    }
}

extension Incarnation {
    /// The owner in a fence row that nobody has taken yet.
    package static let nobody = Incarnation(value: 0)
}
