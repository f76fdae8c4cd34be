import QuizModel

/// A player's part in one game. It outlives the player's membership: who leaves and comes back finds it again.
struct Standing: Sendable, Hashable {
    var player: PlayerID
    var nickname: Nickname
    /// The player has left the room; the score stays.
    var left = false
    var score = 0
    var accuracyPoints = 0
    var speedPoints = 0
    /// Right answers in a row as of the last reveal.
    var streak = 0
    /// Right answers so far.
    var right = 0
    /// Answers given so far, the current question's included.
    var answers = 0
    /// On the last leaderboard; nil before the first.
    var rank: Int?
    /// Milliseconds, frozen when the current question was announced.
    var credit = 0
    /// To the current question. Whether it is right is worked out at the reveal, not here (P8).
    var answer: RecordedAnswer?
}

/// An answer as it counts.
struct RecordedAnswer: Sendable, Hashable {
    /// Ascending.
    var choice: [Int]
    /// When it was recorded.
    var at: RoomInstant
    /// How long it took, as scored. Kept as a length because a pause moves the opening.
    var elapsedMs: Int
}

/// An answer to an earlier question of the game, kept for those who send it again.
struct PastAnswer: Sendable, Hashable {
    var player: PlayerID
    var choice: [Int]
    var at: RoomInstant
}
