import QuizModel

/// What the host does with a game, and the steps from one stage to the next.
extension RoomStateMachine {
    /// Freezes the questions and begins the countdown. Nobody need be ready.
    ///
    /// - Throws: `not_in_room`, `not_host`; `wrong_phase`: not in the lobby; `not_ready`: there is no player;
    ///   `no_questions`; `invalid_request`: a question is malformed, or the game's id has been used.
    mutating func start(
        by host: PlayerID, game id: GameID, questions: [Question], at now: RoomInstant
    ) throws(Rejection) -> Verdict {
        try requireHost(host)
        guard state.stage == .lobby else { throw Rejection(.wrongPhase) }
        guard state.count(of: .player) > 0 else {
            throw Rejection(.notReady, message: "A game needs at least one player.")
        }
        if questions.isEmpty { throw Rejection(.noQuestions) }
        if let fault = Question.fault(in: questions) { throw Rejection(.invalid, message: fault) }
        if state.lastGame?.over.game == id { throw Rejection(.invalid, message: "This game has been played.") }
        let shown = questions.enumerated().map { $1.shuffled(seed: state.seed, game: id, index: $0) }
        var game = Game(id: id, startedAt: now, questions: shown)
        game.standings = state.members.filter { $0.role == .player }
            .map { Standing(player: $0.player, nickname: $0.nickname) }
        let until = now + RoomTiming.countdownMs
        game.until = until
        state.game = game
        state.lastGame = nil
        state.stage = .countdown
        emit { .countdown(CountdownPayload(seq: $0, game: id, of: questions.count, at: now, until: until)) }
        return .changed(.done)
    }

    /// Stops the game's clock.
    ///
    /// - Throws: `not_in_room`, `not_host`; `wrong_phase`: no game is running.
    mutating func pause(by host: PlayerID, at now: RoomInstant) throws(Rejection) -> Verdict {
        try requireHost(host)
        guard state.stage.isTimed, let game = state.game else { throw Rejection(.wrongPhase) }
        if game.pausedAt != nil { return .unchanged(.done) }
        state.game?.pausedAt = now
        emit { .paused(PausedPayload(seq: $0, reason: .host, at: now)) }
        return .changed(.done)
    }

    /// Lets the game's clock go on: everything still to come moves by the length of the pause.
    ///
    /// - Throws: `not_in_room`, `not_host`; `wrong_phase`: no game is running.
    mutating func resume(by host: PlayerID, at now: RoomInstant) throws(Rejection) -> Verdict {
        try requireHost(host)
        guard state.stage.isTimed, let game = state.game else { throw Rejection(.wrongPhase) }
        guard let pausedAt = game.pausedAt else { return .unchanged(.done) }
        state.game?.pausedAt = nil
        state.game?.shift(by: now - pausedAt)
        let until = state.game?.until
        emit { .resumed(ResumedPayload(seq: $0, at: now, until: until)) }
        // The last one who had not answered may have left meanwhile.
        lockIfAllHaveAnswered(at: now)
        return .changed(.done)
    }

    /// Ends the current stage now.
    ///
    /// A step that announces a question is only made *due*: the next tick takes it, because latency credits come with
    /// ticks and a game led by hand would otherwise never have any. Skipping again before that tick changes nothing.
    ///
    /// - Throws: `not_in_room`, `not_host`; `wrong_phase`: paused, or nothing to skip here.
    mutating func skip(by host: PlayerID, at now: RoomInstant) throws(Rejection) -> Verdict {
        try requireHost(host)
        guard state.game?.pausedAt == nil else { throw Rejection(.wrongPhase) }
        switch state.stage {
        case .countdown, .leaderboard:
            if let due = state.stageDeadline, due <= now { return .unchanged(.done) }
            state.game?.skippedAt = now
        case .question: lockQuestion(at: now)
        case .reveal: leaveReveal(at: now)
        case .unopened, .lobby, .locked, .podium, .closed: throw Rejection(.wrongPhase)
        }
        return .changed(.done)
    }

    /// Back to the lobby, everybody at 0 points and not ready.
    ///
    /// - Throws: `not_in_room`, `not_host`; `wrong_phase`: not on the podium.
    mutating func rematch(by host: PlayerID, at now: RoomInstant) throws(Rejection) -> Verdict {
        try requireHost(host)
        guard state.stage == .podium, let game = state.game, let over = game.over else {
            throw Rejection(.wrongPhase)
        }
        state.lastGame = RoomState.LastGame(of: game.questions.count, over: over)
        state.game = nil
        state.stage = .lobby
        for position in state.members.indices { state.members[position].ready = false }
        emit { .lobby(LobbyPayload(seq: $0, at: now)) }
        return .changed(.done)
    }

    /// - Throws: `not_in_room`, `not_host`.
    mutating func close(by host: PlayerID) throws(Rejection) -> Verdict {
        try requireHost(host)
        closeRoom(.host)
        return .changed(.done)
    }

