// What rooms say on the wire. These types *are* the protocol: the AsyncAPI and OpenAPI documents and the web
// client's TypeScript types are generated from them.

public enum RoomVisibility: String, Codable, Sendable, CaseIterable {
    /// Listed on the home page.
    case `public`
    /// Reached by code or link only.
    case unlisted
    /// As unlisted, and asks for a password.
    case `private`
}

/// What somebody in a room is.
public enum MemberRole: String, Codable, Sendable, CaseIterable {
    /// Answers and is ranked.
    case player
    /// Shows the game (a projector); may be the host; takes no seat and does not answer.
    case display
}

public enum RoomPhase: String, Codable, Sendable, CaseIterable {
    case lobby, countdown, question, locked, reveal, leaderboard, podium, closed
}

/// How games in a room are played. The host may change it in the lobby.
public struct RoomSettings: Codable, Sendable, Hashable {
    /// 1 to 60 visible characters.
    public var title: String
    public var visibility: RoomVisibility
    /// Questions a game; 1 to 50.
    public var questionCount: Int
    /// Time to answer, milliseconds; 5,000 to 120,000.
    public var answerWindowMs: Int
    /// Empty: every category.
    public var categories: [CategoryID]
    /// Nil: mixed.
    public var difficulty: Difficulty?
    /// False: the same points however long the answer took.
    public var speedPoints: Bool
    /// False: the host leads from question to question.
    public var autoAdvance: Bool

    public init(
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
    public var fault: String? {
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
public struct MemberView: Codable, Sendable, Hashable {
    public var player: PlayerID
    public var nickname: Nickname
    public var role: MemberRole
    public var ready: Bool
    public var host: Bool
    /// Points so far as of the last reveal.
    public var score: Int

    public init(player: PlayerID, nickname: Nickname, role: MemberRole, ready: Bool, host: Bool, score: Int) {
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
public struct RoomStatePayload: Codable, Sendable, Hashable {
    public var code: RoomCode
    /// The last game event this state contains.
    public var seq: Int
    public var phase: RoomPhase
    public var settings: RoomSettings
    public var locked: Bool
    /// Nil while nobody is in the room.
    public var host: PlayerID?
    /// In order of joining.
    public var members: [MemberView]
    /// Those of `members` who have a connection now.
    public var present: [PlayerID]
    /// Nil in the lobby before the first game.
    public var game: GameView?
    /// Nil unless the game is paused.
    public var paused: PauseReason?
    /// Room time at which this state was made.
    public var at: RoomInstant

    public init(
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
public struct GameView: Codable, Sendable, Hashable {
    public var game: GameID
    /// Index of the current question, from 0; -1 before the first.
    public var index: Int
    public var of: Int
    /// When the phase ends by itself; nil when it waits for the host or is paused.
    public var until: RoomInstant?
    /// From the question's opening to the end of its reveal.
    public var question: QuestionPayload?
    /// From the reveal to the next question.
    public var reveal: RevealPayload?
    /// From the first leaderboard on.
    public var leaderboard: LeaderboardPayload?
    /// On the podium.
    public var over: GameOverPayload?
    public var progress: ProgressPayload?

    public init(
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
public struct MemberPayload: Codable, Sendable, Hashable {
    public var seq: Int
    public var member: MemberView

    public init(seq: Int, member: MemberView) {
        self.seq = seq
        self.member = member
    }
}

public enum LeaveReason: String, Codable, Sendable, CaseIterable {
    case left, kicked
}

/// Server event `room:left`, class *game*.
public struct MemberLeftPayload: Codable, Sendable, Hashable {
    public var seq: Int
    public var player: PlayerID
    public var reason: LeaveReason

    public init(seq: Int, player: PlayerID, reason: LeaveReason) {
        self.seq = seq
        self.player = player
        self.reason = reason
    }
}

/// Server event `room:changed`, class *game*: settings, lock or host changed.
public struct RoomChangedPayload: Codable, Sendable, Hashable {
    public var seq: Int
    public var settings: RoomSettings
    public var locked: Bool
    public var host: PlayerID?

    public init(seq: Int, settings: RoomSettings, locked: Bool, host: PlayerID?) {
        self.seq = seq
        self.settings = settings
        self.locked = locked
        self.host = host
    }
}

public enum CloseReason: String, Codable, Sendable, CaseIterable {
    /// Nobody was there for a while.
    case empty
    /// The host closed it.
    case host
}

/// Server event `room:closed`, class *game*: the last event of a room.
public struct RoomClosedPayload: Codable, Sendable, Hashable {
    public var seq: Int
    public var reason: CloseReason

    public init(seq: Int, reason: CloseReason) {
        self.seq = seq
        self.reason = reason
    }
}

/// Server event `presence:update`, class *now*: who of the members has a connection.
public struct PresencePayload: Codable, Sendable, Hashable {
    public var present: [PlayerID]

    public init(present: [PlayerID]) { self.present = present }
}

/// Server event `room:saving`, class *now*: the journal cannot be reached, the room's clock stands still, and nothing
/// is lost. `saving: false` ends it; `at` is the room's time then.
public struct SavingPayload: Codable, Sendable, Hashable {
    public var saving: Bool
    public var at: RoomInstant

    public init(saving: Bool, at: RoomInstant) {
        self.saving = saving
        self.at = at
    }
}

/// Server event `room:me`, class *mine*: the receiver's own seat. Sent after every attach and after each change.
public struct MePayload: Codable, Sendable, Hashable {
    public var player: PlayerID
    public var nickname: Nickname
    /// For a guest made by this connection: a token for the next one.
    public var token: String?
    /// For a guest made by this connection: brings a new token from `POST /api/session/refresh`.
    public var refresh: String?
    /// Nil while in no room.
    public var seat: SeatView?

    public init(
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
public struct SeatView: Codable, Sendable, Hashable {
    public var code: RoomCode
    public var role: MemberRole
    public var ready: Bool
    public var host: Bool
    /// Points as of the last reveal, bonus and all.
    public var score: Int
    /// Right answers in a row as of the last reveal.
    public var streak: Int
    /// The answer given to the question that is open, locked or being revealed.
    public var answer: GivenAnswer?

    public init(
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
public struct GivenAnswer: Codable, Sendable, Hashable {
    /// Index of the question in the game.
    public var question: Int
    /// Indices into the choices as shown, ascending.
    public var choice: [Int]
    /// Room time at which it was recorded.
    public var at: RoomInstant

    public init(question: Int, choice: [Int], at: RoomInstant) {
        self.question = question
        self.choice = choice
        self.at = at
    }
}
