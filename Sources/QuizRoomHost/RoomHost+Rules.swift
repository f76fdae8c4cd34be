internal import NIOConcurrencyHelpers
package import QuizShards

/// Which rules rooms follow: a room keeps those it began with, and only who can run them may take it over.
extension RoomHost {
    /// Says which rules all live nodes can run: new rooms follow them, so that any node can take them over.
    ///
    /// - Parameter highest: what the node that is furthest behind can run.
    package func agree(onRules highest: Int) {
        let agreed = max(rules.lowerBound, min(rules.upperBound, highest))
        newRules.withLockedValue { $0 = agreed }
    }

    /// The highest rules that rooms of these shards follow.
    package func rulesNeeded(by shards: Set<ShardID>) -> Int {
        rooms.filter { shards.contains(ShardID(of: $0.code)) }.map(\.rules).max() ?? rules.lowerBound
    }
}