    mutating func closeRoom(_ reason: CloseReason) {
        state.stage = .closed
        emit { .closed(RoomClosedPayload(seq: $0, reason: reason)) }
        emitLast(.closed(reason))
    }

    // MARK: Steps

    /// Announces the next question. It opens a moment later, so that everybody sees it open at one instant.
    mutating func announceQuestion(credits: [LatencyCredit], at now: RoomInstant) {
        guard var game = state.game, !game.isLastQuestion else { return }
        // After the countdown the question opens when the countdown said, unless it was skipped or the timer was late.
        let promised = state.stage == .countdown && game.skippedAt == nil ? game.until ?? now : now
        let opensAt = max(promised, now + RoomTiming.announcementMs)
        let closesAt = opensAt + Int64(state.settings.answerWindowMs)
        if game.index >= 0 { game.archiveAnswers() }
        for credit in credits.prefix(Limits.participantsPerGameMax) {
            guard let position = game.position(of: credit.player) else { continue }
            game.standings[position].credit = credit.countedMs
        }
        game.index += 1
        game.until = closesAt
        game.skippedAt = nil
        game.reveal = nil
        game.round = Game.Round(seq: state.seq + 1, opensAt: opensAt, closesAt: closesAt, answersUntil: nil)
        state.game = game
        state.stage = .question
        guard let payload = questionPayload else { return }
        emit { _ in .question(payload) }
    }

    /// Ends the answering: only answers read until now, or until the published close if that came first, still count.
    mutating func lockQuestion(at now: RoomInstant) {
        guard let game = state.game, let round = game.round else { return }
        state.game?.round?.answersUntil = min(now, round.closesAt)
        state.game?.until = now + RoomTiming.lockedMs
        state.stage = .locked
        emit { .locked(LockedPayload(seq: $0, index: game.index, at: now)) }
    }

    /// Scores the answers and shows the right ones.
    mutating func revealAnswers(at now: RoomInstant) {
        guard var game = state.game, let question = game.question else { return }
        var counts = Array(repeating: 0, count: question.choices.count)
        var unanswered = 0
        var results: [RevealResult] = []
        for position in game.standings.indices {
            let result = game.standings[position].score(question, settings: state.settings)
            for choice in result.choice where counts.indices.contains(choice) { counts[choice] += 1 }
            if result.choice.isEmpty {
                // Somebody who has left and did not answer is nobody's business here.
                if game.standings[position].left { continue }
                unanswered += 1
            }
            results.append(result)
        }
        game.until = state.settings.autoAdvance ? now + RoomTiming.revealMs : nil
        state.stage = .reveal
        emit { seq in
            let payload = RevealPayload(
                seq: seq, index: game.index, correct: question.correct, counts: counts, unanswered: unanswered,
                explanation: question.explanation, source: question.source, results: results, at: now,
                until: game.until)
            game.reveal = payload
            return .reveal(payload)
        }
        state.game = game
    }

    /// On to the leaderboard; after the last question that is the podium, and the game has its result.
    mutating func leaveReveal(at now: RoomInstant) {
        guard var game = state.game else { return }
        let entries = game.ranked()
        for entry in entries {
            guard let position = game.position(of: entry.player) else { continue }
            game.standings[position].rank = entry.rank
        }
        if game.isLastQuestion {
            game.until = nil
            state.stage = .podium
            emit { seq in
                let payload = GameOverPayload(seq: seq, game: game.id, entries: entries, at: now)
                game.over = payload
                return .over(payload)
            }
            emitLast(
                .finished(
                    GameResult(
                        game: game.id, room: state.room, title: state.settings.title, startedAt: game.startedAt,
                        finishedAt: now, entries: entries, questions: game.questions.map(\.id))))
        } else {
            game.until = state.settings.autoAdvance ? now + RoomTiming.leaderboardMs : nil
            state.stage = .leaderboard
            emit { seq in
                let payload = LeaderboardPayload(
                    seq: seq, index: game.index, entries: entries, at: now, until: game.until)
                game.leaderboard = payload
                return .leaderboard(payload)
            }
        }
        state.game = game
    }
}

extension Standing {
    /// Books what the answer to `question` is worth, and says so.
    fileprivate mutating func score(_ question: Question, settings: RoomSettings) -> RevealResult {
        var points = Scoring.Points.none
        let isRight = answer.map { Scoring.isRight($0.choice, of: question) } ?? false
        if isRight, let answer {
            points = Scoring.points(elapsedMs: answer.elapsedMs, settings: settings, streak: streak)
        }
        streak = isRight ? streak + 1 : 0
        right += isRight ? 1 : 0
        score += points.total
        accuracyPoints += points.accuracy
        speedPoints += points.speed
        return RevealResult(
            player: player, choice: answer?.choice ?? [], correct: isRight, accuracyPoints: points.accuracy,
            speedPoints: points.speed, streakPoints: points.streak, streak: streak, score: score)
    }
}
