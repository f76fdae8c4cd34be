package import QuizModel

/// What a room shows. Nothing here depends on right answers before their reveal (P8).
extension RoomStateMachine {
    package var phase: RoomPhase { state.stage.phase }
    package var room: RoomID { state.room }
    /// Meaningless before the room is opened.
    package var code: RoomCode { state.code }
    package var settings: RoomSettings { state.settings }
    package var locked: Bool { state.locked }
    /// Nil while nobody is in the room.
    package var host: PlayerID? { state.host }
    /// Number of the last game event.
    package var seq: Int { state.seq }
    /// The latest room instant an applied input came with.
    package var lastInstant: RoomInstant { state.lastInstant }
    /// In order of joining.
    package var members: [MemberView] { state.members.enumerated().map { state.view(of: $1, hint: $0) } }
    /// Those of the members who have a connection, in order of joining.
    package var present: [PlayerID] { state.present }
    package var isPaused: Bool { state.stage.isTimed && state.game?.pausedAt != nil }
    /// The game from its countdown to its podium.
    package var currentGame: GameID? { state.game?.id }
    /// A question can be answered: the shell then journals a tick a second.
    package var isQuestionOpen: Bool { state.stage == .question && !isPaused }

    package func isMember(_ player: PlayerID) -> Bool { state.position(of: player) != nil }

    /// A member's own view; nil for everybody else.
    package func seat(of player: PlayerID) -> SeatView? {
        state.position(of: player).map { state.seat(of: state.members[$0], hint: $0) }
    }

    /// What a list of rooms shows.
    package func summary() -> RoomSummary {
        RoomSummary(
            code: state.code, title: state.settings.title, visibility: state.settings.visibility, phase: phase,
            players: state.count(of: .player), playersMax: Limits.playersPerRoomMax, locked: state.locked,
            password: state.passwordDigest != nil)
    }

    /// Everything public, for somebody who joins or could not be recovered. An older state and the events since give
    /// the same.
    package func stateView(at instant: RoomInstant) -> RoomStatePayload {
        RoomStatePayload(
            code: state.code, seq: state.seq, phase: phase, settings: state.settings, locked: state.locked,
            host: state.host, members: members, present: state.present, game: gameView,
            paused: isPaused ? .host : nil, at: instant)
    }

    private var gameView: GameView? {
        guard let game = state.game else {
            return state.lastGame.map { last in
                GameView(
                    game: last.over.game, index: last.of - 1, of: last.of, until: nil, question: nil, reveal: nil,
                    leaderboard: nil, over: last.over, progress: nil)
            }
        }
        return GameView(
            game: game.id, index: game.index, of: game.questions.count,
            until: state.stage.isTimed && game.pausedAt == nil ? game.until : nil, question: questionPayload,
            reveal: game.reveal, leaderboard: game.leaderboard, over: game.over, progress: state.progress)
    }

    /// The current question without its answer, from its announcement to the end of its reveal.
    var questionPayload: QuestionPayload? {
        guard state.stage.showsAnswer, let game = state.game, let question = game.question, let round = game.round
        else { return nil }
        return QuestionPayload(
            seq: round.seq, game: game.id, index: game.index, of: game.questions.count, kind: question.kind,
            category: question.category, difficulty: question.difficulty, prompt: question.prompt,
            choices: question.choices, opensAt: round.opensAt, closesAt: round.closesAt)
    }
}
