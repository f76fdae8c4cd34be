package import QuizModel

/// The cluster as operators see and change it.
package protocol ClusterOperations: Sendable {
    func nodes() async -> NodesReport

    /// - Throws: `invalid` when there is no node of this name.
    func shards(of node: String?) async throws(Rejection) -> ShardListReport

    /// - Parameter shard: its number, or a room code.
    /// - Throws: `invalid`, `unavailable`.
    func shard(_ shard: String) async throws(Rejection) -> ShardReport

    /// - Throws: `invalid`, `unavailable`.
    func moves(of shard: String?, limit: Int?) async throws(Rejection) -> AdminMovesResponse

    func ring() async -> AdminRingResponse

    func rooms() async -> AdminRoomsResponse

    func live() async -> AdminLiveResponse

    /// Shows or makes a change.
    ///
    /// - Throws: `invalid` with a sentence, `unavailable`.
    func change(_ command: OperatorCommand) async throws(Rejection) -> ChangeReport
}
