package import QuizModel

/// Finished games.
package protocol GameArchive: Sendable {
    /// A player's games that ended before `beforeMs` (wall clock), newest first.
    ///
    /// - Throws: `unavailable`.
    func history(of player: PlayerID, beforeMs: Int64?, limit: Int) async throws(Rejection) -> [GameSummary]

    /// A stored result, for somebody who took part; nil: there is none, or they did not.
    ///
    /// - Throws: `unavailable`.
    func result(of game: GameID, for player: PlayerID) async throws(Rejection) -> GameResultResponse?
}
