package import QuizModel

/// One shard that is to have another owner.
package struct ShardMove: Hashable, Sendable {
    package var shard: ShardID
    /// Nil: nobody, or somebody who is not there any more.
    package var from: Incarnation?
    package var to: Incarnation
    package var reason: MoveReason
    /// What an operator gave as the reason of the setting behind it; may be empty.
    package var note: String

    package init(shard: ShardID, from: Incarnation?, to: Incarnation, reason: MoveReason, note: String = "") {
        self.shard = shard
        self.from = from
        self.to = to
        self.reason = reason
        self.note = note
    }
}

/// Which node should own which shard.
///
/// *Sticky*: a shard stays where it is unless its owner is gone or draining, holds more than 1.15 times its fair share, or a pin says otherwise. What has
/// to move goes, in ring order, to a node below its fair share. A node with less than its share divided by 1.15, as one that has just joined, is
/// filled by those above theirs; an upper bound alone would leave an eighth node empty. Nothing moves between the others. The same input gives
/// the same plan everywhere.
package enum ShardPlacement {
    /// How much more than its fair share a node may hold before it gives shards away.
    package enum Slack: Sendable {
        /// 15 %: few moves.
        case sticky
        /// None: as even as it gets, when an operator asks for it.
        case even

        var percent: Int {
            switch self {
            case .sticky: 115
            case .even: 100
            }
        }
    }

    /// What a node may hold: its share by weight, plus slack, rounded up.
    package static func cap(_ node: RingNode, among nodes: [RingNode], slack: Slack = .sticky) -> Int {
        let total = nodes.filter(\.isEligible).reduce(0) { $0 + $1.weight }
        guard node.isEligible, total > 0 else { return 0 }
        return (slack.percent * ShardID.count * node.weight + 100 * total - 1) / (100 * total)
    }

    /// The moves that lead to a good placement, in shard order; none when no node may take shards.
    ///
    /// - Parameters:
    ///   - nodes: those alive.
    ///   - owners: of each shard by its fence; an owner that is not among the nodes counts as gone.
    ///   - pins: names of nodes. A pin to a node that is not there or takes no shards is ignored until it is.
    /// - Complexity: O(s · n + p log p) for s shards, n nodes and p points.
    package static func plan(
        nodes: [RingNode], owners: [ShardID: Incarnation], pins: [ShardID: String] = [:], slack: Slack = .sticky
    ) -> [ShardMove] {
        let ring = ShardRing(nodes)
        guard !ring.nodes.isEmpty else { return [] }
        var desk = Desk(nodes: nodes, ring: ring, slack: slack)
        var waiting: [(shard: ShardID, reason: MoveReason)] = []
        for shard in ShardID.all {
            let owner = owners[shard]
            if let name = pins[shard], let pinned = ring.nodes.first(where: { $0.name == name }) {
                desk.give(shard, to: pinned.incarnation, isPinned: true)
                if owner != pinned.incarnation { desk.reasons[shard] = .pinned }
            } else if let owner, desk.caps[owner] != nil {
                desk.give(shard, to: owner, isPinned: false)
            } else {
                let isThere = nodes.contains { $0.incarnation == owner }
                waiting.append((shard, owner == nil ? .unowned : isThere ? .draining : .ownerGone))
            }
        }
        waiting += desk.shed()
        for (shard, reason) in waiting {
            desk.place(shard)
            desk.reasons[shard] = reason
        }
        desk.fill()
        return ShardID.all.compactMap { shard in
            guard let target = desk.assigned[shard], target != owners[shard] else { return nil }
            return ShardMove(shard: shard, from: owners[shard], to: target, reason: desk.reasons[shard] ?? .unowned)
        }
    }

    /// The placement while it is being made.
    private struct Desk {
        let ring: ShardRing
        let slack: Slack
        let caps: [Incarnation: Int]
        let shares: [Incarnation: Int]
        var assigned: [ShardID: Incarnation] = [:]
        var reasons: [ShardID: MoveReason] = [:]
        private var loads: [Incarnation: Int] = [:]
        /// Asked for twice by shards that are shed.
        private var known: [ShardID: [RingNode]] = [:]
        private var movable: [Incarnation: [ShardID]] = [:]

        init(nodes: [RingNode], ring: ShardRing, slack: Slack) {
            self.ring = ring
            self.slack = slack
            caps = Dictionary(
                uniqueKeysWithValues: ring.nodes.map { ($0.incarnation, cap($0, among: nodes, slack: slack)) })
            shares = Dictionary(
                uniqueKeysWithValues: ring.nodes.map { ($0.incarnation, cap($0, among: nodes, slack: .even)) })
        }

        mutating func give(_ shard: ShardID, to node: Incarnation, isPinned: Bool) {
            assigned[shard] = node
            loads[node, default: 0] += 1
            if !isPinned { movable[node, default: []].append(shard) }
        }

        /// Takes from nodes that hold too much, the fullest first, what the ring would least like to see there.
        mutating func shed() -> [(shard: ShardID, reason: MoveReason)] {
            var shed: [(shard: ShardID, reason: MoveReason)] = []
            let fullest = ring.nodes.sorted {
                let (left, right) = (excess($0.incarnation), excess($1.incarnation))
                return left != right ? left > right : $0.incarnation < $1.incarnation
            }
            for node in fullest where excess(node.incarnation) > 0 {
                var ranked: [(ShardID, Int)] = []
                for shard in movable[node.incarnation] ?? [] {
                    let place = order(of: shard).firstIndex { $0.incarnation == node.incarnation }
                    ranked.append((shard, place ?? 0))
                }
                ranked.sort { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
                let surplus = ranked.prefix(excess(node.incarnation)).map(\.0)
                movable[node.incarnation]?.removeAll(where: Set(surplus).contains)
                for shard in surplus {
                    assigned[shard] = nil
                    loads[node.incarnation, default: 0] -= 1
                    shed.append((shard, .overfull))
                }
            }
            return shed
        }

        /// The first node in ring order that is below its share, else below its cap, else the first of all.
        mutating func place(_ shard: ShardID) {
            let preferences = order(of: shard)
            let target =
                preferences.first { load($0.incarnation) < shares[$0.incarnation, default: 0] }
                ?? preferences.first { load($0.incarnation) < caps[$0.incarnation, default: 0] } ?? preferences.first
            if let target { give(shard, to: target.incarnation, isPinned: false) }
        }

        /// Gives nodes that hold too little what those above their share would least like to keep.
        mutating func fill() {
            for node in ring.nodes {
                let (taker, least) = (node.incarnation, shares[node.incarnation, default: 0] * 100 / slack.percent)
                while load(taker) < least {
                    let donors = ring.nodes.filter { load($0.incarnation) > shares[$0.incarnation, default: 0] }
                    guard
                        let donor = donors.max(by: { load($0.incarnation) < load($1.incarnation) })?.incarnation,
                        let shard = pick(from: donor, for: taker)
                    else { break }
                    loads[donor, default: 0] -= 1
                    movable[donor]?.removeAll { $0 == shard }
                    give(shard, to: taker, isPinned: false)
                    reasons[shard] = reasons[shard] ?? .overfull
                }
            }
        }

        /// The donor's shard that likes the taker best.
        private mutating func pick(from donor: Incarnation, for taker: Incarnation) -> ShardID? {
            var best: (shard: ShardID, place: Int)?
            for shard in movable[donor] ?? [] {
                let place = order(of: shard).firstIndex { $0.incarnation == taker } ?? .max
                if place < best?.place ?? .max { best = (shard, place) }
            }
            return best?.shard
        }

        private mutating func order(of shard: ShardID) -> [RingNode] {
            if let known = known[shard] { return known }
            let found = ring.preferences(of: shard)
            known[shard] = found
            return found
        }

        private func load(_ node: Incarnation) -> Int { loads[node, default: 0] }
        private func excess(_ node: Incarnation) -> Int { load(node) - caps[node, default: 0] }
    }
}
