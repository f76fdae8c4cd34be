import QuizModel

/// Where a room is in its life. The raw values are part of the snapshot format.
enum RoomStage: UInt8, Sendable, Hashable, CaseIterable {
    /// Before input 1. Can transition to: `lobby` (opened).
    case unopened = 0
    /// Members gather. Can transition to: `countdown` (start), `closed`.
    case lobby = 1
    /// A game has begun. Can transition to: `question` (timer; `skip` makes it due), `closed`.
    case countdown = 2
    /// A question is announced, then open. Can transition to: `locked` (timer, skip, all have answered), `closed`.
    case question = 3
    /// Answers under way are waited for. Can transition to: `reveal` (timer), `closed`.
    case locked = 4
    /// The right answer shows. Can transition to: `leaderboard`, after the last question `podium` (timer, skip),
    /// `closed`.
    case reveal = 5
    /// Can transition to: `question` (timer; `skip` makes it due), `closed`.
    case leaderboard = 6
    /// The game is over. Can transition to: `lobby` (rematch), `closed`.
    case podium = 7
    /// Final. Can transition to: nothing.
    case closed = 8

    /// The stage as clients know it; a room that is not open yet shows to nobody.
    var phase: RoomPhase {
        switch self {
        case .unopened, .lobby: .lobby
        case .countdown: .countdown
        case .question: .question
        case .locked: .locked
        case .reveal: .reveal
        case .leaderboard: .leaderboard
        case .podium: .podium
        case .closed: .closed
        }
    }

    /// Between the first input and the last.
    var isOpen: Bool { self != .unopened && self != .closed }

    /// Whether a game's clock runs here, so that the host can pause it.
    var isTimed: Bool {
        switch self {
        case .countdown, .question, .locked, .reveal, .leaderboard: true
        case .unopened, .lobby, .podium, .closed: false
        }
    }

    /// Whether answers to the current question belong to what a player sees of their seat.
    var showsAnswer: Bool {
        switch self {
        case .question, .locked, .reveal: true
        case .unopened, .lobby, .countdown, .leaderboard, .podium, .closed: false
        }
    }
}
