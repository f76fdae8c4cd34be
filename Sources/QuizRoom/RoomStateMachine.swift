import Crypto
package import QuizModel

/// The rules of a room: one input at a time goes in, what everybody is to be told comes out.
///
/// A pure fold. It reads no clock and draws no numbers of its own; the same inputs at the same room instants give the
/// same state, effects and digests on any machine (P4). Whoever drives it journals the inputs that were `applied`.
///
/// Room time never goes back: an input that comes with an earlier instant than the one before is taken for that one.
package struct RoomStateMachine: Sendable {
    /// The version of these rules. A change that lets a journal fold to another state needs a new number.
    package static let rules: Int = 1
    /// The versions this build can fold.
    package static let supportedRules: ClosedRange<Int> = 1...1

    var state: RoomState
    /// What the input at hand, or the last one, has led to.
    private var gameEffects: [RoomEffect] = []
    private var lastEffects: [RoomEffect] = []

    /// A room before its first input, which must be `opened`. Until then everything else is `room_not_found`.
    package init(room: RoomID) {
        state = RoomState(room: room, code: Self.codeBeforeOpening)
    }

    init(state: RoomState) { self.state = state }

    /// What `code` says before the room is opened; never shown to anybody.
    private static let codeBeforeOpening: RoomCode = {
        guard let code = RoomCode("2222222") else { preconditionFailure("Seven symbols of the alphabet are a code.") }
        return code
    }()

    // MARK: Door

    /// Applies one input.
    ///
    /// - Parameters:
    ///   - instant: room time; `.zero ... RoomTiming.end`.
    ///   - origin: the command it was; a command that has been applied changes nothing, see `hasHeard`. Nil: nobody
    ///     will send it again. A replay must give the one that was journaled.
    /// - Complexity: O(members + sessions heard); O(questions) when a game starts.
    package mutating func apply(
        _ input: RoomInput, at instant: RoomInstant, from origin: InputOrigin? = nil
    ) -> RoomOutcome {
        if let origin, let outcome = repetition(of: input, from: origin) { return outcome }
        let now = min(max(instant, state.lastInstant), RoomTiming.end)
        if case .answer(let player, let question, let choice, _, let ageMs) = input, state.stage.isOpen {
            return applyAnswer(
                Answer(player: player, question: question, choice: choice, ageMs: ageMs), at: now, from: origin)
        }
        return applyByComparing(input, at: now, from: origin)
    }

    /// Lets a rule change the state, puts it back if it refuses, and works out from the difference who is to be told.
    ///
    /// - Parameter now: not before the input before.
    mutating func applyByComparing(_ input: RoomInput, at now: RoomInstant, from origin: InputOrigin?) -> RoomOutcome {
        let before = state
        forgetEffects()
        do throws(Rejection) {
            switch try handle(input, at: now) {
            case .unchanged(let reply):
                state = before
                return .unchanged(reply)
            case .changed(let reply):
                state.lastInstant = now
                trackAbsence(at: now)
                let effects = gameEffects + personalEffects(since: before) + lastEffects
                if let origin { state.hear(origin, reply: reply ?? .done) }
                return .applied(RoomStep(reply: reply, effects: effects))
            }
        } catch {
            state = before
            return .rejected(error)
        }
    }

    /// `applyByComparing` for an answer, fifty of which come in a second: no second state is kept. There is nothing to put
    /// back, because `admit` cannot change anything; and nothing to look for, because an answer changes its player's seat
    /// and the progress.
    private mutating func applyAnswer(_ answer: Answer, at now: RoomInstant, from origin: InputOrigin?) -> RoomOutcome {
        let admitted: AdmittedAnswer
        do throws(Rejection) {
            switch try admit(answer, at: now) {
            case .recorded(let ack): return .unchanged(.answered(ack))
            case .new(let new): admitted = new
            }
        } catch {
            return .rejected(error)
        }
        let progress = state.progress
        forgetEffects()
        record(admitted, at: now)
        state.lastInstant = now
        trackAbsence(at: now)
        var effects = gameEffects
        effects.append(.me(answer.player, state.seat(of: state.members[admitted.member], hint: admitted.member)))
        if let new = state.progress, new != progress { effects.append(.progress(new)) }
        let reply = RoomReply.answered(admitted.ack)
        if let origin { state.hear(origin, reply: reply) }
        return .applied(RoomStep(reply: reply, effects: effects))
    }

    private mutating func forgetEffects() {
        gameEffects.removeAll()
        lastEffects.removeAll()
    }

    /// What a rule made of an input. Rules throw the rejection; the door puts the state back.
    enum Verdict {
        case changed(RoomReply?)
        case unchanged(RoomReply)
    }

    private mutating func handle(_ input: RoomInput, at now: RoomInstant) throws(Rejection) -> Verdict {
        if state.stage == .closed { throw Rejection(.roomClosed) }
        if case .opened(let code, let creator, let settings, let digest, let seed) = input {
            guard state.stage == .unopened else { throw Rejection(.wrongPhase) }
            return try open(
                code: code, creator: creator, settings: settings, passwordDigest: digest, seed: seed, at: now)
        }
        if state.stage == .unopened { throw Rejection(.roomNotFound) }
        switch input {
        case .opened: throw Rejection(.wrongPhase)
        case .join(let player, let nickname, let role, let digest):
            return try join(player: player, nickname: nickname, role: role, passwordDigest: digest)
        case .leave(let player): return try leave(player: player, at: now)
        case .kick(let host, let player): return try kick(by: host, player: player, at: now)
        case .transferHost(let host, let player): return try transferHost(by: host, to: player)
        case .lock(let host, let locked): return try lock(by: host, locked: locked)
        case .ready(let player, let ready): return try setReady(player: player, ready: ready)
        case .configure(let host, let settings, let digest):
            return try configure(by: host, settings: settings, passwordDigest: digest)
        case .presence(let player, let present): return try setPresence(player: player, present: present)
        case .start(let host, let game, let questions):
            return try start(by: host, game: game, questions: questions, at: now)
        case .answer(let player, let question, let choice, _, let ageMs):
            // `apply` takes its own way; `AnswerPathTests` holds the two against each other.
            let answer = Answer(player: player, question: question, choice: choice, ageMs: ageMs)
            switch try admit(answer, at: now) {
            case .recorded(let ack): return .unchanged(.answered(ack))
            case .new(let admitted):
                record(admitted, at: now)
                return .changed(.answered(admitted.ack))
            }
        case .pause(let host): return try pause(by: host, at: now)
        case .resume(let host): return try resume(by: host, at: now)
        case .skip(let host): return try skip(by: host, at: now)
        case .rematch(let host): return try rematch(by: host, at: now)
        case .close(let host): return try close(by: host)
        case .tick(let credits): return tick(credits: credits, at: now)
        case .clock: return .changed(nil)
        }
    }

    // MARK: What rules use

    /// Numbers the next game event and appends it to the input's effects.
    mutating func emit(_ event: (_ seq: Int) -> GameEvent) {
        state.seq += 1
        gameEffects.append(.game(event(state.seq)))
    }

    /// Appends an effect that comes after everything the room is told: a removal, a result, the closing.
    mutating func emitLast(_ effect: RoomEffect) { lastEffects.append(effect) }

    /// Where a member is in `state.members`.
    ///
    /// - Throws: `not_in_room`.
    func requireMember(_ player: PlayerID) throws(Rejection) -> Int {
        guard let position = state.position(of: player) else { throw Rejection(.notInRoom) }
        return position
    }

    /// - Throws: `not_in_room`; `not_host`.
    func requireHost(_ player: PlayerID) throws(Rejection) {
        _ = try requireMember(player)
        guard state.host == player else { throw Rejection(.notHost) }
    }

    // MARK: After each input

    /// What changed for single players and for the display of progress and presence. Comparing instead of remembering
    /// at each rule means that no rule can forget to tell.
    private func personalEffects(since before: RoomState) -> [RoomEffect] {
        var effects = changedSeats(since: before)
        if let progress = state.progress, progress != before.progress { effects.append(.progress(progress)) }
        let present = state.present
        if present != before.present { effects.append(.presence(PresencePayload(present: present))) }
        return effects
    }

    private func changedSeats(since before: RoomState) -> [RoomEffect] {
        var effects: [RoomEffect] = []
        let (standings, oldStandings) = (state.game?.standings ?? [], before.game?.standings ?? [])
        // What all seats show besides their own standing; most inputs leave it alone.
        let isSameFrame =
            state.stage.showsAnswer == before.stage.showsAnswer && state.host == before.host
            && state.game?.index == before.game?.index && standings.count == oldStandings.count
            && state.members.count == before.members.count
        for (hint, member) in state.members.enumerated() {
            // A full room answers fifty times a question: seats that obviously stayed are not built to be compared.
            if isSameFrame, before.members[hint] == member {
                if standings.isEmpty { continue }
                if standings.indices.contains(hint), standings[hint].player == member.player,
                    standings[hint] == oldStandings[hint]
                {
                    continue
                }
            }
            let seat = state.seat(of: member, hint: hint)
            let old = before.position(of: member.player, hint: hint).map { before.members[$0] }
            if old.map({ before.seat(of: $0, hint: hint) }) != seat { effects.append(.me(member.player, seat)) }
        }
        return effects
    }

    private mutating func trackAbsence(at now: RoomInstant) {
        let somebodyPresent = state.members.contains { $0.present }
        state.emptySince = somebodyPresent ? nil : state.emptySince ?? now
        let hostAway = state.members.contains { $0.player == state.host && !$0.present }
        state.hostAbsentSince = hostAway ? state.hostAbsentSince ?? now : nil
    }

    // MARK: Digest

    /// The first 8 bytes, big-endian, of the SHA-256 of the state in canonical form.
    ///
    /// It depends on the right answers and on answers given, so it must not leave the server before the game is over.
    package var digest: UInt64 {
        var writer = BinaryWriter(capacity: 16 << 10)
        state.write(to: &writer, form: .digest)
        return SHA256.hash(data: writer.bytes).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
