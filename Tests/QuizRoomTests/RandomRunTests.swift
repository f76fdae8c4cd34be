import QuizModel
import QuizRoom
import QuizTestKit
import Testing

/// Thousands of random inputs, held against what must hold after each of them.
struct RandomRunTests {
    @Test(arguments: [11, 12, 13, 14, 15, 16] as [UInt64])
    func `whatever happens, the room keeps its promises`(seed: UInt64) throws {
        var run = RandomRun(seed: seed)
        for _ in 0..<3_000 { try run.step() }
        try run.finish()
        #expect(run.coverage.count == RoomPhase.allCases.count - 1, "seed \(seed): \(run.coverage)")
        #expect(run.applied > 600 && run.refused > 600, "seed \(seed): \(run.applied), \(run.refused)")
        #expect(run.gamesFinished > 2, "seed \(seed): \(run.gamesFinished)")
        #expect(run.resent > 300, "seed \(seed): \(run.resent)")
    }
}

/// One seeded run and what it remembers to check against.
private struct RandomRun {
    private let seed: UInt64
    private var generator: SeededGenerator
    private var room: TestRoom
    private var client: ClientView
    private var seats: [PlayerID: SeatView] = [:]
    private var scores: [PlayerID: Int] = [:]
    private var recorded: [Int: [PlayerID: AnswerAck]] = [:]
    private var pause: (at: RoomInstant, left: Int64)?
    private var finished: [GameID] = []
    private var games = 0
    private var number = 0
    private(set) var coverage: Set<RoomPhase> = []
    /// What was sent with an origin: input, origin and, if it was applied, the reply.
    private var sent: [(input: RoomInput, origin: InputOrigin, reply: RoomReply?)] = []
    private var lastApplied: [UInt64: InputOrigin] = [:]
    private(set) var resent = 0
    private(set) var applied = 0
    private(set) var refused = 0
    var gamesFinished: Int { finished.count }

    init(seed: UInt64) {
        self.seed = seed
        generator = SeededGenerator(seed: seed)
        let settings = RoomSettings(answerWindowMs: 5_000, autoAdvance: seed % 3 != 0)
        room = TestRoom(settings: settings, members: [])
        client = ClientView(room.view)
    }

    private mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    // MARK: Inputs

    /// Somebody of a crowd larger than the room.
    private mutating func somebody() -> PlayerID { TestRoom.player(pick(1...(seed % 2 == 0 ? 12 : 70))) }

    private mutating func leader() -> PlayerID {
        generator.chance(85) ? room.machine.host ?? somebody() : somebody()
    }

    private mutating func nextInput() -> RoomInput {
        if let due = room.machine.nextDeadline, due <= room.now, generator.chance(70) {
            return .tick(credits: [LatencyCredit(player: somebody(), milliseconds: pick(0...200))])
        }
        let player = somebody()
        switch pick(0...100) {
        case 0..<18:
            return .join(
                player: player, nickname: TestRoom.nickname(player), role: generator.chance(10) ? .display : .player,
                passwordDigest: nil)
        case 18..<22: return .leave(player: player)
        case 22..<23: return .kick(by: leader(), player: TestRoom.player(pick(60...75)))
        case 23..<25: return .transferHost(by: leader(), to: player)
        case 25..<28: return .lock(by: leader(), locked: generator.chance(20))
        case 28..<32: return .ready(player: player, ready: generator.chance(50))
        case 32..<33:
            let settings = RoomSettings(
                title: "Round \(number)", answerWindowMs: 5_000, autoAdvance: generator.chance(60))
            return .configure(by: leader(), settings: settings, passwordDigest: nil)
        case 33..<43: return .presence(player: player, present: generator.chance(70))
        case 43..<49:
            games += 1
            return .start(
                by: leader(), game: TestRoom.game(games), questions: TestRoom.questions(pick(0...4)))
        case 49..<75:
            let question = room.index + (generator.chance(5) ? pick(-1...1) : 0)
            return .answer(
                player: player, question: question, choice: generator.chance(90) ? [pick(0...3)] : [0, pick(0...5)],
                id: TestRoom.checked(ClientID("a\(number)")), ageMs: generator.chance(80) ? 0 : pick(0...3_000))
        case 75..<78: return .pause(by: leader())
        case 78..<84: return .resume(by: leader())
        case 84..<88: return .skip(by: leader())
        case 88..<93: return .rematch(by: leader())
        case 93..<94: return .clock(ClockReason.allCases[pick(0...2)])
        default: return .tick(credits: [])
        }
    }

