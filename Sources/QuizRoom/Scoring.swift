package import QuizModel

/// Where an answer is scored. Called once per question, at its reveal and never before (P8).
///
/// A right answer earns three kinds of points, kept apart: accuracy (always the same), speed (the sooner the more) and
/// a bonus for a streak of right answers. A wrong or missing answer earns nothing and ends the streak. Whole numbers
/// only, so that a replay on any machine gives the same score.
package enum Scoring {
    /// What one answer earned.
    package struct Points: Sendable, Hashable {
        package var accuracy: Int
        package var speed: Int
        package var streak: Int

        package static let none = Points(accuracy: 0, speed: 0, streak: 0)

        /// 0 to `Limits.pointsPerAnswerMax`.
        package var total: Int { accuracy + speed + streak }
    }

    /// Whether an answer is right: exactly the right choices, none missing and none too many.
    ///
    /// - Parameter choice: indices into the choices as shown, ascending; empty when there was no answer.
    package static func isRight(_ choice: [Int], of question: Question) -> Bool {
        !choice.isEmpty && choice == question.correct
    }

    /// Points for a right answer.
    ///
    /// - Parameters:
    ///   - elapsedMs: time from the question's opening to the answer, less the player's latency credit.
    ///   - settings: the answer window, and whether speed counts.
    ///   - streak: right answers in a row before this one, 0 or more.
    package static func points(elapsedMs: Int, settings: RoomSettings, streak: Int) -> Points {
        Points(
            accuracy: Limits.accuracyPoints,
            speed: settings.speedPoints ? speedPoints(elapsedMs: elapsedMs, windowMs: settings.answerWindowMs) : 0,
            streak: min(Limits.streakBonusMax, streak * Limits.streakBonusStep))
    }

    /// `Limits.speedPointsMax` for an answer at the opening, falling in a straight line to 0 at the close.
    package static func speedPoints(elapsedMs: Int, windowMs: Int) -> Int {
        let left = windowMs - min(max(0, elapsedMs), windowMs)
        return Limits.speedPointsMax * left / windowMs
    }

    /// The time an answer took, as it is scored: from the opening to the moment it was read, less the credit.
    ///
    /// - Parameters:
    ///   - readAt: room time at which the answer was read from its socket.
    ///   - creditMs: what the player's link costs, measured by the server (P9).
    /// - Returns: milliseconds, 0 to the window.
    package static func elapsedMs(readAt: RoomInstant, opensAt: RoomInstant, creditMs: Int, windowMs: Int) -> Int {
        Int(min(max(0, readAt - opensAt - Int64(creditMs)), Int64(windowMs)))
    }
}
