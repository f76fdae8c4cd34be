package import QuizModel

/// How a game ended: the fold's final word, which a replay must give bit for bit (P4).
package struct GameResult: Sendable, Hashable {
    package var game: GameID
    package var room: RoomID
    package var title: String
    package var startedAt: RoomInstant
    package var finishedAt: RoomInstant
    /// As on the podium.
    package var entries: [LeaderboardEntry]
    /// In the order asked.
    package var questions: [QuestionID]

    package init(
        game: GameID, room: RoomID, title: String, startedAt: RoomInstant, finishedAt: RoomInstant,
        entries: [LeaderboardEntry], questions: [QuestionID]
    ) {
        self.game = game
        self.room = room
        self.title = title
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.entries = entries
        self.questions = questions
    }

    package static let formatVersion: UInt8 = 1

    /// The canonical bytes: equal results are equal bytes.
    package func encode() -> [UInt8] {
        var writer = BinaryWriter()
        writer.byte(Self.formatVersion)
        writer.identifier(game)
        writer.identifier(room)
        writer.string(title)
        writer.instant(startedAt)
        writer.instant(finishedAt)
        writer.array(entries) { $0.write(to: &$1) }
        writer.array(questions) { $1.text($0) }
        return writer.bytes
    }

    /// - Throws: every `RoomCodecError.Code` but `inconsistent`; nothing may follow the result.
    package static func decode(_ bytes: [UInt8]) throws(RoomCodecError) -> GameResult {
        var reader = BinaryReader(bytes)
        guard try reader.byte("result version") == formatVersion else {
            throw RoomCodecError(.unsupportedVersion, "result version")
        }
        let result = GameResult(
            game: try reader.identifier("result.game"),
            room: try reader.identifier("result.room"),
            title: try reader.string(bytesMax: Limits.titleBytesMax, "result.title"),
            startedAt: try reader.instant("result.startedAt"),
            finishedAt: try reader.instant("result.finishedAt"),
            entries: try reader.entries("result.entries"),
            questions: try reader.array(max: Limits.questionsPerGame.upperBound, "result.questions") {
                reader throws(RoomCodecError) in try reader.text("result.questions")
            })
        try reader.end("result")
        return result
    }
}
