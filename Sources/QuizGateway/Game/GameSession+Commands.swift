internal import NIOCore
internal import QuizModel
internal import QuizRoom
internal import QuizRoomHost
internal import QuizSocial
internal import QuizTelemetry
internal import QuizWire

/// What clients may ask for. Each command is validated here, authorised by the room's machine, and acknowledged when
/// what it did is durable.
extension GameSession {
    func perform(_ name: ClientEventName, _ argument: ByteBuffer, ack: Int?, began: NIODeadline) throws(Rejection) {
        switch name {
        case .gameAnswer: try answerQuestion(argument, ack: ack, began: began)
        case .timeSync: try syncTime(argument, ack: ack)
        case .roomCreate: try createRoom(argument, ack: ack)
        case .roomJoin: try join(argument, ack: ack, began: began)
        case .roomLeave: try submitPlain(argument, .leave(player: player), ack: ack, began: began)
        case .roomReady:
            let command = try WireJSON.decode(ReadyCommand.self, from: argument)
            try submit(.ready(player: player, ready: command.ready), ack: ack, began: began)
        case .roomKick:
            let command = try WireJSON.decode(MemberCommand.self, from: argument)
            try submit(.kick(by: player, player: command.player), ack: ack, began: began)
        case .roomTransfer:
            let command = try WireJSON.decode(MemberCommand.self, from: argument)
            try submit(.transferHost(by: player, to: command.player), ack: ack, began: began)
        case .roomLock:
            let command = try WireJSON.decode(LockCommand.self, from: argument)
            try submit(.lock(by: player, locked: command.locked), ack: ack, began: began)
        case .roomConfigure: try configure(argument, ack: ack, began: began)
        case .roomClose: try submitPlain(argument, .close(by: player), ack: ack, began: began)
        case .gameStart:
            _ = try WireJSON.decode(PlainCommand.self, from: argument)
            let (room, target, player) = (try currentRoom(), reply(ack), player)
            room.run { $0.start(by: player, reply: target, began: began) }
        case .gamePause: try submitPlain(argument, .pause(by: player), ack: ack, began: began)
        case .gameResume: try submitPlain(argument, .resume(by: player), ack: ack, began: began)
        case .gameSkip: try submitPlain(argument, .skip(by: player), ack: ack, began: began)
        case .gameRematch: try submitPlain(argument, .rematch(by: player), ack: ack, began: began)
        case .chatSend: try say(argument, ack: ack)
        case .chatHistory: try chatHistory(argument, ack: ack)
        }
    }

    // MARK: - The game

    private func answerQuestion(_ argument: ByteBuffer, ack: Int?, began: NIODeadline) throws(Rejection) {
        let command = try WireJSON.decode(AnswerCommand.self, from: argument)
        guard command.choice.count <= Limits.choicesPerQuestion.upperBound else { throw Rejection(.choiceUnknown) }
        let age = max(0, (NIODeadline.now() - began).nanoseconds / 1_000_000)
        let input = RoomInput.answer(
            player: player, question: command.question, choice: Array(Set(command.choice)).sorted(), id: command.id,
            ageMs: Int(age))
        let (room, target) = (try currentRoom(), reply(ack))
        auditLatency()
        room.run { $0.submit(input, of: command.game, reply: target, began: began) }
    }

    private func syncTime(_ argument: ByteBuffer, ack: Int?) throws(Rejection) {
        let command = try WireJSON.decode(TimeSyncCommand.self, from: argument)
        guard command.t0.isFinite else { throw Rejection(.invalid, message: "`t0`: a finite number.") }
        guard let room else {
            let nodeTime = Double(NIODeadline.now().uptimeNanoseconds) / 1_000_000
            return answer(ack, Accepted(TimeSyncAck(t0: command.t0, t1: nodeTime)))
        }
        room.run { room in
            let ackValue = TimeSyncAck(t0: command.t0, t1: room.preciseTime())
            self.onLoop { $0.answer(ack, Accepted(ackValue)) }
        }
    }

    /// A command that carries nothing: the argument is an object or absent.
    private func submitPlain(_ argument: ByteBuffer, _ input: RoomInput, ack: Int?, began: NIODeadline)
        throws(Rejection)
    {
        _ = try WireJSON.decode(PlainCommand.self, from: argument)
        try submit(input, ack: ack, began: began)
    }

    private func submit(_ input: RoomInput, ack: Int?, began: NIODeadline) throws(Rejection) {
        let (room, target) = (try currentRoom(), reply(ack))
        room.run { $0.submit(input, reply: target, began: began) }
    }

    private func reply(_ ack: Int?) -> ReplyTarget { ack.map { .session(self, ack: $0) } ?? .nobody }

    private func currentRoom() throws(Rejection) -> RoomActor {
        guard let room else { throw Rejection(.notInRoom) }
        return room
    }

    // MARK: - Rooms

