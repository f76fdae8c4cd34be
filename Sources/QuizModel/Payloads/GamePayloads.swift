/// Server event `game:countdown`, class *game*: a game has begun; the first question opens at `until`.
package struct CountdownPayload: Codable, Sendable, Hashable {
    package var seq: Int
    package var game: GameID
    package var of: Int
    package var at: RoomInstant
    package var until: RoomInstant

    package init(seq: Int, game: GameID, of: Int, at: RoomInstant, until: RoomInstant) {
        self.seq = seq
        self.game = game
        self.of = of
        self.at = at
        self.until = until
    }
}

/// Server event `game:question`, class *game*. Sent a moment before it opens, so that all see it at one instant.
package struct QuestionPayload: Codable, Sendable, Hashable {
    package var seq: Int
    package var game: GameID
    /// From 0.
    package var index: Int
    package var of: Int
    package var kind: QuestionKind
    package var category: CategoryID
    package var difficulty: Difficulty
    package var prompt: String
    /// In the order shown, the same for everybody.
    package var choices: [String]
    package var opensAt: RoomInstant
    package var closesAt: RoomInstant

    package init(
        seq: Int, game: GameID, index: Int, of: Int, kind: QuestionKind, category: CategoryID, difficulty: Difficulty,
        prompt: String, choices: [String], opensAt: RoomInstant, closesAt: RoomInstant
    ) {
        self.seq = seq
        self.game = game
        self.index = index
        self.of = of
        self.kind = kind
        self.category = category
        self.difficulty = difficulty
        self.prompt = prompt
        self.choices = choices
        self.opensAt = opensAt
        self.closesAt = closesAt
    }
}

/// Server event `game:progress`, class *now*: how many of those playing have answered.
package struct ProgressPayload: Codable, Sendable, Hashable {
    package var index: Int
    package var answered: Int
    package var of: Int

    package init(index: Int, answered: Int, of: Int) {
        self.index = index
        self.answered = answered
        self.of = of
    }
}

/// Server event `game:locked`, class *game*: no new answers; those under way are waited for.
package struct LockedPayload: Codable, Sendable, Hashable {
    package var seq: Int
    package var index: Int
    package var at: RoomInstant

    package init(seq: Int, index: Int, at: RoomInstant) {
        self.seq = seq
        self.index = index
        self.at = at
    }
}

/// One player's part of a reveal.
package struct RevealResult: Codable, Sendable, Hashable {
    package var player: PlayerID
    /// Empty: no answer.
    package var choice: [Int]
    package var correct: Bool
    package var accuracyPoints: Int
    package var speedPoints: Int
    package var streakPoints: Int
    /// Right answers in a row, this one included.
    package var streak: Int
    package var score: Int

    package init(
        player: PlayerID, choice: [Int], correct: Bool, accuracyPoints: Int, speedPoints: Int, streakPoints: Int,
        streak: Int, score: Int
    ) {
        self.player = player
        self.choice = choice
        self.correct = correct
        self.accuracyPoints = accuracyPoints
        self.speedPoints = speedPoints
        self.streakPoints = streakPoints
        self.streak = streak
        self.score = score
    }
}

/// Server event `game:reveal`, class *game*: the first moment at which right answers leave the server.
package struct RevealPayload: Codable, Sendable, Hashable {
    package var seq: Int
    package var index: Int
    /// Indices into the choices as shown.
    package var correct: [Int]
    /// Answers per choice, in the order shown.
    package var counts: [Int]
    package var unanswered: Int
    package var explanation: String?
    package var source: QuestionSource?
    package var results: [RevealResult]
    package var at: RoomInstant
    /// Nil: the host goes on.
    package var until: RoomInstant?

    package init(
        seq: Int, index: Int, correct: [Int], counts: [Int], unanswered: Int, explanation: String?,
        source: QuestionSource?, results: [RevealResult], at: RoomInstant, until: RoomInstant?
    ) {
        self.seq = seq
        self.index = index
        self.correct = correct
        self.counts = counts
        self.unanswered = unanswered
        self.explanation = explanation
        self.source = source
        self.results = results
        self.at = at
        self.until = until
    }
}

