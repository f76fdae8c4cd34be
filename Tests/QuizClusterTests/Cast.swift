import QuizCluster
import QuizModel
import QuizShards

/// Nodes and shards that tests speak of.
enum Cast {
    static func incarnation(_ number: Int) -> Incarnation { Incarnation(value: UInt128(number) << 96 | 1) }

    static func node(
        _ number: Int, name: String? = nil, startedAtMs: Int64 = 1_000, weight: Int = 100, isDraining: Bool = false,
        rooms: Int = 0
    ) -> NodeAnnouncement {
        NodeAnnouncement(
            incarnation: incarnation(number), name: name ?? "node-\(number)", startedAtMs: startedAtMs,
            publicURL: "https://n\(number)", meshAddress: "n\(number):7946", meshVersion: 1, rules: 1, weight: weight,
            isDraining: isDraining, rooms: rooms)
    }

    static func term(_ shard: Int, _ epoch: Int64, _ owner: Int) -> Term {
        Term(shard: ShardID.all[shard], epoch: Epoch(epoch), owner: incarnation(owner))
    }

    static func view(_ nodes: NodeAnnouncement..., isSettled: Bool = true) -> ClusterView {
        ClusterView(alive: nodes.sorted { $0.incarnation < $1.incarnation }, dead: [], isSettled: isSettled)
    }

    /// Every shard at the epoch 1 of its owner.
    static func fences(coordinator: Int?, owner: (Int) -> Int) -> ClusterFences {
        ClusterFences(
            terms: ShardTerms(ShardID.all.map { term($0.index, 1, owner($0.index)) }),
            coordinator: coordinator.map { CoordinatorTerm(epoch: Epoch(7), owner: incarnation($0)) })
    }
}

/// A directory of which tests move the beats by hand.
struct BeatBoard {
    var generation = "g1"
    private(set) var members: [Incarnation: DirectorySnapshot.Member] = [:]

    var snapshot: DirectorySnapshot { DirectorySnapshot(generation: generation, members: members) }

    mutating func beat(_ nodes: NodeAnnouncement...) {
        for node in nodes {
            let beat = (members[node.incarnation]?.beat ?? 0) + 1
            members[node.incarnation] = .init(announcement: node, beat: beat)
        }
    }

    /// What an old copy of the directory said, or a node says by itself.
    mutating func restore(_ node: NodeAnnouncement, beat: UInt64) {
        members[node.incarnation] = .init(announcement: node, beat: beat)
    }

    mutating func withdraw(_ node: NodeAnnouncement) { members[node.incarnation] = nil }
}
