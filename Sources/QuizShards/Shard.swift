internal import Crypto
package import QuizModel

/// A slice of rooms: what is owned, moved and fenced as one.
package struct ShardID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Shards of a cluster; fixed for its life.
    package static let count = 1_024

    /// 0 ..< `count`.
    package let index: Int

    package init?(index: Int) {
        guard (0..<Self.count).contains(index) else { return nil }
        self.index = index
    }

    /// The shard a room's code falls into: the first 8 bytes of its SHA-256, big-endian, modulo `count`.
    package init(of code: RoomCode) {
        var value: UInt64 = 0
        for byte in SHA256.hash(data: Array(code.text.utf8)).prefix(8) { value = value << 8 | UInt64(byte) }
        index = Int(value % UInt64(Self.count))
    }

    package static let all: [ShardID] = (0..<count).map { ShardID(valid: $0) }

    private init(valid index: Int) { self.index = index }

    package static func < (left: Self, right: Self) -> Bool { left.index < right.index }
    package var description: String { String(index) }
}

/// A term of ownership counted up by one at each change of owner.
package struct Epoch: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: Int64
    package init(_ number: Int64) { self.number = number }
    package var next: Epoch { Epoch(number + 1) }
    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// Who may write a shard's rooms: an epoch and the owner's incarnation. Both must match; an epoch alone can be handed
/// out twice when a database fails over without its last commit.
package struct Term: Hashable, Sendable {
    package var shard: ShardID
    package var epoch: Epoch
    package var owner: Incarnation

    package init(shard: ShardID, epoch: Epoch, owner: Incarnation) {
        self.shard = shard
        self.epoch = epoch
        self.owner = owner
    }
}
