import QuizModel

// The binary form of the model's values. Enumerations are written as numbers fixed here: a case's place in its
// declaration may change, the journal may not.

extension RoomVisibility {
    var tag: UInt8 {
        switch self {
        case .public: 0
        case .unlisted: 1
        case .private: 2
        }
    }
}

extension MemberRole {
    var tag: UInt8 {
        switch self {
        case .player: 0
        case .display: 1
        }
    }
}

extension QuestionKind {
    var tag: UInt8 {
        switch self {
        case .single: 0
        case .multiple: 1
        case .boolean: 2
        }
    }
}

extension Difficulty {
    var tag: UInt8 {
        switch self {
        case .easy: 0
        case .medium: 1
        case .hard: 2
        }
    }
}

extension BinaryReader {
    /// A case by its journaled tag.
    mutating func tagged<Value: CaseIterable>(
        _ tag: (Value) -> UInt8, _ context: String
    ) throws(RoomCodecError) -> Value {
        let byte = try byte(context)
        guard let value = Value.allCases.first(where: { tag($0) == byte }) else {
            throw RoomCodecError(.unknownTag, context)
        }
        return value
    }
}

extension RoomSettings {
    func write(to writer: inout BinaryWriter) {
        writer.string(title)
        writer.byte(visibility.tag)
        writer.int(questionCount)
        writer.int(answerWindowMs)
        writer.array(categories) { $1.text($0) }
        writer.optional(difficulty) { $0.byte($1.tag) }
        writer.bool(speedPoints)
        writer.bool(autoAdvance)
    }

    init(from reader: inout BinaryReader) throws(RoomCodecError) {
        self.init(
            title: try reader.string(bytesMax: Limits.titleBytesMax, "settings.title"),
            visibility: try reader.tagged(\RoomVisibility.tag, "settings.visibility"),
            questionCount: try reader.int(Limits.questionsPerGame, "settings.questionCount"),
            answerWindowMs: try reader.int(Limits.answerWindowMs, "settings.answerWindowMs"),
            categories: try reader.array(max: 20, "settings.categories") { reader throws(RoomCodecError) in
                try reader.text("settings.categories")
            },
            difficulty: try reader.optional("settings.difficulty") { reader throws(RoomCodecError) in
                try reader.tagged(\Difficulty.tag, "settings.difficulty")
            },
            speedPoints: try reader.bool("settings.speedPoints"),
            autoAdvance: try reader.bool("settings.autoAdvance"))
    }
}

extension Question {
    func write(to writer: inout BinaryWriter) {
        writer.text(id)
        writer.byte(kind.tag)
        writer.text(category)
        writer.byte(difficulty.tag)
        writer.string(prompt)
        writer.array(choices) { $1.string($0) }
        writer.ints(correct)
        writer.optional(explanation) { $0.string($1) }
        writer.optional(source) { $1.write(to: &$0) }
    }

    init(from reader: inout BinaryReader) throws(RoomCodecError) {
        self.init(
            id: try reader.text("question.id"),
            kind: try reader.tagged(\QuestionKind.tag, "question.kind"),
            category: try reader.text("question.category"),
            difficulty: try reader.tagged(\Difficulty.tag, "question.difficulty"),
            prompt: try reader.string("question.prompt"),
            choices: try reader.array(max: Limits.choicesPerQuestion.upperBound, "question.choices") {
                reader throws(RoomCodecError) in try reader.string("question.choices")
            },
            correct: try reader.choice("question.correct"),
            explanation: try reader.optional("question.explanation") { reader throws(RoomCodecError) in
                try reader.string("question.explanation")
            },
            source: try reader.optional("question.source") { reader throws(RoomCodecError) in
                try QuestionSource(from: &reader)
            })
    }
}

extension QuestionSource {
    func write(to writer: inout BinaryWriter) {
        writer.string(title)
        writer.optional(url) { $0.string($1) }
    }

    init(from reader: inout BinaryReader) throws(RoomCodecError) {
        self.init(
            title: try reader.string("source.title"),
            url: try reader.optional("source.url") { reader throws(RoomCodecError) in
                try reader.string("source.url")
            })
    }
}

extension LeaderboardEntry {
    func write(to writer: inout BinaryWriter) {
        writer.identifier(player)
        writer.text(nickname)
        writer.int(rank)
        writer.optional(previousRank) { $0.int($1) }
        writer.int(score)
        writer.int(accuracyPoints)
        writer.int(speedPoints)
        writer.int(streak)
        writer.int(right)
    }

    init(from reader: inout BinaryReader) throws(RoomCodecError) {
        self.init(
            player: try reader.identifier("entry.player"),
            nickname: try reader.text("entry.nickname"),
            rank: try reader.int(BinaryReader.ranks, "entry.rank"),
            previousRank: try reader.optional("entry.previousRank") { reader throws(RoomCodecError) in
                try reader.int(BinaryReader.ranks, "entry.previousRank")
            },
            score: try reader.int(BinaryReader.scores, "entry.score"),
            accuracyPoints: try reader.int(BinaryReader.scores, "entry.accuracyPoints"),
            speedPoints: try reader.int(BinaryReader.scores, "entry.speedPoints"),
            streak: try reader.int(BinaryReader.questionCounts, "entry.streak"),
            right: try reader.int(BinaryReader.questionCounts, "entry.right"))
    }
}

extension BinaryReader {
    static let ranks = 1...Limits.participantsPerGameMax
    static let questionCounts = 0...Limits.questionsPerGame.upperBound
    static let scores = 0...Limits.pointsPerAnswerMax * Limits.questionsPerGame.upperBound
    static let counts = 0...Limits.participantsPerGameMax
    static let sequenceNumbers = 0...(1 << 53)

    mutating func entries(_ context: String) throws(RoomCodecError) -> [LeaderboardEntry] {
        try array(max: Limits.participantsPerGameMax, context) { reader throws(RoomCodecError) in
            try LeaderboardEntry(from: &reader)
        }
    }
}
