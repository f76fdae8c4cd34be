internal import QuizModel
internal import QuizSocial
internal import QuizWire

/// The operators' part: by token, for the whole cluster, on any node.
extension QuizAPI {
    @Sendable func adminNodes(_ body: NoBody, _ call: APICall) async throws(Rejection) -> APIReply<NodesReport> {
        APIReply(await (try await operations(call)).nodes())
    }

    @Sendable func adminShards(_ body: NoBody, _ call: APICall) async throws(Rejection) -> APIReply<ShardListReport> {
        APIReply(try await operations(call).shards(of: call.query("node")))
    }

    @Sendable func adminShard(_ body: NoBody, _ call: APICall) async throws(Rejection) -> APIReply<ShardReport> {
        APIReply(try await operations(call).shard(call.parameter("shard")))
    }

    @Sendable func adminMoves(
        _ body: NoBody, _ call: APICall
    ) async throws(Rejection) -> APIReply<AdminMovesResponse> {
        let operations = try await operations(call)
        var limit: Int?
        if let text = call.query("limit") {
            guard let number = Int(text) else { throw Rejection(.invalid, message: "`limit`: must be a whole number.") }
            limit = number
        }
        return APIReply(try await operations.moves(of: call.query("shard"), limit: limit))
    }

    @Sendable func adminRing(_ body: NoBody, _ call: APICall) async throws(Rejection) -> APIReply<AdminRingResponse> {
        APIReply(await (try await operations(call)).ring())
    }

    @Sendable func adminRooms(
        _ body: NoBody, _ call: APICall
    ) async throws(Rejection) -> APIReply<AdminRoomsResponse> {
        APIReply(await (try await operations(call)).rooms())
    }

    @Sendable func adminLive(_ body: NoBody, _ call: APICall) async throws(Rejection) -> APIReply<AdminLiveResponse> {
        APIReply(await (try await operations(call)).live())
    }

    @Sendable func adminChange(
        _ command: OperatorCommand, _ call: APICall
    ) async throws(Rejection) -> APIReply<ChangeReport> {
        APIReply(try await operations(call).change(command))
    }

    // MARK: - The door

    /// Lets an operator in.
    ///
    /// - Throws: `forbidden` while the API is off, `rateLimited`, `unauthorized`.
    private func operations(_ call: APICall) async throws(Rejection) -> any ClusterOperations {
        guard let office = services.operators else {
            throw Rejection(
                .forbidden,
                message:
                    "The operators' API is off: put a token into `admin.token` in `secrets.dir` and restart the node.")
        }
        // Counted before the token is looked at: a right guess must not come through where a wrong one would not.
        try await pass(.operators, call)
        guard let shown = call.bearer, office.token.matches(shown) else {
            throw Rejection(.unauthorized, message: "The operators' token is missing or another one.")
        }
        return office.operations
    }
}
