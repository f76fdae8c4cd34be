package import QuizModel

/// What happens by itself.
extension RoomStateMachine {
    /// When the next tick is due; nil: nothing is going to happen by itself. In the past: it is due now.
    package var nextDeadline: RoomInstant? {
        guard state.stage != .closed else { return nil }
        return [state.stageDeadline, state.hostDeadline, state.emptyDeadline].compactMap { $0 }.min()
    }

    /// The next due tick announces a question: the latency credits measured so far go with it. Players without one get
    /// no credit for that question.
    package var wantsCredits: Bool {
        guard state.stage == .countdown || state.stage == .leaderboard, let due = state.stageDeadline else {
            return false
        }
        return due == nextDeadline
    }

    /// Does what is due, at most one step of the game: the next one counts from now, however late this one is (P7).
    mutating func tick(credits: [LatencyCredit], at now: RoomInstant) -> Verdict {
        if let deadline = state.emptyDeadline, deadline <= now {
            closeRoom(.empty)
            return .changed(nil)
        }
        // An open question journals a tick a second, so that a new owner knows how far its clock had come.
        var changed = state.stage == .question && state.game?.pausedAt == nil
        if let deadline = state.hostDeadline, deadline <= now, let successor = state.presentSuccessor {
            appoint(successor)
            changed = true
        }
        if let deadline = state.stageDeadline, deadline <= now {
            advance(credits: credits, at: now)
            changed = true
        }
        return changed ? .changed(nil) : .unchanged(.done)
    }

    private mutating func advance(credits: [LatencyCredit], at now: RoomInstant) {
        switch state.stage {
        case .countdown, .leaderboard: announceQuestion(credits: credits, at: now)
        case .question: lockQuestion(at: now)
        case .locked: revealAnswers(at: now)
        case .reveal: leaveReveal(at: now)
        case .unopened, .lobby, .podium, .closed: break
        }
    }
}
