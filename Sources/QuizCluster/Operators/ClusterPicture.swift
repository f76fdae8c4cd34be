package import QuizModel
package import QuizShards

/// What an operator's command has found out: the decisions from PostgreSQL, and who is there from Redis.
package struct ClusterPicture: Sendable {
    package var fences: ClusterFences
    package var settings: ClusterSettings
    package var reasons = ClusterReasons()
    /// Moves of the coordinator's plan that have not happened.
    package var pending: [ShardMove]
    /// Everybody announced, dead ones included.
    package var members: [NodeAnnouncement]
    package var alive: Set<Incarnation>
    /// Redis answered; otherwise nobody's name and life is known.
    package var hasDirectory: Bool

    package init(
        fences: ClusterFences, settings: ClusterSettings, pending: [ShardMove], members: [NodeAnnouncement],
        alive: Set<Incarnation>, hasDirectory: Bool
    ) {
        self.fences = fences
        self.settings = settings
        self.pending = pending
        self.members = members
        self.alive = alive
        self.hasDirectory = hasDirectory
    }

    /// Names that settings can be made for: of members, and those that have some.
    package var names: [String] {
        Set(members.map(\.name)).union(settings.nodes.keys).union(settings.pins.values).sorted()
    }

    package var living: [NodeAnnouncement] {
        members.filter { alive.contains($0.incarnation) }.sorted { $0.incarnation < $1.incarnation }
    }

    /// The node's name, or the beginning of its incarnation where nobody knows it any more.
    package func label(_ incarnation: Incarnation?) -> String {
        guard let incarnation else { return "nobody" }
        return members.first { $0.incarnation == incarnation }?.name ?? Self.short(incarnation)
    }

    package static func short(_ incarnation: Incarnation) -> String { String(incarnation.description.prefix(8)) }

    /// Shards by owner; those that nobody owns are missing.
    package var owners: [ShardID: Incarnation] {
        fences.owners
    }

    /// The living as placement sees them.
    package var ringNodes: [RingNode] { CoordinatorDesk.ringNodes(living, settings: settings) }

    /// Where everything should go behind a change; nil: where it should go now.
    package func moves(behind change: ClusterSettingChange?) -> [ShardMove] {
        CoordinatorDesk.moves(
            view: ClusterView(alive: living, dead: [], isSettled: true), fences: fences,
            settings: change.map(settings.applying) ?? settings, slack: change?.slack ?? .sticky)
    }
}
