import NIOCore
import QuizModel
import QuizRoom
import QuizWire

extension Operation {
    /// From the bytes of a masked frame to the command.
    static let decodeCommand = Operation("decode a command") {
        let text =
            #"4217["game:answer",{"choice":[2],"game":"0194f0c2-0000-4000-8000-000000000001","id":"a7","question":7}]"#
        let frame = masked(text)
        var decoder = WebSocketDecoder(messageBytesMax: 1_000_000)
        return {
            var bytes = frame
            decoder.append(&bytes)
            guard case .text(let message)? = try? decoder.next(),
                case .message(let packet)? = EngineIOPacket(text: message),
                case .event(_, let arguments)? = SocketIOPacket(text: packet)?.body,
                let command = try? WireJSON.decode(burst: AnswerCommand.self, from: arguments[0]), command.question == 7
            else { preconditionFailure("The frame is not read as what it is.") }
        }
    }

    /// One of fifty answers to an open question.
    static let applyAnswer = Operation("apply an answer") {
        let (open, players) = openQuestion(players: Limits.playersPerRoomMax)
        let instant = open.lastInstant + 2_000
        let id = ClientID("a0").known
        var room = open
        var next = 0
        return {
            // The last one would lock the question, which is another matter.
            if next == players.count - 1 { (room, next) = (open, 0) }
            let input = RoomInput.answer(player: players[next], question: 0, choice: [1], id: id, ageMs: 1)
            guard case .applied = room.apply(input, at: instant, from: InputOrigin(session: UInt64(next), number: 2))
            else { preconditionFailure("The answer is refused.") }
            next += 1
        }
    }

    /// From the reply to the bytes of a frame's payload.
    static let acknowledgeAnswer = Operation("acknowledge an answer") {
        let reply = AnswerAck(question: 7, choice: [2], at: RoomInstant(milliseconds: 123_456))
        return {
            guard let json = try? WireJSON.buffer(Accepted(reply)) else { preconditionFailure("It does not encode.") }
            _ = SocketIOPacket.ack(17, arguments: [json], namespace: "/")
        }
    }

    private static func masked(_ text: String) -> ByteBuffer {
        let key: [UInt8] = [1, 2, 3, 4]
        let payload = Array(text.utf8)
        precondition(payload.count < 126, "The short form of a frame's length.")
        let mask = payload.enumerated().map { $0.element ^ key[$0.offset & 3] }
        return ByteBuffer(bytes: [0x81, 0x80 | UInt8(payload.count)] + key + mask)
    }

    static func players(_ count: Int) -> [PlayerID] { (1...count).map { PlayerID(value: UInt128($0)) } }

    private static func openQuestion(players count: Int) -> (RoomStateMachine, [PlayerID]) {
        let players = players(count)
        var room = RoomStateMachine(room: RoomID(value: 1))
        func apply(_ input: RoomInput, at instant: RoomInstant = .zero) {
            guard case .applied = room.apply(input, at: instant) else { preconditionFailure("\(input) is refused.") }
        }
        apply(
            .opened(
                code: RoomCode("ABCDEFG").known, creator: players[0], settings: RoomSettings(), passwordDigest: nil,
                seed: RoomSeed(bytes: [UInt8](repeating: 7, count: RoomSeed.length))))
        for (number, player) in players.enumerated() {
            let name = Nickname("Player \(number)").known
            apply(.join(player: player, nickname: name, role: .player, passwordDigest: nil))
        }
        let questions = (0..<2).map { index in
            Question(
                id: QuestionID("q\(index)").known, kind: .single, category: CategoryID("c").known, difficulty: .easy,
                prompt: "Which one?", choices: ["A", "B", "C", "D"], correct: [index])
        }
        apply(.start(by: players[0], game: GameID(value: 1), questions: questions))
        while room.phase != .question { apply(.tick(credits: []), at: room.nextDeadline.known) }
        return (room, players)
    }
}
