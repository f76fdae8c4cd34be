import Crypto
import QuizModel

/// One play-through of frozen questions.
struct Game: Sendable, Hashable {
    let id: GameID
    let startedAt: RoomInstant
    /// With choices and right answers in the order shown.
    let questions: [Question]
    /// SHA-256 of `questions`, worked out once: the state's digest takes it in their place.
    let questionsDigest: [UInt8]
    /// The current question; -1 during the countdown.
    var index = -1
    /// When the stage ends by itself, as clients are told; nil: the host goes on.
    var until: RoomInstant?
    /// The host has skipped what is left of the countdown or leaderboard: the next tick announces a question. Clients
    /// are told by that question, so `until` stays as it was.
    var skippedAt: RoomInstant?
    var pausedAt: RoomInstant?
    /// The current question on its way; nil during the countdown.
    var round: Round?
    /// In order of first joining; players who have left included.
    var standings: [Standing] = []
    /// Answers to the questions before the current one, by question.
    private(set) var past: [[PastAnswer]] = []
    /// A hash chain over `past`, worked out as it grows: the state's digest takes it in its place.
    private(set) var pastDigest: [UInt8] = []
    /// Of the current question, from its reveal on.
    var reveal: RevealPayload?
    /// The last one.
    var leaderboard: LeaderboardPayload?
    var over: GameOverPayload?

    /// The current question's instants.
    struct Round: Sendable, Hashable {
        /// Number of the event that announced it.
        var seq: Int
        var opensAt: RoomInstant
        var closesAt: RoomInstant
        /// Answers read until then count; nil while the question is open, when `closesAt` decides.
        var answersUntil: RoomInstant?
    }

    init(id: GameID, startedAt: RoomInstant, questions: [Question]) {
        self.id = id
        self.startedAt = startedAt
        self.questions = questions
        var writer = BinaryWriter()
        for question in questions { question.write(to: &writer) }
        questionsDigest = Array(SHA256.hash(data: writer.bytes))
    }

    /// The current question; nil during the countdown.
    var question: Question? { questions.indices.contains(index) ? questions[index] : nil }

    var isLastQuestion: Bool { index + 1 >= questions.count }

    /// - Parameter hint: where it probably is; members and standings mostly keep the same order.
    func position(of player: PlayerID, hint: Int = 0) -> Int? {
        if standings.indices.contains(hint), standings[hint].player == player { return hint }
        return standings.firstIndex { $0.player == player }
    }

    /// What a player answered to a question of this game, the current one included.
    func recorded(player: PlayerID, question: Int) -> (choice: [Int], at: RoomInstant)? {
        if question == index {
            guard let position = position(of: player) else { return nil }
            return standings[position].answer.map { ($0.choice, $0.at) }
        }
        guard past.indices.contains(question) else { return nil }
        return past[question].first { $0.player == player }.map { ($0.choice, $0.at) }
    }

    /// Puts the current question's answers away, before the next one is announced.
    mutating func archiveAnswers() {
        let answers = standings.compactMap { standing in
            standing.answer.map { PastAnswer(player: standing.player, choice: $0.choice, at: $0.at) }
        }
        for position in standings.indices {
            standings[position].answer = nil
            standings[position].credit = 0
        }
        appendPast(answers)
    }

    /// Also called when a snapshot is read, so that the chain comes out the same.
    mutating func appendPast(_ answers: [PastAnswer]) {
        var writer = BinaryWriter()
        writer.fixed(pastDigest)
        writer.array(answers) { $0.write(to: &$1) }
        past.append(answers)
        pastDigest = Array(SHA256.hash(data: writer.bytes))
    }

    /// Moves everything that is still to come by the length of a pause.
    mutating func shift(by milliseconds: Int64) {
        until = until.map { $0 + milliseconds }
        skippedAt = skippedAt.map { $0 + milliseconds }
        guard var round else { return }
        round.opensAt = round.opensAt + milliseconds
        round.closesAt = round.closesAt + milliseconds
        round.answersUntil = round.answersUntil.map { $0 + milliseconds }
        self.round = round
    }

    /// The standings as a leaderboard: by score, equal scores share a rank and stay in order of joining.
    func ranked() -> [LeaderboardEntry] {
        let order = standings.indices.sorted {
            standings[$0].score != standings[$1].score ? standings[$0].score > standings[$1].score : $0 < $1
        }
        var entries: [LeaderboardEntry] = []
        entries.reserveCapacity(order.count)
        for (place, position) in order.enumerated() {
            let standing = standings[position]
            let shared = entries.last.flatMap { $0.score == standing.score ? $0.rank : nil }
            entries.append(
                LeaderboardEntry(
                    player: standing.player, nickname: standing.nickname, rank: shared ?? place + 1,
                    previousRank: standing.rank, score: standing.score, accuracyPoints: standing.accuracyPoints,
                    speedPoints: standing.speedPoints, streak: standing.streak, right: standing.right))
        }
        return entries
    }
}
