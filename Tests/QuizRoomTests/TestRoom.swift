import QuizModel
import QuizRoom

/// A room under test with its clock and its journal.
struct TestRoom {
    static let id = RoomID(value: 7)
    static let seed = RoomSeed(bytes: Array(0..<32))
    static let host = player(1)
    static let ann = player(2)
    static let bob = player(3)
    static let display = player(90)

    var machine = RoomStateMachine(room: TestRoom.id)
    var now = RoomInstant.zero
    /// Applied inputs, as they would be stored.
    private(set) var journal: [[UInt8]] = []
    private(set) var steps: [RoomStep] = []
    private(set) var digests: [UInt64] = []

    static func player(_ number: Int) -> PlayerID { PlayerID(value: UInt128(number)) }
    static func game(_ number: Int) -> GameID { GameID(value: UInt128(number) << 64) }

    static func nickname(_ player: PlayerID) -> Nickname { checked(Nickname("Player \(player.value)")) }
    static let code = checked(RoomCode("QVZ7234"))

    static func checked<Value>(_ value: Value?) -> Value {
        guard let value else { preconditionFailure("The test's own text is valid.") }
        return value
    }

    /// Questions with four choices (two for true and false); `right` picks the right answer of each.
    static func questions(_ count: Int, right: (Int) -> Int = { $0 % 4 }) -> [Question] {
        (0..<count).map { index in
            let kind: QuestionKind = index % 5 == 3 ? .multiple : index % 5 == 4 ? .boolean : .single
            let choices = kind == .boolean ? ["True", "False"] : ["A", "B", "C", "D"].map { "\($0)\(index)" }
            let first = right(index) % choices.count
            let correct = kind == .multiple ? [first, (first + 1) % 4].sorted() : [first]
            return Question(
                id: checked(QuestionID("q-\(index)")), kind: kind, category: checked(CategoryID("tests")),
                difficulty: .easy, prompt: "Question \(index)?", choices: choices, correct: correct,
                explanation: index % 2 == 0 ? "Because \(index)." : nil,
                source: index % 3 == 0 ? QuestionSource(title: "A book") : nil)
        }
    }

    /// A room in the lobby whose host and members have joined.
    init(
        settings: RoomSettings = RoomSettings(), password: [UInt8]? = nil, members: [PlayerID] = [host, ann, bob]
    ) {
        open(settings: settings, password: password)
        for player in members { join(player, password: password) }
    }

    /// A room that nobody opened yet.
    init(unopened: Void) {}

    // MARK: Inputs

    @discardableResult
    mutating func send(_ input: RoomInput, from origin: InputOrigin? = nil) -> RoomOutcome {
        let outcome = machine.apply(input, at: now, from: origin)
        if case .applied(let step) = outcome {
            journal.append(input.encode(at: now, from: origin))
            steps.append(step)
            digests.append(machine.digest)
        }
        return outcome
    }

    @discardableResult
    mutating func open(settings: RoomSettings = RoomSettings(), password: [UInt8]? = nil) -> RoomOutcome {
        send(
            .opened(
                code: Self.code, creator: Self.host, settings: settings, passwordDigest: password, seed: Self.seed))
    }

    @discardableResult
    mutating func join(
        _ player: PlayerID, as role: MemberRole = .player, password: [UInt8]? = nil, from origin: InputOrigin? = nil
    ) -> RoomOutcome {
        send(
            .join(player: player, nickname: Self.nickname(player), role: role, passwordDigest: password), from: origin)
    }

    @discardableResult
    mutating func answer(
        _ player: PlayerID, _ choice: [Int], question: Int? = nil, ageMs: Int = 0, from origin: InputOrigin? = nil
    ) -> RoomOutcome {
        send(
            .answer(
                player: player, question: question ?? index, choice: choice, id: Self.checked(ClientID("a")),
                ageMs: ageMs), from: origin)
    }

    @discardableResult
    mutating func start(_ questions: [Question] = questions(3), game: Int = 1) -> RoomOutcome {
        send(.start(by: Self.host, game: Self.game(game), questions: questions))
    }

    mutating func wait(_ milliseconds: Int64) { now = now + milliseconds }

    /// Lets time pass to the next deadline, plus a delay, and ticks there.
    @discardableResult
    mutating func tick(late: Int64 = 0, credits: [LatencyCredit] = []) -> RoomOutcome {
        now = max(now, machine.nextDeadline ?? now) + late
        return send(.tick(credits: credits))
    }

    /// Ticks until the room is in `phase`; a question is taken to its opening.
    mutating func advance(to phase: RoomPhase) {
        for _ in 0..<20 where machine.phase != phase { tick() }
        if phase == .question, let question = view.game?.question { now = max(now, question.opensAt) }
    }

    // MARK: What is seen

    var view: RoomStatePayload { machine.stateView(at: now) }
    var index: Int { view.game?.index ?? 0 }
    var question: QuestionPayload { Self.checked(view.game?.question) }
    var effects: [RoomEffect] { steps.last?.effects ?? [] }
    var events: [GameEvent] { Self.events(steps) }
    var reveal: RevealPayload { Self.checked(view.game?.reveal) }

    static func events(_ steps: [RoomStep]) -> [GameEvent] {
        steps.flatMap(\.effects).compactMap { effect in
            if case .game(let event) = effect { event } else { nil }
        }
    }

    func result(_ player: PlayerID) -> RevealResult {
        Self.checked(reveal.results.first { $0.player == player })
    }

    /// A right answer to `question`, as its choices are shown now.
    func right(_ question: Question) -> [Int] {
        let shown = self.question.choices
        return question.correct.map { Self.checked(shown.firstIndex(of: question.choices[$0])) }.sorted()
    }

    /// A wrong answer to a question of one right answer.
    func wrong(_ question: Question) -> [Int] { [right(question)[0] == 0 ? 1 : 0] }
}

extension RoomInput {
    /// For journals in which no input has an origin.
    static func decode(_ bytes: [UInt8]) throws -> (RoomInput, RoomInstant) {
        let (input, at, origin) = try decode(bytes)
        guard origin == nil else { throw RoomCodecError(.inconsistent, "an origin where there is none") }
        return (input, at)
    }
}

extension RoomOutcome {
    /// The verdict in a word, as the tables write it.
    var word: String {
        switch self {
        case .applied: "applied"
        case .unchanged: "unchanged"
        case .rejected(let rejection): rejection.code.rawValue
        }
    }

    var rejection: ErrorCode? {
        if case .rejected(let rejection) = self { rejection.code } else { nil }
    }

    var reply: RoomReply? {
        switch self {
        case .applied(let step): step.reply
        case .unchanged(let reply): reply
        case .rejected: nil
        }
    }

    var isApplied: Bool { if case .applied = self { true } else { false } }
    var isUnchanged: Bool { if case .unchanged = self { true } else { false } }
}
