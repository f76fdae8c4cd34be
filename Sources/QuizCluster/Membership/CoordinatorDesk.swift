package import QuizModel
package import QuizShards

/// What the coordinator does, decided anew each time from what is known; nothing is remembered but which requests for an even placement were met, and the
/// last plan, which stays the same while what it was made of does.
///
/// Any node can be the coordinator: the alive one with the lowest incarnation takes the term when its holder is gone. Two at once are harmless: the plan
/// is written only under the term, and a plan moves nothing by itself. Without a coordinator play goes on; only nothing moves.
package struct CoordinatorDesk: Sendable {
    package enum Decision: Sendable, Hashable {
        case nothing
        /// Try to become the coordinator, behind this term.
        case stand(behind: CoordinatorTerm?)
        /// Write this plan under the own term.
        case plan([ShardMove], under: CoordinatorTerm)
    }

    private let own: Incarnation
    /// The newest request for an even placement this node has seen; nil: none seen yet, so that a new coordinator repeats none of long ago.
    private var rebalances: Int64?
    private var isEvening = false
    private var last: (inputs: Inputs, plan: [ShardMove])?

    /// All that a plan follows from.
    private struct Inputs: Hashable {
        var nodes: [RingNode]
        var terms: ShardTerms
        var pins: [ShardID: String]
        var slack: ShardPlacement.Slack
    }

    package init(own: Incarnation) { self.own = own }

    /// - Parameter pending: moves of the last plan that have not happened.
    package mutating func decide(
        view: ClusterView, fences: ClusterFences, settings: ClusterSettings, pending: [ShardMove]
    ) -> Decision {
        notice(settings)
        guard view.isSettled else { return .nothing }
        guard let term = fences.coordinator, view.canOwn(term.owner) else {
            let able = view.alive.filter { view.canOwn($0.incarnation) }
            let first = able.first { !$0.isDraining } ?? able.first
            return first?.incarnation == own ? .stand(behind: fences.coordinator) : .nothing
        }
        guard term.owner == own else { return .nothing }
        let plan = plan(view: view, fences: fences, settings: settings)
        if plan.isEmpty { isEvening = false }
        return Set(plan) == Set(pending.map(\.withoutNote)) ? .nothing : .plan(plan, under: term)
    }

    /// A plan with what operators said why: of the pin, of the node that is drained or weighs less, of the even placement.
    package func noted(_ plan: [ShardMove], view: ClusterView, reasons: ClusterReasons) -> [ShardMove] {
        let names = Dictionary(view.alive.map { ($0.incarnation, $0.name) }, uniquingKeysWith: { first, _ in first })
        return plan.map { move in
            var move = move
            let source = move.from.flatMap { names[$0] }.flatMap { reasons.nodes[$0] }
            switch move.reason {
            case .pinned: move.note = reasons.pins[move.shard] ?? ""
            case .draining: move.note = source ?? ""
            case .overfull: move.note = isEvening ? reasons.rebalance : source ?? ""
            case .unowned, .ownerGone, .asked, .reclaimed: break
            }
            return move
        }
    }

    private mutating func plan(view: ClusterView, fences: ClusterFences, settings: ClusterSettings) -> [ShardMove] {
        let slack: ShardPlacement.Slack = isEvening ? .even : .sticky
        let inputs = Inputs(
            nodes: Self.owningNodes(view, settings: settings), terms: fences.terms, pins: settings.pins, slack: slack)
        if let last, last.inputs == inputs { return last.plan }
        let plan = Self.moves(view: view, fences: fences, settings: settings, slack: slack)
        last = (inputs, plan)
        return plan
    }

    private mutating func notice(_ settings: ClusterSettings) {
        if let rebalances, settings.rebalances > rebalances { isEvening = true }
        rebalances = max(rebalances ?? settings.rebalances, settings.rebalances)
    }

    /// Where everything should go; also what operators are shown before they change a setting.
    package static func moves(
        view: ClusterView, fences: ClusterFences, settings: ClusterSettings, slack: ShardPlacement.Slack = .sticky
    ) -> [ShardMove] {
        ShardPlacement.plan(
            nodes: owningNodes(view, settings: settings), owners: fences.owners, pins: settings.pins, slack: slack)
    }

    private static func owningNodes(_ view: ClusterView, settings: ClusterSettings) -> [RingNode] {
        ringNodes(view.alive.filter { view.canOwn($0.incarnation) }, settings: settings)
    }

    /// Nodes with what operators have set for them.
    package static func ringNodes(_ alive: [NodeAnnouncement], settings: ClusterSettings) -> [RingNode] {
        alive.map { node in
            let setting = settings.nodes[node.name]
            return RingNode(
                incarnation: node.incarnation, name: node.name, weight: setting?.weight ?? node.weight,
                isDraining: node.isDraining || setting?.isDraining == true)
        }
    }
}

extension ShardMove {
    fileprivate var withoutNote: ShardMove { ShardMove(shard: shard, from: from, to: to, reason: reason) }
}