    private func createRoom(_ argument: ByteBuffer, ack: Int?) throws(Rejection) {
        let command = try WireJSON.decode(CreateRoomCommand.self, from: argument)
        let accepted = parts.work.submit { [parts, player] in
            let outcome: Result<RoomCreatedAck, Rejection>
            do throws(Rejection) {
                if case .refused(let retryAfterMs) = await parts.limiter.take(.roomCreate, key: player.description) {
                    throw Rejection(.rateLimited, retry: .after(milliseconds: retryAfterMs))
                }
                outcome = .success(try await parts.host.create(command, by: player))
            } catch {
                outcome = .failure(error)
            }
            self.onLoop { $0.conclude(outcome, ack: ack) }
        }
        if !accepted { throw Rejection(.busy) }
    }

    private func join(_ argument: ByteBuffer, ack: Int?, began: NIODeadline) throws(Rejection) {
        let command = try WireJSON.decode(JoinRoomCommand.self, from: argument)
        if let room, room.code != command.code { throw Rejection(.alreadyInRoom) }
        switch parts.host.find(command.code) {
        case .none:
            try missRoom(ack: ack)
        case .quarantined:
            throw Rejection(
                .unavailable, message: "This room's record is damaged and an operator has been told. Open a new room.",
                retry: .never)
        case .room(let room):
            // The session belongs to the room from here on, so that commands sent right behind the join find it.
            let isNew = self.room == nil
            self.room = room
            let digest = command.password.map { room.digest(of: $0) }
            let (nickname, role) = (nickname, command.role ?? .player)
            room.run { room in
                room.join(self, nickname: nickname, role: role, passwordDigest: digest, ack: ack, began: began) {
                    joined in
                    self.onLoop { session in
                        if !joined, isNew { session.room = nil }
                        if joined { session.entered(room) }
                    }
                }
            }
        }
    }

    /// A code that leads nowhere counts at the look-up door, so that codes cannot be tried out.
    private func missRoom(ack: Int?) throws(Rejection) {
        let accepted = parts.work.submit { [parts, address] in
            var rejection = Rejection(.roomNotFound)
            if case .refused(let retryAfterMs) = await parts.limiter.take(.roomLookUp, key: address) {
                rejection = Rejection(.rateLimited, retry: .after(milliseconds: retryAfterMs))
            }
            let answer = rejection
            self.onLoop { $0.refuse(ack, answer) }
        }
        if !accepted { throw Rejection(.busy) }
    }

    private func configure(_ argument: ByteBuffer, ack: Int?, began: NIODeadline) throws(Rejection) {
        let command = try WireJSON.decode(ConfigureCommand.self, from: argument)
        if let fault = command.settings.fault { throw Rejection(.invalid, message: fault) }
        let room = try currentRoom()
        let input = RoomInput.configure(
            by: player, settings: command.settings, passwordDigest: command.password.map { room.digest(of: $0) })
        try submit(input, ack: ack, began: began)
    }

    // MARK: - Chat

    private func say(_ argument: ByteBuffer, ack: Int?) throws(Rejection) {
        let command = try WireJSON.decode(ChatSendCommand.self, from: argument)
        let room = try currentRoom()
        guard lines.take(at: .now()) else { throw Rejection(.rateLimited) }
        let message = ChatMessagePayload(
            id: nil, client: command.id, player: player, nickname: nickname, text: command.text,
            sentAtMs: parts.wallClockMs())
        room.run { room in
            guard room.broadcastChat(message, from: self) else {
                return self.onLoop { $0.refuse(ack, Rejection(.notInRoom)) }
            }
            let accepted = self.parts.work.submit {
                let outcome: Result<ChatSentAck, Rejection>
                do throws(Rejection) {
                    outcome = .success(try await self.parts.chat.say(message, in: room.id))
                    self.parts.metrics.chatStored.increment()
                } catch {
                    self.parts.metrics.chatFailures.increment()
                    outcome = .failure(error)
                }
                self.onLoop { $0.conclude(outcome, ack: ack) }
            }
            if !accepted { self.onLoop { $0.refuse(ack, Rejection(.busy)) } }
        }
    }

    private func chatHistory(_ argument: ByteBuffer, ack: Int?) throws(Rejection) {
        let command = try WireJSON.decode(ChatHistoryCommand.self, from: argument)
        let room = try currentRoom()
        let accepted = parts.work.submit { [parts] in
            let outcome: Result<ChatHistoryAck, Rejection>
            do throws(Rejection) {
                outcome = .success(try await parts.chat.history(command, in: room.id))
            } catch {
                outcome = .failure(error)
            }
            self.onLoop { $0.conclude(outcome, ack: ack) }
        }
        if !accepted { throw Rejection(.busy) }
    }

    private func conclude<Ack: Codable & Sendable & Hashable>(_ outcome: Result<Ack, Rejection>, ack: Int?) {
        switch outcome {
        case .success(let value): answer(ack, Accepted(value))
        case .failure(let rejection): refuse(ack, rejection)
        }
    }
}
