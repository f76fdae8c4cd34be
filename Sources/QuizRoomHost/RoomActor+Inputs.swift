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
    /// - Parameters:
    ///   - began: when the request was read from its socket.
    ///   - origin: the command it is, so that the room knows it when it comes again; nil: it never does.
    package func submit(
        _ input: RoomInput, reply target: ReplyTarget = .nobody, began: NIODeadline = .now(),
        origin: InputOrigin? = nil
    ) {
        if isAway { return ignore(target) }
        if let refusal = refusal(of: input, from: origin) { return refuse(target, refusal, began: began) }
        noticeGap()
        apply(input, reply: target, began: began, origin: origin)
    }

    /// As `submit`, for an input that belongs to a game; another game's is too late, unless it is the session's newest
    /// command come again.
    package func submit(
        _ input: RoomInput, of game: GameID?, reply target: ReplyTarget, began: NIODeadline,
        origin: InputOrigin? = nil
    ) {
        if !isAway, let game, game != machine.currentGame {
            // An older command's reply is looked up in the game at hand, which is the wrong one.
            guard let origin, case .answered = machine.hasHeard(origin) else {
                return refuse(target, Rejection(.questionClosed), began: began)
            }
        }
        submit(input, reply: target, began: began, origin: origin)
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
        began: NIODeadline, origin: InputOrigin? = nil, joined: @escaping @Sendable (Bool) -> Void
    ) {
        let input = RoomInput.join(
            player: session.player, nickname: nickname, role: role, passwordDigest: passwordDigest)
        let target = ack.map { ReplyTarget.session(session, ack: $0) } ?? .nobody
        if isAway { return knock(session) }
        if let refusal = refusal(of: input, from: origin) ?? shedding(session.player, origin) {
            joined(false)
            return refuse(target, refusal, began: began)
        }
        noticeGap()
        apply(input, reply: target, began: began, origin: origin, attaching: (session, joined))
    }

    /// Picks questions for the host's settings, then starts the game.
    ///
    /// - Parameter origin: the command it is. Until the questions are there, later commands of its session are refused
    ///   with `busy`: applied first, they would make the room take the start for one it had heard.
    package func start(
        by player: PlayerID, reply target: ReplyTarget, began: NIODeadline, origin: InputOrigin? = nil
    ) {
        if isAway { return ignore(target) }
        if let origin, let reply = machine.hasHeard(origin) {
            if let refusal = standstill { return refuse(target, refusal, began: began) }
            push(.reply(target, .success(reply), began: began))
            return release()
        }
        if isOvertaking(origin) { return refuse(target, Rejection(.busy), began: began) }
        // Asked again by the machine; here it saves the draw.
        guard machine.host == player else { return refuse(target, Rejection(.notHost), began: began) }
        guard machine.phase == .lobby else { return refuse(target, Rejection(.wrongPhase), began: began) }
        let settings = machine.settings
        if let origin { drawing.append(origin) }
        let accepted = environment.work.submit { [environment] in
            do throws(Rejection) {
                let questions = try await environment.questions.draw(for: settings)
                self.run { room in
                    room.endDrawing(origin)
                    let input = RoomInput.start(by: player, game: .random(), questions: questions)
                    room.submit(input, reply: target, began: began, origin: origin)
                }
            } catch {
                self.run { room in
                    room.endDrawing(origin)
                    room.refuse(target, error, began: began)
                }
            }
        }
        if !accepted {
            endDrawing(origin)
            refuse(target, Rejection(.busy), began: began)
        }
    }

    // MARK: - Detail

    func apply(
        _ input: RoomInput, reply target: ReplyTarget, began: NIODeadline, origin: InputOrigin? = nil,
        attaching: (session: any SessionOutlet, joined: @Sendable (Bool) -> Void)? = nil
    ) {
        let at = instant()
        let before = machine.phase
        switch machine.apply(input, at: at, from: origin) {
        case .rejected(let rejection):
            attaching?.joined(false)
            refuse(target, rejection, began: began)
        case .unchanged(let reply):
            if let attaching {
                // A join that comes again may be that of somebody who has left or been kicked since.
                guard machine.isMember(attaching.session.player) else {
                    attaching.joined(false)
                    return refuse(target, Rejection(.notInRoom), began: began)
                }
                attach(attaching.session, joined: attaching.joined)
            }
            push(.reply(target, .success(reply), began: began))
        case .applied(let step):
            environment.metrics.inputsApplied.increment()
            journal(input, at: at, from: origin)
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
        // Nothing waits to be sent then: commands that want no answer would fill the memory while commits stand still.
        if case .nobody = target { return }
        // In a room that is quarantined nothing is committed any more.
        let number = quarantined == nil ? applied.number : committed.number
        outputs.append((number, .reply(target, .failure(rejection), began: began)))
        release()
    }

    /// The room is on its way to another node, or there already.
    private var isAway: Bool { suspended || dropped }

    /// A session's command is not answered: its gateway sends it again to the room's next owner. Whoever waits inside this node is told.
    private func ignore(_ target: ReplyTarget) {
        if case .callback(let callback) = target { callback(.failure(Rejection(.busy))) }
    }

    /// Told to ask again when it is decided where the room goes on. Of a crowd some wait for their gateway's own look.
    private func knock(_ session: any SessionOutlet) {
        guard !dropped else { return session.ended(.moved) }
        // Who is in already is told with all who are.
        guard knocking.count < Limits.playersPerRoomMax, !(sessions + knocking).contains(where: { $0 === session })
        else { return }
        knocking.append(session)
    }

    /// Why the room takes nothing at all; nil: it does.
    private var standstill: Rejection? {
        guard quarantined != nil else { return nil }
        return Rejection(
            .unavailable, message: "This room's record is damaged and an operator has been told. Open a new room.",
            retry: .never)
    }

    /// A start by the same session still waits for its questions.
    private func isOvertaking(_ origin: InputOrigin?) -> Bool {
        guard let origin else { return false }
        return drawing.contains { origin.isBehind($0) }
    }

    private func endDrawing(_ origin: InputOrigin?) {
        guard let origin, let position = drawing.firstIndex(of: origin) else { return }
        drawing.remove(at: position)
    }

    /// Why the room takes no such input now; nil: it does.
    func refusal(of input: RoomInput, from origin: InputOrigin?) -> Rejection? {
        if let standstill { return standstill }
        // A command that has been applied is told so: whoever is told `busy` does it again, as another command.
        if let origin, machine.hasHeard(origin) != nil { return nil }
        if isOvertaking(origin) { return Rejection(.busy) }
        let uncommitted = Int(applied.number - committed.number)
        let limit =
            switch input {
            case .tick, .clock: Limits.uncommittedInputsPerRoomMax
            default: Limits.uncommittedInputsPerRoomMax - Limits.uncommittedInputsReservedForTimers
            }
        if uncommitted >= limit || environment.backlogBytes >= Limits.uncommittedBytesPerLaneMax {
            environment.metrics.busy.increment()
            return Rejection(.busy)
        }
        if input.leadsThePhase && phaseChanged > committed.number { return Rejection(.busy) }
        return nil
    }

    /// Why somebody who has no seat is turned away while the node is overloaded; nil: they are not. The first to come is let in, or a room just made would be lost.
    private func shedding(_ player: PlayerID, _ origin: InputOrigin?) -> Rejection? {
        guard environment.loop.strain.refusesJoins, !machine.isMember(player), !machine.memberIDs.isEmpty else {
            return nil
        }
        if let origin, machine.hasHeard(origin) != nil { return nil }
        environment.metrics.shed[.joins].increment()
        return Rejection(.overloaded)
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
