package import QuizModel

/// Something public that happened in a room. Events are numbered 1, 2, 3… without a gap for the room's whole life.
package enum GameEvent: Sendable, Hashable {
    case member(MemberPayload)
    case left(MemberLeftPayload)
    case changed(RoomChangedPayload)
    case closed(RoomClosedPayload)
    case countdown(CountdownPayload)
    case question(QuestionPayload)
    case locked(LockedPayload)
    case reveal(RevealPayload)
    case leaderboard(LeaderboardPayload)
    case over(GameOverPayload)
    case paused(PausedPayload)
    case resumed(ResumedPayload)
    /// Scores are 0 and nobody is ready from here on.
    case lobby(LobbyPayload)

    package var seq: Int {
        switch self {
        case .member(let payload): payload.seq
        case .left(let payload): payload.seq
        case .changed(let payload): payload.seq
        case .closed(let payload): payload.seq
        case .countdown(let payload): payload.seq
        case .question(let payload): payload.seq
        case .locked(let payload): payload.seq
        case .reveal(let payload): payload.seq
        case .leaderboard(let payload): payload.seq
        case .over(let payload): payload.seq
        case .paused(let payload): payload.seq
        case .resumed(let payload): payload.seq
        case .lobby(let payload): payload.seq
        }
    }
}
