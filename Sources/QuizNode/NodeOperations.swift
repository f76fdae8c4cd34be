internal import QuizCluster
internal import QuizHTTP
internal import QuizModel

/// The operators' desk as the HTTP API sees it.
struct NodeOperations: ClusterOperations {
    let desk: OperatorDesk

    func nodes() async -> NodesReport { desk.nodes() }
    func shards(of node: String?) async throws(Rejection) -> ShardListReport { try desk.shards(of: node) }
    func shard(_ shard: String) async throws(Rejection) -> ShardReport { try await desk.shard(shard) }

    func moves(of shard: String?, limit: Int?) async throws(Rejection) -> AdminMovesResponse {
        try await desk.moves(of: shard, limit: limit)
    }

    func ring() async -> AdminRingResponse { desk.ring() }
    func rooms() async -> AdminRoomsResponse { await desk.rooms() }
    func live() async -> AdminLiveResponse { desk.live() }

    func change(_ command: OperatorCommand) async throws(Rejection) -> ChangeReport { try await desk.change(command) }
}
