import QuizModel

/// An answer as it comes in.
struct Answer {
    var player: PlayerID
    /// Index of the question in its game.
    var question: Int
    var choice: [Int]
    /// How long ago it was read, milliseconds.
    var ageMs: Int
}

/// An answer that counts, and where it goes.
struct AdmittedAnswer {
    /// Of its player, in `RoomState.members`.
    var member: Int
    /// Of its player, in `Game.standings`.
    var standing: Int
    var recorded: RecordedAnswer
    var ack: AnswerAck
}

/// Taking answers. What they are worth is worked out at the reveal, see `Scoring`.
extension RoomStateMachine {
    enum Admission {
        case new(AdmittedAnswer)
        /// It has been given before, in whatever form: the first one counts.
        case recorded(AnswerAck)
    }

    /// Judges an answer, to the current question or an earlier one.
    ///
    /// An answer counts by when it was *read*, `now − ageMs`, so that nobody loses to a slow journal. One read before
    /// the opening counts from the opening: ages include time during which the room's clock stood still.
    ///
    /// - Throws: `not_in_room`; `displays_cannot_answer`; `invalid_request`: there is no such question in the game;
    ///   `wrong_phase`: it is not open yet, or the game is paused; `question_closed`; `choice_unknown`.
    func admit(_ answer: Answer, at now: RoomInstant) throws(Rejection) -> Admission {
        let (player, question) = (answer.player, answer.question)
        let member = try requireMember(player)
        guard state.members[member].role == .player else { throw Rejection(.displaysCannotAnswer) }
        guard let game = state.game, let standing = game.position(of: player, hint: member) else {
            throw Rejection(.wrongPhase)
        }
        if let recorded = game.recorded(player: player, question: question) {
            return .recorded(AnswerAck(question: question, choice: recorded.choice, at: recorded.at))
        }
        guard game.questions.indices.contains(question) else { throw Rejection(.invalid) }
        guard question >= game.index, let asked = game.question, let round = game.round else {
            throw Rejection(question < game.index ? .questionClosed : .wrongPhase)
        }
        guard question == game.index else { throw Rejection(.wrongPhase) }
        guard game.pausedAt == nil else { throw Rejection(.wrongPhase, message: "The game is paused.") }
        let readAt = now - Int64(RoomTiming.age(answer.ageMs))
        switch state.stage {
        case .question:
            guard now >= round.opensAt else { throw Rejection(.wrongPhase) }
            guard readAt <= round.closesAt else { throw Rejection(.questionClosed) }
        case .locked:
            guard let until = round.answersUntil, readAt <= until, now >= round.opensAt else {
                throw Rejection(.questionClosed)
            }
        case .reveal, .leaderboard, .podium: throw Rejection(.questionClosed)
        case .unopened, .lobby, .countdown, .closed: throw Rejection(.wrongPhase)
        }
        let sorted = answer.choice.sorted()
        guard asked.admits(sorted) else { throw Rejection(.choiceUnknown) }
        let elapsedMs = Scoring.elapsedMs(
            readAt: readAt, opensAt: round.opensAt, creditMs: game.standings[standing].credit,
            windowMs: state.settings.answerWindowMs)
        return .new(
            AdmittedAnswer(
                member: member, standing: standing,
                recorded: RecordedAnswer(choice: sorted, at: now, elapsedMs: elapsedMs),
                ack: AnswerAck(question: question, choice: sorted, at: now)))
    }

    mutating func record(_ answer: AdmittedAnswer, at now: RoomInstant) {
        state.game?.standings[answer.standing].answer = answer.recorded
        state.game?.standings[answer.standing].answers += 1
        lockIfAllHaveAnswered(at: now)
    }

    /// When every player who is there has answered, nobody is waited for.
    mutating func lockIfAllHaveAnswered(at now: RoomInstant) {
        guard state.stage == .question, state.game?.pausedAt == nil, state.allPresentHaveAnswered else { return }
        lockQuestion(at: now)
    }
}
