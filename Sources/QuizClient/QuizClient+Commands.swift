internal import NIOCore
public import QuizModel
internal import QuizWire

/// What a player may do. Every command throws `refused` with the server's reason, `lost`, `timedOut` or `closed`.
extension QuizClient {
    // MARK: - Rooms

    /// Makes a room; its maker still has to join.
    ///
    /// - Parameter password: for private rooms, and only for them.
    public func create(
        _ settings: RoomSettings = RoomSettings(), password: RoomPassword? = nil
    ) async throws(QuizClientError) -> RoomCreatedAck {
        try await send(.roomCreate, CreateRoomCommand(settings: settings, password: password), repeats: false)
    }

    /// Takes a seat, or gives the same seat back; the client then comes back to it by itself.
    @discardableResult
    public func join(
        _ code: RoomCode, password: RoomPassword? = nil, role: MemberRole? = nil
    ) async throws(QuizClientError) -> RoomJoinedAck {
        let command = JoinRoomCommand(code: code, password: password, role: role)
        let joined: RoomJoinedAck = try await send(.roomJoin, command, repeats: true)
        onLoop { core in
            core.wants(command)
            if let way = joined.redirect { core.follow(way) }
        }
        return joined
    }

    /// Gives the seat up.
    public func leave() async throws(QuizClientError) {
        onLoop { $0.wants(nil) }
        try await plain(.roomLeave)
    }

    public func ready(_ isReady: Bool = true) async throws(QuizClientError) {
        let _: DoneAck = try await send(.roomReady, ReadyCommand(ready: isReady), repeats: true)
    }

    // MARK: - As the host

    public func start() async throws(QuizClientError) { try await plain(.gameStart) }
    public func pause() async throws(QuizClientError) { try await plain(.gamePause) }
    public func resume() async throws(QuizClientError) { try await plain(.gameResume) }
    /// Ends the phase now.
    public func skip() async throws(QuizClientError) { try await plain(.gameSkip) }
    public func rematch() async throws(QuizClientError) { try await plain(.gameRematch) }
    public func closeRoom() async throws(QuizClientError) { try await plain(.roomClose) }

    public func configure(
        _ settings: RoomSettings, password: RoomPassword? = nil
    ) async throws(QuizClientError) {
        let command = ConfigureCommand(settings: settings, password: password)
        let _: DoneAck = try await send(.roomConfigure, command, repeats: true)
    }

    public func lock(_ isLocked: Bool) async throws(QuizClientError) {
        let _: DoneAck = try await send(.roomLock, LockCommand(locked: isLocked), repeats: true)
    }

    public func kick(_ player: PlayerID) async throws(QuizClientError) {
        let _: DoneAck = try await send(.roomKick, MemberCommand(player: player), repeats: true)
    }

    public func makeHost(_ player: PlayerID) async throws(QuizClientError) {
        let _: DoneAck = try await send(.roomTransfer, MemberCommand(player: player), repeats: true)
    }

    // MARK: - Playing

    /// Answers a question and returns when that is stored durably. Sent under the same name over any number of connections; when the server is busy, again after the time it asks
    /// for.
    ///
    /// - Parameters:
    ///   - choice: indices into the choices as shown.
    ///   - id: the answer's name; drawn when it is nil.
    /// - Returns: the recorded choice: that of the first answer, if there was one before.
    @discardableResult
    public func answer(
        _ question: QuestionPayload, choice: [Int], id: ClientID? = nil
    ) async throws(QuizClientError) -> AnswerAck {
        let command = AnswerCommand(
            game: question.game, question: question.index, choice: choice, id: id ?? Self.drawName())
        return try await patiently { () async throws(QuizClientError) -> AnswerAck in
            try await self.send(.gameAnswer, command, repeats: true)
        }
    }

    // MARK: - Talk

    /// Says a line, once, and returns when it is stored durably.
    @discardableResult
    public func say(_ text: ChatText, id: ClientID? = nil) async throws(QuizClientError) -> ChatSentAck {
        let command = ChatSendCommand(id: id ?? Self.drawName(), text: text)
        return try await patiently { () async throws(QuizClientError) -> ChatSentAck in
            try await self.send(.chatSend, command, repeats: true)
        }
    }

    /// A page of lines before one, or the newest.
    public func history(
        before: ChatMessageID? = nil, limit: Int? = nil
    ) async throws(QuizClientError) -> ChatHistoryAck {
        try await send(.chatHistory, ChatHistoryCommand(before: before, limit: limit), repeats: true)
    }

    // MARK: - Detail

    /// Tries again what the server may take later, for `commandLimit`.
    private func patiently<Ack: Sendable>(
        _ ask: () async throws(QuizClientError) -> Ack
    ) async throws(QuizClientError) -> Ack {
        let deadline = NIODeadline.now() + core.configuration.commandLimit
        while true {
            let refusal: ErrorPayload
            do throws(QuizClientError) {
                return try await ask()
            } catch {
                guard case .refused(let reason) = error, case .after(let milliseconds) = reason.retry,
                    NIODeadline.now() + .milliseconds(Int64(milliseconds)) < deadline
                else { throw error }
                refusal = reason
            }
            guard case .after(let milliseconds) = refusal.retry else { continue }
            // Ends early only when cancelled.
            try? await Task.sleep(for: .milliseconds(max(20, milliseconds)))
            if Task.isCancelled { throw .refused(refusal) }
        }
    }

    private func plain(_ name: ClientEventName) async throws(QuizClientError) {
        let _: DoneAck = try await send(name, PlainCommand(), repeats: false)
    }

    private func onLoop(_ body: @escaping @Sendable (ClientCore) -> Void) { loop.execute { [core] in body(core) } }

    private static func drawName() -> ClientID {
        let text = String((0..<24).map { _ in "0123456789abcdef".randomElement() ?? "0" })
        guard let id = ClientID(text) else { preconditionFailure("24 hexadecimal digits name an answer.") }
        return id
    }
}
