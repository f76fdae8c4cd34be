internal import NIOConcurrencyHelpers
package import QuizCluster
package import QuizModel
package import QuizShards

/// A directory in memory, with the same rules as the one in Redis. One directory serves all nodes of a test.
package final class InMemoryShardDirectory: ShardDirectory {
    private struct State {
        /// Counts the times it was emptied; the generation follows from it.
        var emptied = 0
        var members: [Incarnation: DirectorySnapshot.Member] = [:]
        var terms: [ShardID: Term] = [:]
        var isAway = false
    }

    private let state = NIOLockedValueBox(State())

    package init() {}

    // MARK: What tests do

    /// While it is away every call answers nil or false and changes nothing.
    package var isAway: Bool {
        get { state.withLockedValue(\.isAway) }
        set { state.withLockedValue { $0.isAway = newValue } }
    }

    /// Loses everything, as a Redis that is replaced does; the generation is another one from here on.
    package func empty() {
        state.withLockedValue { state in
            state.emptied += 1
            state.members = [:]
            state.terms = [:]
        }
    }

    // MARK: ShardDirectory

    package func beat(_ announcement: NodeAnnouncement, beat: UInt64) async -> DirectorySnapshot? {
        whileThere { state in
            state.members[announcement.incarnation] = .init(announcement: announcement, beat: beat)
            return DirectorySnapshot(generation: "generation \(state.emptied)", members: state.members)
        }
    }

    package func forget(_ node: Incarnation) async {
        whileThere { $0.members[node] = nil }
    }

    package func publish(_ terms: [Term]) async -> Bool {
        let isPublished: Void? = whileThere { state in
            // Epoch 0 says that nobody owns the shard; that is what the map says of what is missing.
            for term in terms where term.epoch > state.terms[term.shard]?.epoch ?? Epoch(0) {
                state.terms[term.shard] = term
            }
        }
        return isPublished != nil
    }

    package func map() async -> [ShardID: Term]? {
        whileThere { $0.terms }
    }

    @discardableResult
    private func whileThere<Answer>(_ body: (inout State) -> Answer) -> Answer? {
        state.withLockedValue { $0.isAway ? nil : body(&$0) }
    }
}
