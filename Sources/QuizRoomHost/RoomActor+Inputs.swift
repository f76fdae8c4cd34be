internal import DequeModule
internal import Logging
package import NIOCore
package import QuizModel
package import QuizRoom
internal import QuizTelemetry
internal import QuizWire

extension RoomActor {
    /// Applies one input; the reply leaves when it is committed.
    ///
    /// - Parameter began: when the request was read from its socket.
    package func submit(_ input: RoomInput, reply target: ReplyTarget = .nobody, began: NIODeadline = .now()) {
        if let refusal = refusal(of: input) { return refuse(target, refusal, began: began) }
        noticeGap()
        apply(input, reply: target, began: began)
    }

    /// As `submit`, for an input that belongs to a game; another game's is too late.
    package func submit(_ input: RoomInput, of game: GameID?, reply target: ReplyTarget, began: NIODeadline) {
        if let game, game != machine.currentGame { return refuse(target, Rejection(.questionClosed), began: began) }
        submit(input, reply: target, began: began)
    }

    /// Applies one input and waits until it is committed.
    package nonisolated func commit(_ input: RoomInput) async -> Result<RoomReply, Rejection> {
        await withCheckedContinuation { continuation in
            run { $0.submit(input, reply: .callback { continuation.resume(returning: $0) }) }
        }
    }

    /// Takes a seat and attaches the session to the room; `room:state` and `room:me` precede the ack.
    ///
    /// - Parameter joined: called on the room's loop, with true when the session is attached, just before its ack.
    package func join(
        _ session: any SessionOutlet, nickname: Nickname, role: MemberRole, passwordDigest: [UInt8]?, ack: Int?,
        began: NIODeadline, joined: @escaping @Sendable (Bool) -> Void
    ) {
        let input = RoomInput.join(
            player: session.player, nickname: nickname, role: role, passwordDigest: passwordDigest)
        let target = ack.map { ReplyTarget.session(session, ack: $0) } ?? .nobody
        if let refusal = refusal(of: input) {
            joined(false)
            return refuse(target, refusal, began: began)
        }
        noticeGap()
        apply(input, reply: target, began: began, attaching: (session, joined))
    }

    /// Picks questions for the host's settings, then starts the game.
    package func start(by player: PlayerID, reply target: ReplyTarget, began: NIODeadline) {
        // Asked again by the machine; here it saves the draw.
        guard machine.host == player else { return refuse(target, Rejection(.notHost), began: began) }
        guard machine.phase == .lobby else { return refuse(target, Rejection(.wrongPhase), began: began) }
        let settings = machine.settings
        let accepted = environment.work.submit { [environment] in
            do throws(Rejection) {
                let questions = try await environment.questions.draw(for: settings)
                self.run { room in
                    let input = RoomInput.start(by: player, game: .random(), questions: questions)
                    room.submit(input, reply: target, began: began)
                }
            } catch {
                self.run { $0.refuse(target, error, began: began) }
            }
        }
        if !accepted { refuse(target, Rejection(.busy), began: began) }
    }

    // MARK: - Detail

    func apply(
        _ input: RoomInput, reply target: ReplyTarget, began: NIODeadline,
        attaching: (session: any SessionOutlet, joined: @Sendable (Bool) -> Void)? = nil
    ) {
        let at = instant()
        let before = machine.phase
        switch machine.apply(input, at: at) {
        case .rejected(let rejection):
            attaching?.joined(false)
            refuse(target, rejection, began: began)
        case .unchanged(let reply):
            if let attaching { attach(attaching.session, joined: attaching.joined) }
            push(.reply(target, .success(reply), began: began))
        case .applied(let step):
            environment.metrics.inputsApplied.increment()
            journal(input, at: at)
            if machine.phase != before { phaseChanged = applied.number }
            for effect in step.effects { push(effect) }
            if let attaching { attach(attaching.session, joined: attaching.joined) }
            push(.reply(target, .success(step.reply ?? .done), began: began))
            considerSnapshot()
            armTimer()
        }
        release()
    }

    func refuse(_ target: ReplyTarget, _ rejection: Rejection, began: NIODeadline) {
        environment.metrics.inputsRejected[rejection.code].increment()
        push(.reply(target, .failure(rejection), began: began))
        release()
    }

    /// Why the room takes no such input now; nil: it does.
    private func refusal(of input: RoomInput) -> Rejection? {
        if dropped { return Rejection(.busy) }
        if quarantined != nil {
            return Rejection(
                .unavailable, message: "This room's record is damaged and an operator has been told. Open a new room.",
                retry: .never)
        }
        let uncommitted = Int(applied.number - committed.number)
        let limit =
            switch input {
            case .tick, .clock: Limits.uncommittedInputsPerRoomMax
            default: Limits.uncommittedInputsPerRoomMax - Limits.uncommittedInputsReservedForTimers
            }
        if uncommitted >= limit || environment.backlogBytes >= Limits.uncommittedBytesPerNodeMax {
            environment.metrics.busy.increment()
            return Rejection(.busy)
        }
        if input.leadsThePhase && phaseChanged > committed.number { return Rejection(.busy) }
        return nil
    }

    /// A loop that stood still has taken the gap out of the rooms' time; the journal is told.
    private func noticeGap() {
        _ = environment.loop.now()
        guard environment.loop.gaps != gapsSeen else { return }
        gapsSeen = environment.loop.gaps
        if !saving { apply(.clock(.loopGap), reply: .nobody, began: .now()) }
    }
}

extension RoomInput {
    /// Whether the input asks for another phase.
    fileprivate var leadsThePhase: Bool {
        switch self {
        case .start, .pause, .resume, .skip, .rematch, .close: true
        default: false
        }
    }
}
