package import NIOCore
package import QuizModel
internal import QuizWire

/// Finished games.
package protocol GameArchive: Sendable {
    /// A player's games that ended before `beforeMs` (wall clock), newest first.
    ///
    /// - Throws: `unavailable`.
    func history(of player: PlayerID, beforeMs: Int64?, limit: Int) async throws(Rejection) -> [GameSummary]

    /// A stored result, for somebody who took part; nil: there is none, or they did not.
    ///
    /// - Throws: `unavailable`.
    func result(of game: GameID, for player: PlayerID) async throws(Rejection) -> ArchivedGame?
}

/// A finished game as it is sent.
package struct ArchivedGame: Sendable {
    package let response: GameResultResponse
    /// The response's JSON, made once for everybody who asks.
    package let json: ByteBuffer

    /// - Throws: what `WireJSON` throws; a result has nothing that does not encode.
    package init(_ response: GameResultResponse) throws {
        self.response = response
        json = try WireJSON.buffer(response)
    }
}
