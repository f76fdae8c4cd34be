package import QuizModel

/// How long each part of a game lasts, in milliseconds of room time. A timer that fires late starts the next part
/// from the moment it fired, so that no part is ever shortened (P7).
package enum RoomTiming {
    /// From the start of a game to the opening of its first question.
    package static let countdownMs: Int64 = 3_000
    /// From the announcement of a question to its opening: long enough for the slowest link to have it in time.
    package static let announcementMs: Int64 = 1_000
    /// From the lock to the reveal: answers that were under way still count.
    package static let lockedMs = Int64(Limits.answerGraceMs)
    /// How long a reveal stands, when games go on by themselves.
    package static let revealMs: Int64 = 6_000
    /// How long a leaderboard stands, when games go on by themselves.
    package static let leaderboardMs: Int64 = 5_000
    /// A host who is away for this long loses the room to somebody who is there.
    package static let hostAbsentMs: Int64 = 30_000
    /// A room in which nobody is present for this long closes.
    package static let emptyMs: Int64 = 600_000
    /// The last instant of a room's time; later ones are taken for this one, so that arithmetic on time never traps.
    package static let end = RoomInstant(milliseconds: 1 << 53)
    /// The largest age an answer is believed to have; older ones count as this old.
    package static let ageMsMax = 3_600_000

    static func age(_ milliseconds: Int) -> Int { min(max(0, milliseconds), ageMsMax) }
}
