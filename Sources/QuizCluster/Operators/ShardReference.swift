package import QuizModel
package import QuizShards

/// How an operator names a shard: by its number, or by the code of a room in it.
///
/// The two cannot be confused: a shard's number has at most four digits, a code seven symbols.
package struct ShardReference: Hashable, Sendable {
    package static let rule = "A shard is named by its number, 0 to \(ShardID.count - 1), or by a room code."

    package var shard: ShardID
    /// Nil: it was named by its number.
    package var code: RoomCode?

    package init?(_ text: String) {
        if let code = RoomCode(text) {
            (shard, self.code) = (ShardID(of: code), code)
        } else if let index = Int(text), let shard = ShardID(index: index), shard.description == text {
            (self.shard, code) = (shard, nil)
        } else {
            return nil
        }
    }
}
