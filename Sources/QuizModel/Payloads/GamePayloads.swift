/// Server event `game:countdown`, class *game*: a game has begun; the first question opens at `until`.
public struct CountdownPayload: Codable, Sendable, Hashable {
    public var seq: Int
    public var game: GameID
    public var of: Int
    public var at: RoomInstant
    public var until: RoomInstant

    public init(seq: Int, game: GameID, of: Int, at: RoomInstant, until: RoomInstant) {
        self.seq = seq
        self.game = game
        self.of = of
        self.at = at
        self.until = until
    }
}

/// Server event `game:question`, class *game*. Sent a moment before it opens, so that all see it at one instant.
public struct QuestionPayload: Codable, Sendable, Hashable {
    public var seq: Int
    public var game: GameID
    /// From 0.
    public var index: Int
    public var of: Int
    public var kind: QuestionKind
    public var category: CategoryID
    public var difficulty: Difficulty
    public var prompt: String
    /// In the order shown, the same for everybody.
    public var choices: [String]
    public var opensAt: RoomInstant
    public var closesAt: RoomInstant

    public init(
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
public struct ProgressPayload: Codable, Sendable, Hashable {
    public var index: Int
    public var answered: Int
    public var of: Int

    public init(index: Int, answered: Int, of: Int) {
        self.index = index
        self.answered = answered
        self.of = of
    }
}

/// Server event `game:locked`, class *game*: no new answers; those under way are waited for.
public struct LockedPayload: Codable, Sendable, Hashable {
    public var seq: Int
    public var index: Int
    public var at: RoomInstant

    public init(seq: Int, index: Int, at: RoomInstant) {
        self.seq = seq
        self.index = index
        self.at = at
    }
}

/// One player's part of a reveal.
public struct RevealResult: Codable, Sendable, Hashable {
    public var player: PlayerID
    /// Empty: no answer.
    public var choice: [Int]
    public var correct: Bool
    public var accuracyPoints: Int
    public var speedPoints: Int
    public var streakPoints: Int
    /// Right answers in a row, this one included.
    public var streak: Int
    public var score: Int

    public init(
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
public struct RevealPayload: Codable, Sendable, Hashable {
    public var seq: Int
    public var index: Int
    /// Indices into the choices as shown.
    public var correct: [Int]
    /// Answers per choice, in the order shown.
    public var counts: [Int]
    public var unanswered: Int
    public var explanation: String?
    public var source: QuestionSource?
    public var results: [RevealResult]
    public var at: RoomInstant
    /// Nil: the host goes on.
    public var until: RoomInstant?

    public init(
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

public struct LeaderboardEntry: Codable, Sendable, Hashable {
    public var player: PlayerID
    public var nickname: Nickname
    /// From 1; equal scores share a rank.
    public var rank: Int
    /// Nil before the second leaderboard.
    public var previousRank: Int?
    public var score: Int
    public var accuracyPoints: Int
    public var speedPoints: Int
    public var streak: Int
    /// Right answers so far.
    public var right: Int

    public init(
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
public struct LeaderboardPayload: Codable, Sendable, Hashable {
    public var seq: Int
    public var index: Int
    public var entries: [LeaderboardEntry]
    public var at: RoomInstant
    public var until: RoomInstant?

    public init(seq: Int, index: Int, entries: [LeaderboardEntry], at: RoomInstant, until: RoomInstant?) {
        self.seq = seq
        self.index = index
        self.entries = entries
        self.at = at
        self.until = until
    }
}

/// Server event `game:over`, class *game*: the podium.
public struct GameOverPayload: Codable, Sendable, Hashable {
    public var seq: Int
    public var game: GameID
    public var entries: [LeaderboardEntry]
    public var at: RoomInstant

    public init(seq: Int, game: GameID, entries: [LeaderboardEntry], at: RoomInstant) {
        self.seq = seq
        self.game = game
        self.entries = entries
        self.at = at
    }
}

/// Server event `game:signed`, class *chat, feed*: the finished game's journal hash and the server's signature over it, once
/// the result is stored. Keep it: with it anybody can detect a later edit of the journal.
public struct GameSignedPayload: Codable, Sendable, Hashable {
    public var game: GameID
    /// Number of the last journaled input the result was folded from.
    public var inputs: Int
    /// SHA-256 chain over the game's journal, hexadecimal.
    public var chain: String
    /// Ed25519, base64.
    public var signature: String
    /// First 8 bytes of the SHA-256 of the public key, hexadecimal.
    public var key: String

    public init(game: GameID, inputs: Int, chain: String, signature: String, key: String) {
        self.game = game
        self.inputs = inputs
        self.chain = chain
        self.signature = signature
        self.key = key
    }
}

public enum PauseReason: String, Codable, Sendable, CaseIterable {
    /// The host paused.
    case host
}

/// Server event `game:paused`, class *game*: the phase's clock stands still.
public struct PausedPayload: Codable, Sendable, Hashable {
    public var seq: Int
    public var reason: PauseReason
    public var at: RoomInstant

    public init(seq: Int, reason: PauseReason, at: RoomInstant) {
        self.seq = seq
        self.reason = reason
        self.at = at
    }
}

/// Server event `game:resumed`, class *game*: the phase now ends at `until`; an open question's `opensAt` and
/// `closesAt` have moved by the length of the pause.
public struct ResumedPayload: Codable, Sendable, Hashable {
    public var seq: Int
    public var at: RoomInstant
    public var until: RoomInstant?

    public init(seq: Int, at: RoomInstant, until: RoomInstant?) {
        self.seq = seq
        self.at = at
        self.until = until
    }
}

/// Server event `game:lobby`, class *game*: back to the lobby after a game.
public struct LobbyPayload: Codable, Sendable, Hashable {
    public var seq: Int
    public var at: RoomInstant

    public init(seq: Int, at: RoomInstant) {
        self.seq = seq
        self.at = at
    }
}