package struct LeaderboardEntry: Codable, Sendable, Hashable {
    package var player: PlayerID
    package var nickname: Nickname
    /// From 1; equal scores share a rank.
    package var rank: Int
    /// Nil before the second leaderboard.
    package var previousRank: Int?
    package var score: Int
    package var accuracyPoints: Int
    package var speedPoints: Int
    package var streak: Int
    /// Right answers so far.
    package var right: Int

    package init(
        player: PlayerID, nickname: Nickname, rank: Int, previousRank: Int?, score: Int, accuracyPoints: Int,
        speedPoints: Int, streak: Int, right: Int
    ) {
        self.player = player
        self.nickname = nickname
        self.rank = rank
        self.previousRank = previousRank
        self.score = score
        self.accuracyPoints = accuracyPoints
        self.speedPoints = speedPoints
        self.streak = streak
        self.right = right
    }
}

/// Server event `game:leaderboard`, class *game*.
package struct LeaderboardPayload: Codable, Sendable, Hashable {
    package var seq: Int
    package var index: Int
    package var entries: [LeaderboardEntry]
    package var at: RoomInstant
    package var until: RoomInstant?

    package init(seq: Int, index: Int, entries: [LeaderboardEntry], at: RoomInstant, until: RoomInstant?) {
        self.seq = seq
        self.index = index
        self.entries = entries
        self.at = at
        self.until = until
    }
}

/// Server event `game:over`, class *game*: the podium.
package struct GameOverPayload: Codable, Sendable, Hashable {
    package var seq: Int
    package var game: GameID
    package var entries: [LeaderboardEntry]
    package var at: RoomInstant

    package init(seq: Int, game: GameID, entries: [LeaderboardEntry], at: RoomInstant) {
        self.seq = seq
        self.game = game
        self.entries = entries
        self.at = at
    }
}

/// Server event `game:signed`, class *chat, feed*: the finished game's journal hash and the server's signature over it, once
/// the result is stored. Keep it: with it anybody can detect a later edit of the journal.
package struct GameSignedPayload: Codable, Sendable, Hashable {
    package var game: GameID
    /// Number of the last journaled input the result was folded from.
    package var inputs: Int
    /// SHA-256 chain over the game's journal, hexadecimal.
    package var chain: String
    /// Ed25519, base64.
    package var signature: String
    /// First 8 bytes of the SHA-256 of the public key, hexadecimal.
    package var key: String

    package init(game: GameID, inputs: Int, chain: String, signature: String, key: String) {
        self.game = game
        self.inputs = inputs
        self.chain = chain
        self.signature = signature
        self.key = key
    }
}

package enum PauseReason: String, Codable, Sendable, CaseIterable {
    /// The host paused.
    case host
}

/// Server event `game:paused`, class *game*: the phase's clock stands still.
package struct PausedPayload: Codable, Sendable, Hashable {
    package var seq: Int
    package var reason: PauseReason
    package var at: RoomInstant

    package init(seq: Int, reason: PauseReason, at: RoomInstant) {
        self.seq = seq
        self.reason = reason
        self.at = at
    }
}

/// Server event `game:resumed`, class *game*: the phase now ends at `until`; an open question's `opensAt` and
/// `closesAt` have moved by the length of the pause.
package struct ResumedPayload: Codable, Sendable, Hashable {
    package var seq: Int
    package var at: RoomInstant
    package var until: RoomInstant?

    package init(seq: Int, at: RoomInstant, until: RoomInstant?) {
        self.seq = seq
        self.at = at
        self.until = until
    }
}

/// Server event `game:lobby`, class *game*: back to the lobby after a game.
package struct LobbyPayload: Codable, Sendable, Hashable {
    package var seq: Int
    package var at: RoomInstant

    package init(seq: Int, at: RoomInstant) {
        self.seq = seq
        self.at = at
    }
}
