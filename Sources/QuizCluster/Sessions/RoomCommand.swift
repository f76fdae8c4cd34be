package import NIOCore
package import QuizModel
package import QuizRoom
package import QuizRoomHost
package import QuizWire

/// A member's command as its client sent it, to be performed where the room is.
package struct RoomCommand: Sendable {
    package var name: ClientEventName
    /// One JSON value.
    package var json: ByteBuffer
    package var ack: Int?
    /// When it was read from its socket, by this node's clock.
    package var began: NIODeadline
    package var origin: InputOrigin?

    package init(
        name: ClientEventName, json: ByteBuffer, ack: Int?, began: NIODeadline, origin: InputOrigin? = nil
    ) {
        self.name = name
        self.json = json
        self.ack = ack
        self.began = began
        self.origin = origin
    }

    /// Validates the command and hands it to the room, whose machine authorises it. The ack follows when what it did is durable.
    ///
    /// - Throws: what is wrong with it; nothing has been done then. `invalid` for commands that are not for a room's members.
    package func perform(by session: any SessionOutlet, in room: RoomActor) throws(Rejection) {
        let player = session.player
        switch name {
        case .gameAnswer: try answer(by: session, in: room)
        case .timeSync: try syncTime(of: session, in: room)
        case .gameStart:
            _ = try decode(PlainCommand.self)
            let (target, began, origin) = (target(session), began, origin)
            room.run { $0.start(by: player, reply: target, began: began, origin: origin) }
        case .roomReady: submit(.ready(player: player, ready: try decode(ReadyCommand.self).ready), session, room)
        case .roomKick:
            submit(.kick(by: player, player: try decode(MemberCommand.self).player), session, room)
        case .roomTransfer:
            submit(.transferHost(by: player, to: try decode(MemberCommand.self).player), session, room)
        case .roomLock: submit(.lock(by: player, locked: try decode(LockCommand.self).locked), session, room)
        case .roomConfigure:
            let command = try decode(ConfigureCommand.self)
            if let fault = command.settings.fault { throw Rejection(.invalid, message: fault) }
            let digest = command.password.map { room.digest(of: $0) }
            submit(.configure(by: player, settings: command.settings, passwordDigest: digest), session, room)
        case .roomLeave: try submitPlain(.leave(player: player), session, room)
        case .roomClose: try submitPlain(.close(by: player), session, room)
        case .gamePause: try submitPlain(.pause(by: player), session, room)
        case .gameResume: try submitPlain(.resume(by: player), session, room)
        case .gameSkip: try submitPlain(.skip(by: player), session, room)
        case .gameRematch: try submitPlain(.rematch(by: player), session, room)
        case .roomCreate, .roomJoin, .chatSend, .chatHistory:
            throw Rejection(.invalid, message: "This command is not for a room's members.")
        }
    }

    /// Lets a session into the room and attaches it; `room:state` and `room:me` precede the ack.
    ///
    /// - Parameter joined: called on the room's loop.
    package func join(
        _ session: any SessionOutlet, nickname: Nickname, in room: RoomActor,
        joined: @escaping @Sendable (Bool) -> Void
    ) throws(Rejection) {
        let command = try decode(JoinRoomCommand.self)
        let digest = command.password.map { room.digest(of: $0) }
        let (role, ack, began, origin) = (command.role ?? .player, ack, began, origin)
        room.run { room in
            room.join(
                session, nickname: nickname, role: role, passwordDigest: digest, ack: ack, began: began,
                origin: origin, joined: joined)
        }
    }

    // MARK: - Detail

    private func decode<Command: Decodable>(_ type: Command.Type) throws(Rejection) -> Command {
        try WireJSON.decode(type, from: json)
    }

    private func target(_ session: any SessionOutlet) -> ReplyTarget {
        ack.map { .session(session, ack: $0) } ?? .nobody
    }

    private func submit(_ input: RoomInput, _ session: any SessionOutlet, _ room: RoomActor) {
        let (target, began, origin) = (target(session), began, origin)
        room.run { $0.submit(input, reply: target, began: began, origin: origin) }
    }

    /// A command that carries nothing: the argument is an object or absent.
    private func submitPlain(_ input: RoomInput, _ session: any SessionOutlet, _ room: RoomActor) throws(Rejection) {
        _ = try decode(PlainCommand.self)
        submit(input, session, room)
    }

    private func answer(by session: any SessionOutlet, in room: RoomActor) throws(Rejection) {
        let command = try WireJSON.decode(burst: AnswerCommand.self, from: json)
        guard command.choice.count <= Limits.choicesPerQuestion.upperBound else { throw Rejection(.choiceUnknown) }
        let age = max(0, (NIODeadline.now() - began).nanoseconds / 1_000_000)
        let input = RoomInput.answer(
            player: session.player, question: command.question, choice: Array(Set(command.choice)).sorted(),
            id: command.id, ageMs: Int(age))
        let (target, began, origin) = (target(session), began, origin)
        room.run { $0.submit(input, of: command.game, reply: target, began: began, origin: origin) }
    }

    private func syncTime(of session: any SessionOutlet, in room: RoomActor) throws(Rejection) {
        let command = try decode(TimeSyncCommand.self)
        guard command.t0.isFinite else { throw Rejection(.invalid, message: "`t0`: a finite number.") }
        guard let ack else { return }
        room.run { room in
            let answer = Accepted(TimeSyncAck(t0: command.t0, t1: room.preciseTime()))
            // Two finite numbers always encode.
            if let json = try? WireJSON.buffer(answer) { session.acknowledge(ack, json) }
        }
    }
}
