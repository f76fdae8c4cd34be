internal import QuizModel

/// What a type's decoder cannot say about its fields: bounds that are checked after decoding.
///
/// Names are `Type.property`. A note that no longer names a property is a test failure.
package enum SchemaNotes {
    enum Note {
        case bounds(ClosedRange<Int>)
        case length(ClosedRange<Int>)
        case count(ClosedRange<Int>)
        case constant(Bool)
    }

    static let notes: [String: Note] = [
        "RoomSettings.title": .length(1...60),
        "RoomSettings.questionCount": .bounds(Limits.questionsPerGame),
        "RoomSettings.answerWindowMs": .bounds(Limits.answerWindowMs),
        "RoomSettings.categories": .count(0...20),
        "ChatHistoryCommand.limit": .bounds(1...Limits.chatPageMax),
        "OperatorCommand.weight": .bounds(0...1_000),
        "SessionResponse.expiresInSeconds": .bounds(0...900),
        "RoomSummary.players": .bounds(0...Limits.playersPerRoomMax),
        "Refused.ok": .constant(false),
    ]

    /// The names above.
    package static var properties: [String] { notes.keys.sorted() }

    static func refine(_ type: TypeSchema, of owner: String, property: String) -> TypeSchema {
        switch (type, notes["\(owner).\(property)"]) {
        case (.integer, .bounds(let bounds)): .integer(bounds)
        case (.string, .length(let length)): .string(length: length)
        case (.array(let element, _), .count(let count)): .array(of: element, count: count)
        case (.boolean, .constant(let value)): .booleanConstant(value)
        default: type
        }
    }
}
