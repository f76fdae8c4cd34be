import QuizModel

extension Game {
    func write(to writer: inout BinaryWriter, form: RoomState.Form) {
        writer.identifier(id)
        writer.instant(startedAt)
        switch form {
        case .complete:
            writer.array(questions) { $0.write(to: &$1) }
            writer.array(past) { answers, writer in writer.array(answers) { $0.write(to: &$1) } }
        case .digest:
            writer.fixed(questionsDigest)
            writer.data(pastDigest)
        }
        writer.int(index + 1)
        writer.optional(until) { $0.instant($1) }
        writer.optional(skippedAt) { $0.instant($1) }
        writer.optional(pausedAt) { $0.instant($1) }
        writer.optional(round) { writer, round in
            writer.int(round.seq)
            writer.instant(round.opensAt)
            writer.instant(round.closesAt)
            writer.optional(round.answersUntil) { $0.instant($1) }
        }
        writer.array(standings) { $0.write(to: &$1) }
        writer.optional(reveal) { $1.write(to: &$0) }
        writer.optional(leaderboard) { $1.write(to: &$0) }
        writer.optional(over) { $1.write(to: &$0) }
    }

    init(from reader: inout BinaryReader) throws(RoomCodecError) {
        self.init(
            id: try reader.identifier("game.id"),
            startedAt: try reader.instant("game.startedAt"),
            questions: try reader.array(max: Limits.questionsPerGame.upperBound, "game.questions") {
                reader throws(RoomCodecError) in try Question(from: &reader)
            })
        let past = try reader.array(max: Limits.questionsPerGame.upperBound, "game.past") {
            reader throws(RoomCodecError) in
            try reader.array(max: Limits.participantsPerGameMax, "game.past") { reader throws(RoomCodecError) in
                try PastAnswer(from: &reader)
            }
        }
        for answers in past { appendPast(answers) }
        index = try reader.int(BinaryReader.questionCounts, "game.index") - 1
        until = try reader.optionalInstant("game.until")
        skippedAt = try reader.optionalInstant("game.skippedAt")
        pausedAt = try reader.optionalInstant("game.pausedAt")
        round = try reader.optional("game.round") { reader throws(RoomCodecError) in
            Round(
                seq: try reader.int(BinaryReader.sequenceNumbers, "round.seq"),
                opensAt: try reader.instant("round.opensAt"),
                closesAt: try reader.instant("round.closesAt"),
                answersUntil: try reader.optionalInstant("round.answersUntil"))
        }
        standings = try reader.array(max: Limits.participantsPerGameMax, "game.standings") {
            reader throws(RoomCodecError) in try Standing(from: &reader)
        }
        reveal = try reader.optional("game.reveal") { reader throws(RoomCodecError) in
            try RevealPayload(from: &reader)
        }
        leaderboard = try reader.optional("game.leaderboard") { reader throws(RoomCodecError) in
            try LeaderboardPayload(from: &reader)
        }
        over = try reader.optional("game.over") { reader throws(RoomCodecError) in
            try GameOverPayload(from: &reader)
        }
    }
}

extension Standing {
    func write(to writer: inout BinaryWriter) {
        writer.identifier(player)
        writer.text(nickname)
        writer.bool(left)
        writer.int(score)
        writer.int(accuracyPoints)
        writer.int(speedPoints)
        writer.int(streak)
        writer.int(right)
        writer.int(answers)
        writer.optional(rank) { $0.int($1) }
        writer.int(credit)
        writer.optional(answer) { writer, answer in
            writer.ints(answer.choice)
            writer.instant(answer.at)
            writer.int(answer.elapsedMs)
        }
    }

    init(from reader: inout BinaryReader) throws(RoomCodecError) {
        self.init(
            player: try reader.identifier("standing.player"),
            nickname: try reader.text("standing.nickname"),
            left: try reader.bool("standing.left"),
            score: try reader.int(BinaryReader.scores, "standing.score"),
            accuracyPoints: try reader.int(BinaryReader.scores, "standing.accuracyPoints"),
            speedPoints: try reader.int(BinaryReader.scores, "standing.speedPoints"),
            streak: try reader.int(BinaryReader.questionCounts, "standing.streak"),
            right: try reader.int(BinaryReader.questionCounts, "standing.right"),
            answers: try reader.int(BinaryReader.questionCounts, "standing.answers"),
            rank: try reader.optional("standing.rank") { reader throws(RoomCodecError) in
                try reader.int(BinaryReader.ranks, "standing.rank")
            },
            credit: try reader.int(0...Limits.latencyCreditMaxMs, "standing.credit"),
            answer: try reader.optional("standing.answer") { reader throws(RoomCodecError) in
                RecordedAnswer(
                    choice: try reader.choice("answer.choice"),
                    at: try reader.instant("answer.at"),
                    elapsedMs: try reader.int(0...Limits.answerWindowMs.upperBound, "answer.elapsedMs"))
            })
    }
}

