internal import Crypto
package import QuizModel

/// A node as placement sees it.
package struct RingNode: Hashable, Sendable {
    /// The process. Terms name it.
    package var incarnation: Incarnation
    /// Stays over restarts; points on the ring come from it, so that a node that comes back gets its shards back.
    package var name: String
    /// Share of the shards relative to the other nodes'; 0 takes none. 0 ... `weightMax`.
    package var weight: Int
    /// Whether its shards are to go elsewhere.
    package var isDraining: Bool

    package static let weightMax = 1_000
    package static let weightDefault = 100

    package init(incarnation: Incarnation, name: String, weight: Int = weightDefault, isDraining: Bool = false) {
        self.incarnation = incarnation
        self.name = name
        self.weight = weight
        self.isDraining = isDraining
    }

    /// Whether it may be given shards.
    package var isEligible: Bool { !isDraining && weight > 0 }
}

/// A consistent-hash ring: points of nodes and shards on a circle of 64-bit numbers.
///
/// A node has points in proportion to its weight; a shard asks the nodes in the order in which their points follow its own. A node that joins or
/// leaves changes that order only where its own points are.
///
/// Source: Karger et al., *Consistent Hashing and Random Trees* (1997); the cap on top is that of Mirrokni et al., *Consistent
/// Hashing with Bounded Loads* (2016), made sticky: see `ShardPlacement`.
package struct ShardRing: Sendable {
    /// Points of a node of default weight.
    package static let pointsPerNode = 128

    private struct Point {
        var position: UInt64
        var node: Int
    }

    /// In the order given, without those that take no shards.
    package let nodes: [RingNode]
    private let points: [Point]

    /// - Complexity: O(p log p) for p points.
    package init(_ nodes: [RingNode]) {
        let eligible = nodes.filter(\.isEligible)
        var points: [Point] = []
        for (index, node) in eligible.enumerated() {
            for position in Self.points(of: node) { points.append(Point(position: position, node: index)) }
        }
        // Two processes of one name share their points; the incarnation decides, so that everybody decides alike.
        points.sort { left, right in
            if left.position != right.position { return left.position < right.position }
            return eligible[left.node].incarnation < eligible[right.node].incarnation
        }
        self.nodes = eligible
        self.points = points
    }

    /// Where a node's points are, in no order.
    package static func points(of node: RingNode) -> [UInt64] {
        let count = max(1, node.weight * pointsPerNode / RingNode.weightDefault)
        return (0..<count).map { position("\(node.name)#\($0)") }
    }

    /// The nodes in the order in which a shard prefers them, each once.
    package func preferences(of shard: ShardID) -> [RingNode] {
        guard !points.isEmpty else { return [] }
        let start = Self.position("shard \(shard.index)")
        var low = 0
        var high = points.count
        while low < high {
            let middle = (low + high) / 2
            if points[middle].position < start { low = middle + 1 } else { high = middle }
        }
        var seen = [Bool](repeating: false, count: nodes.count)
        var found: [RingNode] = []
        for step in 0..<points.count where found.count < nodes.count {
            let node = points[(low + step) % points.count].node
            if seen[node] { continue }
            seen[node] = true
            found.append(nodes[node])
        }
        return found
    }

    /// The first 8 bytes of the SHA-256 of a text, big-endian.
    package static func position(_ text: String) -> UInt64 {
        SHA256.hash(data: Array(text.utf8)).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
