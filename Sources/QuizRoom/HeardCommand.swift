import QuizModel

/// The newest command of a session that the room applied, and what its sender was told.
struct HeardCommand: Sendable, Hashable {
    var origin: InputOrigin
    var reply: RoomReply

    func write(to writer: inout BinaryWriter) {
        origin.write(to: &writer)
        writer.byte(reply.tag)
        switch reply {
        case .done: break
        case .joined(let ack):
            // The code is the room's.
            writer.identifier(ack.player)
            writer.int(ack.seq)
        case .answered(let ack):
            writer.int(ack.question)
            writer.ints(ack.choice)
            writer.instant(ack.at)
        }
    }

    init(origin: InputOrigin, reply: RoomReply) {
        self.origin = origin
        self.reply = reply
    }

    /// - Parameter code: of the room that heard the command.
    init(from reader: inout BinaryReader, code: RoomCode) throws(RoomCodecError) {
        origin = try InputOrigin(from: &reader)
        switch try reader.byte("heard reply") {
        case RoomReply.doneTag: reply = .done
        case RoomReply.joinedTag:
            reply = .joined(
                RoomJoinedAck(
                    code: code, player: try reader.identifier("heard player"),
                    seq: try reader.int(BinaryReader.sequenceNumbers, "heard seq")))
        case RoomReply.answeredTag:
            reply = .answered(
                AnswerAck(
                    question: try reader.int(0...Limits.questionsPerGame.upperBound - 1, "heard question"),
                    choice: try reader.choice("heard choice"), at: try reader.instant("heard instant")))
        default: throw RoomCodecError(.unknownTag, "heard reply")
        }
    }
}

extension RoomReply {
    fileprivate static let doneTag: UInt8 = 0
    fileprivate static let joinedTag: UInt8 = 1
    fileprivate static let answeredTag: UInt8 = 2

    fileprivate var tag: UInt8 {
        switch self {
        case .done: Self.doneTag
        case .joined: Self.joinedTag
        case .answered: Self.answeredTag
        }
    }
}
