package import NIOCore
package import QuizModel

/// A command that fifty clients send at once, read without building a tree where it has its usual form.
package protocol BurstCommand: Decodable {
    /// - Returns: nil when Foundation has to look.
    init?(plain object: PlainObject)
}

extension WireJSON {
    /// As `decode(_:from:)`, in an eighth of its time for what clients usually send (0.5 µs against 3.8 for an answer).
    package static func decode<Command: BurstCommand>(
        burst type: Command.Type, from buffer: ByteBuffer
    ) throws(Rejection) -> Command {
        if let object = PlainObject(buffer), let command = Command(plain: object) { return command }
        return try decode(type, from: buffer)
    }
}

extension AnswerCommand: BurstCommand {
    package init?(plain object: PlainObject) {
        guard case .number(let question)? = object["question"], case .numbers(let choice)? = object["choice"],
            let id = object.text("id").flatMap({ ClientID($0) })
        else { return nil }
        guard object["game"] != nil else {
            self.init(question: question, choice: choice, id: id)
            return
        }
        guard let game = object.text("game").flatMap({ GameID($0) }) else { return nil }
        self.init(game: game, question: question, choice: choice, id: id)
    }
}

extension ChatSendCommand: BurstCommand {
    package init?(plain object: PlainObject) {
        guard let id = object.text("id").flatMap({ ClientID($0) }),
            let text = object.text("text").flatMap({ ChatText($0) })
        else { return nil }
        self.init(id: id, text: text)
    }
}
