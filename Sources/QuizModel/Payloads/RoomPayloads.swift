// What rooms say on the wire. These types *are* the protocol: the AsyncAPI and OpenAPI documents and the web
// client's TypeScript types are generated from them.

package enum RoomVisibility: String, Codable, Sendable, CaseIterable {
    /// Listed on the home page.
    case `public`
    /// Reached by code or link only.
    case unlisted
    /// As unlisted, and asks for a password.
    case `private`
}

/// What somebody in a room is.
package enum MemberRole: String, Codable, Sendable, CaseIterable {
    /// Answers and is ranked.
    case player
    /// Shows the game (a projector); may be the host; takes no seat and does not answer.
    case display
}

package enum RoomPhase: String, Codable, Sendable, CaseIterable {
    case lobby, countdown, question, locked, reveal, leaderboard, podium, closed
}

/// How games in a room are played. The host may change it in the lobby.
package struct RoomSettings: Codable, Sendable, Hashable {
    /// 1 to 60 visible characters.
    package var title: String
    package var visibility: RoomVisibility
    /// Questions a game; 1 to 50.
    package var questionCount: Int
    /// Time to answer, milliseconds; 5,000 to 120,000.
    package var answerWindowMs: Int
    /// Empty: every category.
    package var categories: [CategoryID]
    /// Nil: mixed.
    package var difficulty: Difficulty?
    /// False: the same points however long the answer took.
    package var speedPoints: Bool
    /// False: the host leads from question to question.
    package var autoAdvance: Bool

    package init(
        title: String = "Quiz night", visibility: RoomVisibility = .unlisted, questionCount: Int = 10,
        answerWindowMs: Int = 20_000, categories: [CategoryID] = [], difficulty: Difficulty? = nil,
        speedPoints: Bool = true, autoAdvance: Bool = true
    ) {
        self.title = title
        self.visibility = visibility
        self.questionCount = questionCount
        self.answerWindowMs = answerWindowMs
        self.categories = categories
        self.difficulty = difficulty
        self.speedPoints = speedPoints
        self.autoAdvance = autoAdvance
    }

    /// The first rule these settings break, as a sentence; nil when they are fine.
    package var fault: String? {
        if !(1...60).contains(title.count) || !title.unicodeScalars.allSatisfy(\.isVisible) {
            return "`title` has 1 to 60 visible characters."
        }
        if !Limits.questionsPerGame.contains(questionCount) {
            return "`questionCount` is 1 to 50."
        }
        if !Limits.answerWindowMs.contains(answerWindowMs) { return "`answerWindowMs` is 5000 to 120000." }
        if categories.count > 20 { return "`categories` has at most 20 entries." }
        return nil
    }
}

/// A member as everybody in the room sees them.
package struct MemberView: Codable, Sendable, Hashable {
    package var player: PlayerID
    package var nickname: Nickname
    package var role: MemberRole
    package var ready: Bool
    package var host: Bool
    /// Points so far as of the last reveal.
    package var score: Int

    package init(player: PlayerID, nickname: Nickname, role: MemberRole, ready: Bool, host: Bool, score: Int) {
        self.player = player
        self.nickname = nickname
        self.role = role
        self.ready = ready
        self.host = host
        self.score = score
    }
}

/// Server event `room:state`, class *game*: everything public about a room. Sent after a join, and after a
/// connection that could not be recovered.
package struct RoomStatePayload: Codable, Sendable, Hashable {
    package var code: RoomCode
    /// The last game event this state contains.
    package var seq: Int
    package var phase: RoomPhase
    package var settings: RoomSettings
    package var locked: Bool
    /// Nil while nobody is in the room.
    package var host: PlayerID?
    /// In order of joining.
    package var members: [MemberView]
    /// Those of `members` who have a connection now.
    package var present: [PlayerID]
    /// Nil in the lobby before the first game.
    package var game: GameView?
    /// Nil unless the game is paused.
    package var paused: PauseReason?
    /// Room time at which this state was made.
    package var at: RoomInstant

    package init(
        code: RoomCode, seq: Int, phase: RoomPhase, settings: RoomSettings, locked: Bool, host: PlayerID?,
        members: [MemberView], present: [PlayerID], game: GameView?, paused: PauseReason?, at: RoomInstant
    ) {
        self.code = code
        self.seq = seq
        self.phase = phase
        self.settings = settings
        self.locked = locked
        self.host = host
        self.members = members
        self.present = present
        self.game = game
        self.paused = paused
        self.at = at
    }
}

