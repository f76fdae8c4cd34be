internal import NIOConcurrencyHelpers
package import QuizModel
package import QuizShards

/// Who owns which shard, as far as this node has heard: from its own fences, from owners, from Redis. Per shard the higher epoch is believed; being wrong costs a
/// message that is answered "not mine".
package final class ShardTable: Sendable {
    package typealias Watcher = @Sendable (Set<ShardID>) -> Void

    private struct State {
        var terms = ShardTerms()
        var watchers: [Watcher] = []
    }

    private let state = NIOLockedValueBox(State())

    package init() {}

    package func term(of shard: ShardID) -> Term? { state.withLockedValue { $0.terms[shard] } }

    package func term(of code: RoomCode) -> Term? { term(of: ShardID(of: code)) }

    package var terms: ShardTerms { state.withLockedValue { $0.terms } }

    /// - Parameter watcher: told the shards whose owner changed, on the thread that brought the news. Cannot be taken back.
    package func watch(_ watcher: @escaping Watcher) { state.withLockedValue { $0.watchers.append(watcher) } }

    /// Believes what is newer than what is known.
    ///
    /// - Parameter isCertain: true from the fence itself: then the same epoch with another owner is believed too (a database that failed over without its last
    ///   commit hands an epoch out twice).
    package func hear(_ terms: some Sequence<Term>, isCertain: Bool = false) {
        let (changed, watchers) = state.withLockedValue { state in
            var changed: Set<ShardID> = []
            for term in terms {
                if let known = state.terms[term.shard] {
                    let isNewer = term.epoch > known.epoch || (isCertain && term.epoch == known.epoch && term != known)
                    guard isNewer else { continue }
                }
                state.terms[term.shard] = term
                changed.insert(term.shard)
            }
            return (changed, changed.isEmpty ? [] : state.watchers)
        }
        for watcher in watchers { watcher(changed) }
    }
}
