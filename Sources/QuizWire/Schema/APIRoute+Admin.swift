package import QuizModel

/// The operators' operations. Any node answers for the whole cluster.
extension APIRoute {
    package static let adminNodesEndpoint = Endpoint<NoBody, NodesReport>(
        .adminNodes, .get, "/api/admin/nodes", "The cluster's nodes and what each of them has."
    ).with { $0.admission = .operatorToken }

    package static let adminShardsEndpoint = Endpoint<NoBody, ShardListReport>(
        .adminShards, .get, "/api/admin/shards", "All shards with their owners, pins and where they move."
    ).with {
        $0.admission = .operatorToken
        $0.parameters = [.init("node", in: .query, String.self, "Only the shards of this node.")]
        $0.refusals = [.invalid]
    }

    package static let adminShardEndpoint = Endpoint<NoBody, ShardReport>(
        .adminShard, .get, "/api/admin/shards/{shard}", "One shard and its last moves."
    ).with {
        $0.admission = .operatorToken
        $0.parameters = [
            .init("shard", in: .path, String.self, "Its number, 0 to 1023, or the code of a room in it.")
        ]
        $0.refusals = [.invalid, .unavailable]
    }

    package static let adminMovesEndpoint = Endpoint<NoBody, AdminMovesResponse>(
        .adminMoves, .get, "/api/admin/moves", "Moves that are to happen, and those that have, the newest first."
    ).with {
        $0.admission = .operatorToken
        $0.parameters = [
            .init("shard", in: .query, String.self, "Only of this shard: its number, or a room code."),
            .init("limit", in: .query, Int.self, "How many that have happened; 1 to 1000, else 50."),
        ]
        $0.refusals = [.invalid, .unavailable]
    }

    package static let adminRingEndpoint = Endpoint<NoBody, AdminRingResponse>(
        .adminRing, .get, "/api/admin/ring", "The hash ring: the nodes that take shards, and their points."
    ).with { $0.admission = .operatorToken }

    package static let adminRoomsEndpoint = Endpoint<NoBody, AdminRoomsResponse>(
        .adminRooms, .get, "/api/admin/rooms", "Live rooms of each node with phase and number of players, and its load."
    ).with { $0.admission = .operatorToken }

    package static let adminLiveEndpoint = Endpoint<NoBody, AdminLiveResponse>(
        .adminLive, .get, "/api/admin/live", "Nodes, owners and moves at this instant, to be asked for once a second."
    ).with { $0.admission = .operatorToken }

    package static let adminChangeEndpoint = Endpoint<OperatorCommand, ChangeReport>(
        .adminChange, .post, "/api/admin/changes",
        "Shows (`plan`) or makes a change with its reason. Nobody waits for the moves; `/api/admin/live` shows them."
    ).with {
        $0.admission = .operatorToken
        $0.refusals = [.invalid, .unavailable]
    }
}
