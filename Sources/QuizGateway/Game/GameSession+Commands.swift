internal import NIOCore
internal import QuizCluster
internal import QuizModel
internal import QuizRoom
internal import QuizRoomHost
internal import QuizSocial
internal import QuizTelemetry
internal import QuizWire

/// What clients may ask for. Commands for a room go to its owner, where `RoomCommand` validates and performs them; the others are performed here.
extension GameSession {
    func perform(_ name: ClientEventName, _ argument: ByteBuffer, ack: Int?, began: NIODeadline) throws(Rejection) {
        switch name {
        case .roomCreate: try createRoom(argument, ack: ack)
        case .roomJoin: try join(argument, ack: ack, began: began)
        case .chatSend: try say(argument, ack: ack)
        case .chatHistory: try chatHistory(argument, ack: ack)
        case .timeSync where seat.code == nil: try tellNodeTime(argument, ack: ack)
        case .gameAnswer:
            auditLatency()
            try forward(name, argument, ack: ack, began: began)
        case .timeSync, .roomLeave, .roomReady, .roomKick, .roomTransfer, .roomLock, .roomConfigure, .roomClose,
            .gameStart, .gamePause, .gameResume, .gameSkip, .gameRematch:
            try forward(name, argument, ack: ack, began: began)
        }
    }

    /// Outside rooms there is no room time; the clock still serves to measure the way.
    private func tellNodeTime(_ argument: ByteBuffer, ack: Int?) throws(Rejection) {
        let command = try WireJSON.decode(TimeSyncCommand.self, from: argument)
        guard command.t0.isFinite else { throw Rejection(.invalid, message: "`t0`: a finite number.") }
        let nodeTime = Double(NIODeadline.now().uptimeNanoseconds) / 1_000_000
        answer(ack, Accepted(TimeSyncAck(t0: command.t0, t1: nodeTime)))
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
                outcome = .success(try await parts.rooms.create(command, by: player))
            } catch {
                outcome = .failure(error)
            }
            self.onLoop { session in session.conclude(outcome.map { session.withWay($0) }, ack: ack) }
        }
        if !accepted { throw Rejection(.busy) }
    }

    private func join(_ argument: ByteBuffer, ack: Int?, began: NIODeadline) throws(Rejection) {
        let command = try WireJSON.decode(JoinRoomCommand.self, from: argument)
        if let code = seat.code {
            guard code == command.code else { throw Rejection(.alreadyInRoom) }
            return try forward(.roomJoin, argument, ack: ack, began: began)
        }
        guard let entry = backlog.add(name: .roomJoin, json: argument, ack: ack, began: began, isHeld: true) else {
            throw Rejection(.busy)
        }
        seat = .going(to: command.code, .join(entry))
        attach()
    }

    /// A code that leads nowhere counts at the look-up door, so that codes cannot be tried out.
    func missRoom(ack: Int?) {
        let accepted = parts.work.submit { [parts, address] in
            var rejection = Rejection(.roomNotFound)
            if case .refused(let retryAfterMs) = await parts.limiter.take(.roomLookUp, key: address) {
                rejection = Rejection(.rateLimited, retry: .after(milliseconds: retryAfterMs))
            }
            let answer = rejection
            self.onLoop { $0.refuse(ack, answer) }
        }
        if !accepted { refuse(ack, Rejection(.busy)) }
    }

    // MARK: - Chat

    private func say(_ argument: ByteBuffer, ack: Int?) throws(Rejection) {
        let command = try WireJSON.decode(burst: ChatSendCommand.self, from: argument)
        guard seat.code != nil else { throw Rejection(.notInRoom) }
        // On its way: the author's client sends the line again.
        guard let id = seat.room else { throw Rejection(.busy) }
        guard lines.take(at: .now()) else { throw Rejection(.rateLimited) }
        let message = ChatMessagePayload(
            id: nil, client: command.id, player: player, nickname: nickname, text: command.text,
            sentAtMs: parts.wallClockMs())
        show(message) { isShown in
            guard isShown else { return self.onLoop { $0.refuse(ack, Rejection(.notInRoom)) } }
            let chat = self.parts.chat
            let isFirst = chat.say(message, in: id) { outcome in
                switch outcome {
                case .success: self.parts.metrics.chatStored.increment()
                case .failure: self.parts.metrics.chatFailures.increment()
                }
                self.onLoop { $0.conclude(outcome, ack: ack) }
            }
            if isFirst, !self.parts.work.submit({ await chat.storeQueued() }) { chat.refuseQueued() }
        }
    }

    /// Has the room show a line to everybody.
    private func show(_ message: ChatMessagePayload, done: @escaping @Sendable (Bool) -> Void) {
        switch seat {
        case .outside, .going: done(false)
        case .here(let room): room.run { done($0.broadcastChat(message, from: self)) }
        case .there(let owner, _, _):
            guard let json = try? WireJSON.buffer(message) else { return done(false) }  // texts always encode
            // Numbers no client uses: they count from 0.
            let ack = Self.linesFrom + linesForwarded
            linesForwarded += 1
            linesUnderWay[ack] = done
            loop.scheduleTask(in: .seconds(5)) { self.linesUnderWay.removeValue(forKey: ack)?(false) }
            parts.router.transport.send(.chat(SessionChat(handle: handle, ack: ack, json: json)), to: owner)
        }
    }

    private static let linesFrom = 1 << 40

    private func chatHistory(_ argument: ByteBuffer, ack: Int?) throws(Rejection) {
        let command = try WireJSON.decode(ChatHistoryCommand.self, from: argument)
        guard let room = seat.room else { throw Rejection(seat.code == nil ? .notInRoom : .busy) }
        let accepted = parts.work.submit { [parts] in
            let outcome: Result<ChatHistoryAck, Rejection>
            do throws(Rejection) {
                outcome = .success(try await parts.chat.history(command, in: room))
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
