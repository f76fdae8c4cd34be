internal import QuizModel
internal import QuizSocial
internal import QuizWire

extension QuizAPI {
    @Sendable func listMyGames(
        _ body: NoBody, _ call: APICall
    ) async throws(Rejection) -> APIReply<GameHistoryResponse> {
        let player = try await player(call)
        var before: Int64?
        if let text = call.query("before") {
            guard let number = Int64(text) else {
                throw Rejection(.invalid, message: "`before`: must be a whole number of milliseconds.")
            }
            before = number
        }
        // One more than a page tells whether there is another.
        let games = try await services.games.history(
            of: player.player, beforeMs: before, limit: Self.gamesPerPage + 1)
        let page = Array(games.prefix(Self.gamesPerPage))
        let next = games.count > page.count ? page.last?.finishedAtMs : nil
        return APIReply(GameHistoryResponse(games: page, next: next))
    }

    @Sendable func findGame(_ body: NoBody, _ call: APICall) async throws(Rejection) -> APIReply<GameResultResponse> {
        let player = try await player(call)
        guard let game = GameID(call.parameter("game")),
            let result = try await services.games.result(of: game, for: player.player)
        else { throw Rejection(.notFound) }
        return APIReply(result.response, json: result.json)
    }
}
