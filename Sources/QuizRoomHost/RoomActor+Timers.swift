internal import Logging
internal import NIOCore
internal import QuizModel
internal import QuizRoom
internal import QuizTelemetry

extension RoomActor {
    /// An open question journals its time once a second, so that a new owner starts at most that far back.
    private static let questionTickMs: Int64 = 1_000

    /// Sets the timer to the machine's next deadline, or to the next tick of an open question.
    func armTimer() {
        guard !saving, !suspended, !dropped, quarantined == nil, phaseChanged <= committed.number else {
            return disarm()
        }
        var due = machine.nextDeadline
        if machine.phase == .question, !machine.isPaused {
            let tick = machine.lastInstant + Self.questionTickMs
            due = due.map { min($0, tick) } ?? tick
        }
        guard let due else { return disarm() }
        guard due != timerAt, let deadline = clock.deadline(for: due).map(environment.loop.real) else { return }
        timerAt = due
        // An open question's next tick moves with every answer. A task that comes early looks again, which costs less than to cancel it: NIO
        // walks through all the loop's tasks for that.
        if timer != nil, timerFiresAt <= deadline { return }
        timer?.cancel()
        timerFiresAt = deadline
        timer = loop.scheduleTask(deadline: deadline) {
            self.assumeIsolated { $0.fire() }
        }
    }

    private func disarm() {
        timer?.cancel()
        timer = nil
        timerAt = nil
    }

    func fire() {
        let due = timerAt
        timer = nil
        timerAt = nil
        // It may be later by now; and a gap in the loop's time is found here at the latest.
        guard let due, instant() >= due else { return armTimer() }
        let before = applied.number
        submit(.tick(credits: machine.wantsCredits ? credits() : []))
        if applied.number == before { waitRefused(for: due) }
        armTimer()
    }

    /// Too much waits for the journal. What is due stays due; asked again at once, it would keep the loop busy.
    private func waitRefused(for due: RoomInstant) {
        timerAt = due
        timerFiresAt = .now() + Self.refusedAgainIn
        timer = loop.scheduleTask(deadline: timerFiresAt) {
            self.assumeIsolated { $0.fire() }
        }
    }

    /// What every player's answers will be given back for their way (P9): measured by this server, capped, frozen with
    /// the question. Players without a measurement (polling) get nothing.
    private func credits() -> [LatencyCredit] {
        var best: [PlayerID: Int] = [:]
        for session in sessions {
            guard let latency = session.latencyMs else { continue }
            best[session.player] = min(best[session.player] ?? .max, latency)
        }
        return best.map { LatencyCredit(player: $0.key, milliseconds: min($0.value, Limits.latencyCreditMaxMs)) }
            .filter { $0.milliseconds > 0 }
            .sorted { $0.player < $1.player }
    }
}