    mutating func step() throws {
        number += 1
        if generator.chance(70) { room.wait(Int64(pick(0...900))) }
        if generator.chance(1) { room.wait(Int64(pick(0...40_000))) }
        let input = nextInput()
        let snapshot = room.machine.encodeSnapshot()
        let digest = room.machine.digest
        let before = room.view
        let origin = nextOrigin(of: input)
        let outcome = room.send(input, from: origin)
        if let origin { note(outcome, of: input, from: origin) }
        switch outcome {
        case .applied(let step):
            applied += 1
            check(step, after: input, before: before)
            let after = room.view
            let progress = after.game?.progress.flatMap { $0 == before.game?.progress ? nil : RoomEffect.progress($0) }
            #expect(step.effects.filter { $0.place == 2 } == (progress.map { [$0] } ?? []), "\(context)")
            #expect(step.effects.contains { $0.place == 3 } == (after.present != before.present), "\(context)")
        case .unchanged, .rejected:
            refused += 1
            #expect(room.machine.encodeSnapshot() == snapshot, "\(context): \(input)")
            #expect(room.machine.digest == digest, "\(context): \(input)")
        }
        if case .answered(let ack) = outcome.reply, case .answer(let player, _, _, _, _) = input {
            check(ack, of: player)
        }
        checkState()
        resend()
        if number % 50 == 0 {
            // The run goes on with the copy: it must be the same room in every respect.
            let bytes = room.machine.encodeSnapshot()
            let copy = try RoomStateMachine(snapshot: bytes)
            #expect(copy.encodeSnapshot() == bytes, "\(context)")
            #expect(copy.digest == room.machine.digest, "\(context)")
            room.machine = copy
        }
    }

    // MARK: Repetitions

    /// Most commands come over a connection that counts them; a player has up to two, and numbers are left out.
    private mutating func nextOrigin(of input: RoomInput) -> InputOrigin? {
        guard let sender = input.sender, generator.chance(80) else { return nil }
        let session = UInt64(truncatingIfNeeded: sender.value) * 2 + UInt64(pick(0...1))
        return InputOrigin(session: session, number: UInt32(number))
    }

    private mutating func note(_ outcome: RoomOutcome, of input: RoomInput, from origin: InputOrigin) {
        var reply: RoomReply?
        if case .applied(let step) = outcome {
            reply = step.reply ?? .done
            lastApplied[origin.session] = origin
        }
        sent.append((input, origin, reply))
        if sent.count > 40 { sent.removeFirst() }
    }

