internal import NIOConcurrencyHelpers
package import QuizModel

/// How loaded this node is, and what the others say of themselves: asked where rooms are made, and by whoever wants to know whether players should come here.
package final class NodeLoad: Sendable {
    private struct State {
        var level = OverloadLevel.calm
        var vitals = NodeVitals()
        var others: [NodeAnnouncement] = []
    }

    private let own: Incarnation
    private let state = NIOLockedValueBox(State())

    package init(own: Incarnation) { self.own = own }

    package var level: OverloadLevel { state.withLockedValue(\.level) }
    package var vitals: NodeVitals { state.withLockedValue(\.vitals) }

    package func set(_ level: OverloadLevel, _ vitals: NodeVitals) {
        state.withLockedValue { ($0.level, $0.vitals) = (level, vitals) }
    }

    package func heard(_ alive: [NodeAnnouncement]) {
        state.withLockedValue { $0.others = alive.filter { $0.incarnation != own } }
    }

    /// Nodes to make a room on when this one does not, the best first: those that refuse none, with fewest rooms for their weight.
    package func takers(among linked: Set<Incarnation>) -> [Incarnation] {
        let others = state.withLockedValue(\.others)
        return others.filter { linked.contains($0.incarnation) && $0.isFree && $0.level < .refusesRooms }
            .sorted { left, right in
                let (one, other) = (left.rooms * max(1, right.weight), right.rooms * max(1, left.weight))
                return one != other ? one < other : left.incarnation < right.incarnation
            }.map(\.incarnation)
    }

    /// Whether new players are better off elsewhere: this node turns them away and another one does not. When all do, nobody is sent from one to the other, and those who
    /// play can still come back here.
    package var shouldSendPlayersElsewhere: Bool {
        state.withLockedValue { state in
            state.level >= .refusesJoins && state.others.contains { $0.isFree && $0.level < .refusesJoins }
        }
    }
}

extension NodeAnnouncement {
    /// A node of an earlier version says nothing.
    fileprivate var level: OverloadLevel { overload ?? .calm }

    /// It is not about to stop, and reaches the database.
    fileprivate var isFree: Bool { !isDraining && isCutOff != true }
}