/// The running or last game, as far as it is public.
package struct GameView: Codable, Sendable, Hashable {
    package var game: GameID
    /// Index of the current question, from 0; -1 before the first.
    package var index: Int
    package var of: Int
    /// When the phase ends by itself; nil when it waits for the host or is paused.
    package var until: RoomInstant?
    /// From the question's opening to the end of its reveal.
    package var question: QuestionPayload?
    /// From the reveal to the next question.
    package var reveal: RevealPayload?
    /// From the first leaderboard on.
    package var leaderboard: LeaderboardPayload?
    /// On the podium.
    package var over: GameOverPayload?
    package var progress: ProgressPayload?

    package init(
        game: GameID, index: Int, of: Int, until: RoomInstant?, question: QuestionPayload?, reveal: RevealPayload?,
        leaderboard: LeaderboardPayload?, over: GameOverPayload?, progress: ProgressPayload?
    ) {
        self.game = game
        self.index = index
        self.of = of
        self.until = until
        self.question = question
        self.reveal = reveal
        self.leaderboard = leaderboard
        self.over = over
        self.progress = progress
    }
}

/// Server event `room:member`, class *game*: somebody joined, or one of these fields changed.
package struct MemberPayload: Codable, Sendable, Hashable {
    package var seq: Int
    package var member: MemberView

    package init(seq: Int, member: MemberView) {
        self.seq = seq
        self.member = member
    }
}

package enum LeaveReason: String, Codable, Sendable, CaseIterable {
    case left, kicked
}

/// Server event `room:left`, class *game*.
package struct MemberLeftPayload: Codable, Sendable, Hashable {
    package var seq: Int
    package var player: PlayerID
    package var reason: LeaveReason

    package init(seq: Int, player: PlayerID, reason: LeaveReason) {
        self.seq = seq
        self.player = player
        self.reason = reason
    }
}

/// Server event `room:changed`, class *game*: settings, lock or host changed.
package struct RoomChangedPayload: Codable, Sendable, Hashable {
    package var seq: Int
    package var settings: RoomSettings
    package var locked: Bool
    package var host: PlayerID?

    package init(seq: Int, settings: RoomSettings, locked: Bool, host: PlayerID?) {
        self.seq = seq
        self.settings = settings
        self.locked = locked
        self.host = host
    }
}

package enum CloseReason: String, Codable, Sendable, CaseIterable {
    /// Nobody was there for a while.
    case empty
    /// The host closed it.
    case host
}

/// Server event `room:closed`, class *game*: the last event of a room.
package struct RoomClosedPayload: Codable, Sendable, Hashable {
    package var seq: Int
    package var reason: CloseReason

    package init(seq: Int, reason: CloseReason) {
        self.seq = seq
        self.reason = reason
    }
}

/// Server event `presence:update`, class *now*: who of the members has a connection.
package struct PresencePayload: Codable, Sendable, Hashable {
    package var present: [PlayerID]

    package init(present: [PlayerID]) { self.present = present }
}

/// Server event `room:saving`, class *now*: the journal cannot be reached, the room's clock stands still, and nothing
/// is lost. `saving: false` ends it; `at` is the room's time then.
package struct SavingPayload: Codable, Sendable, Hashable {
    package var saving: Bool
    package var at: RoomInstant

    package init(saving: Bool, at: RoomInstant) {
        self.saving = saving
        self.at = at
    }
}

/// Server event `room:me`, class *mine*: the receiver's own seat. Sent after every attach and after each change.
package struct MePayload: Codable, Sendable, Hashable {
    package var player: PlayerID
    package var nickname: Nickname
    /// For a guest made by this connection: a token for the next one.
    package var token: String?
    /// For a guest made by this connection: brings a new token from `POST /api/session/refresh`.
    package var refresh: String?
    /// Nil while in no room.
    package var seat: SeatView?

    package init(
        player: PlayerID, nickname: Nickname, token: String? = nil, refresh: String? = nil, seat: SeatView? = nil
    ) {
        self.player = player
        self.nickname = nickname
        self.token = token
        self.refresh = refresh
        self.seat = seat
    }
}

/// A player's own view of their place in a room.
package struct SeatView: Codable, Sendable, Hashable {
    package var code: RoomCode
    package var role: MemberRole
    package var ready: Bool
    package var host: Bool
    /// Points as of the last reveal, bonus and all.
    package var score: Int
    /// Right answers in a row as of the last reveal.
    package var streak: Int
    /// The answer given to the question that is open, locked or being revealed.
    package var answer: GivenAnswer?

    package init(
        code: RoomCode, role: MemberRole, ready: Bool, host: Bool, score: Int, streak: Int, answer: GivenAnswer?
    ) {
        self.code = code
        self.role = role
        self.ready = ready
        self.host = host
        self.score = score
        self.streak = streak
        self.answer = answer
    }
}

/// An answer as it was recorded.
package struct GivenAnswer: Codable, Sendable, Hashable {
    /// Index of the question in the game.
    package var question: Int
    /// Indices into the choices as shown, ascending.
    package var choice: [Int]
    /// Room time at which it was recorded.
    package var at: RoomInstant

    package init(question: Int, choice: [Int], at: RoomInstant) {
        self.question = question
        self.choice = choice
        self.at = at
    }
}