    /// Sends something again that was sent lately. A new owner sees it so: the same input, much later.
    private mutating func resend() {
        guard generator.chance(30), let old = sent.randomElement(using: &generator),
            let last = lastApplied[old.origin.session], old.origin.number <= last.number
        else { return }
        resent += 1
        let (snapshot, digest) = (room.machine.encodeSnapshot(), room.machine.digest)
        let outcome = room.send(old.input, from: old.origin)
        #expect(!outcome.isApplied, "\(context): \(old.input) again")
        if old.origin == last { #expect(outcome == old.reply.map(RoomOutcome.unchanged), "\(context): \(old.input)") }
        #expect(room.machine.hasHeard(old.origin) != nil, "\(context)")
        #expect(room.machine.encodeSnapshot() == snapshot, "\(context): \(old.input) again")
        #expect(room.machine.digest == digest, "\(context): \(old.input) again")
    }

    /// Closes the room and folds its journal again.
    mutating func finish() throws {
        if let host = room.machine.host { room.send(.close(by: host)) }
        var replayed = RoomStateMachine(room: TestRoom.id)
        for (number, bytes) in room.journal.enumerated() {
            let (input, at, origin) = try RoomInput.decode(bytes)
            let outcome = replayed.apply(input, at: at, from: origin)
            #expect(outcome == .applied(room.steps[number]), "seed \(seed), input \(number)")
            #expect(replayed.digest == room.digests[number], "seed \(seed), input \(number)")
        }
        #expect(replayed.encodeSnapshot() == room.machine.encodeSnapshot())
    }

    private var context: String { "seed \(seed), step \(number), \(room.machine.phase)" }

    // MARK: What must hold

    private mutating func check(_ step: RoomStep, after input: RoomInput, before: RoomStatePayload) {
        let kinds = step.effects.map(\.place)
        #expect(kinds == kinds.sorted(), "\(context): effects out of order")
        let seqs = TestRoom.events([step]).map(\.seq)
        #expect(seqs == Array(before.seq + 1..<before.seq + 1 + seqs.count), "\(context)")
        for effect in step.effects {
            client.apply(effect)
            switch effect {
            case .me(let player, let seat):
                #expect(seats[player] != seat, "\(context): told of a seat that stayed as it was")
                seats[player] = seat
            case .removed(let player, _): seats[player] = nil
            case .finished(let result):
                #expect(!finished.contains(result.game), "\(context)")
                #expect((try? GameResult.decode(result.encode())) == result, "\(context)")
                finished.append(result.game)
            case .game(let event): check(event, before: before)
            case .progress, .presence, .closed: break
            }
        }
    }

    private mutating func check(_ event: GameEvent, before: RoomStatePayload) {
        switch event {
        case .countdown:
            scores = [:]
            recorded = [:]
        case .reveal(let reveal):
            for result in reveal.results {
                let points = result.accuracyPoints + result.speedPoints + result.streakPoints
                #expect((0...Limits.pointsPerAnswerMax).contains(points), "\(context)")
                #expect(result.correct == (result.accuracyPoints > 0), "\(context)")
                scores[result.player, default: 0] += points
                #expect(result.score == scores[result.player], "\(context)")
                let answered = recorded[reveal.index]?[result.player]?.choice ?? []
                #expect(result.choice == answered, "\(context)")
            }
        case .lobby: scores = [:]
        case .left(let payload) where payload.reason == .kicked:
            scores[payload.player] = nil
        case .locked(let payload):
            // Without a reason to lock early the published close is the earliest.
            if let question = before.game?.question, payload.at < question.closesAt {
                #expect(room.machine.phase == .locked, "\(context)")
            }
        case .paused(let payload):
            pause = (payload.at, (before.game?.until ?? payload.at) - payload.at)
        case .resumed(let payload):
            if let pause, let until = payload.until { #expect(until - payload.at >= pause.left, "\(context)") }
            pause = nil
        default: break
        }
    }

    private mutating func check(_ ack: AnswerAck, of player: PlayerID) {
        if let first = recorded[ack.question]?[player] {
            #expect(ack == first, "\(context): the recorded answer changed")
        } else {
            recorded[ack.question, default: [:]][player] = ack
        }
    }

    private mutating func checkState() {
        let view = room.view
        coverage.insert(view.phase)
        #expect(view.members.count { $0.role == .player } <= Limits.playersPerRoomMax, "\(context)")
        #expect(view.members.count { $0.role == .display } <= Limits.displaysPerRoomMax, "\(context)")
        #expect(view.members.count(where: \.host) == (view.members.isEmpty ? 0 : 1), "\(context)")
        #expect(view.members.first(where: \.host)?.player == view.host, "\(context)")
        for member in view.members {
            #expect(seats[member.player] == room.machine.seat(of: member.player), "\(context)")
            #expect(member.score == scores[member.player] ?? 0, "\(context)")
        }
        #expect(seats.count == view.members.count, "\(context)")
        var seen = client.state
        seen.at = view.at
        let agrees = seen == view
        #expect(agrees, "\(context): events and state differ")
        if room.machine.phase == .question || room.machine.phase == .locked {
            #expect(view.game?.reveal == nil, "\(context)")
        }
    }
}

extension RoomInput {
    /// Whose command it is; nil: nobody's.
    fileprivate var sender: PlayerID? {
        switch self {
        case .opened, .presence, .tick, .clock: nil
        case .join(let player, _, _, _), .leave(let player), .ready(let player, _): player
        case .kick(let host, _), .transferHost(let host, _), .lock(let host, _), .configure(let host, _, _): host
        case .start(let host, _, _): host
        case .answer(let player, _, _, _, _): player
        case .pause(let host), .resume(let host), .skip(let host), .rematch(let host), .close(let host): host
        }
    }
}

extension RoomEffect {
    /// Its place in the order that effects of one input keep.
    fileprivate var place: Int {
        switch self {
        case .game: 0
        case .me: 1
        case .progress: 2
        case .presence: 3
        case .removed: 4
        case .finished: 5
        case .closed: 6
        }
    }
}