extension PastAnswer {
    func write(to writer: inout BinaryWriter) {
        writer.identifier(player)
        writer.ints(choice)
        writer.instant(at)
    }

    init(from reader: inout BinaryReader) throws(RoomCodecError) {
        self.init(
            player: try reader.identifier("past.player"), choice: try reader.choice("past.choice"),
            at: try reader.instant("past.at"))
    }
}

// MARK: - What has been shown and shows again to those who join

extension RevealPayload {
    func write(to writer: inout BinaryWriter) {
        writer.int(seq)
        writer.int(index)
        writer.ints(correct)
        writer.ints(counts)
        writer.int(unanswered)
        writer.optional(explanation) { $0.string($1) }
        writer.optional(source) { $1.write(to: &$0) }
        writer.array(results) { $0.write(to: &$1) }
        writer.instant(at)
        writer.optional(until) { $0.instant($1) }
    }

    init(from reader: inout BinaryReader) throws(RoomCodecError) {
        self.init(
            seq: try reader.int(BinaryReader.sequenceNumbers, "reveal.seq"),
            index: try reader.int(BinaryReader.questionCounts, "reveal.index"),
            correct: try reader.choice("reveal.correct"),
            counts: try reader.array(max: Limits.choicesPerQuestion.upperBound, "reveal.counts") {
                reader throws(RoomCodecError) in try reader.int(BinaryReader.counts, "reveal.counts")
            },
            unanswered: try reader.int(BinaryReader.counts, "reveal.unanswered"),
            explanation: try reader.optional("reveal.explanation") { reader throws(RoomCodecError) in
                try reader.string("reveal.explanation")
            },
            source: try reader.optional("reveal.source") { reader throws(RoomCodecError) in
                try QuestionSource(from: &reader)
            },
            results: try reader.array(max: Limits.participantsPerGameMax, "reveal.results") {
                reader throws(RoomCodecError) in try RevealResult(from: &reader)
            },
            at: try reader.instant("reveal.at"),
            until: try reader.optionalInstant("reveal.until"))
    }
}

extension RevealResult {
    func write(to writer: inout BinaryWriter) {
        writer.identifier(player)
        writer.ints(choice)
        writer.bool(correct)
        writer.int(accuracyPoints)
        writer.int(speedPoints)
        writer.int(streakPoints)
        writer.int(streak)
        writer.int(score)
    }

    init(from reader: inout BinaryReader) throws(RoomCodecError) {
        self.init(
            player: try reader.identifier("result.player"), choice: try reader.choice("result.choice"),
            correct: try reader.bool("result.correct"),
            accuracyPoints: try reader.int(BinaryReader.scores, "result.accuracyPoints"),
            speedPoints: try reader.int(BinaryReader.scores, "result.speedPoints"),
            streakPoints: try reader.int(BinaryReader.scores, "result.streakPoints"),
            streak: try reader.int(BinaryReader.questionCounts, "result.streak"),
            score: try reader.int(BinaryReader.scores, "result.score"))
    }
}

extension LeaderboardPayload {
    func write(to writer: inout BinaryWriter) {
        writer.int(seq)
        writer.int(index)
        writer.array(entries) { $0.write(to: &$1) }
        writer.instant(at)
        writer.optional(until) { $0.instant($1) }
    }

    init(from reader: inout BinaryReader) throws(RoomCodecError) {
        self.init(
            seq: try reader.int(BinaryReader.sequenceNumbers, "leaderboard.seq"),
            index: try reader.int(BinaryReader.questionCounts, "leaderboard.index"),
            entries: try reader.entries("leaderboard.entries"),
            at: try reader.instant("leaderboard.at"),
            until: try reader.optionalInstant("leaderboard.until"))
    }
}

extension GameOverPayload {
    func write(to writer: inout BinaryWriter) {
        writer.int(seq)
        writer.identifier(game)
        writer.array(entries) { $0.write(to: &$1) }
        writer.instant(at)
    }

    init(from reader: inout BinaryReader) throws(RoomCodecError) {
        self.init(
            seq: try reader.int(BinaryReader.sequenceNumbers, "over.seq"),
            game: try reader.identifier("over.game"),
            entries: try reader.entries("over.entries"),
            at: try reader.instant("over.at"))
    }
}
