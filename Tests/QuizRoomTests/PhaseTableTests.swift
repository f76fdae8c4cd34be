import QuizModel
import QuizRoom
import Testing

/// Every pair of phase and input, against a table written by hand.
struct PhaseTableTests {
    private static let table = """
        input         unopened  lobby    countdown  question  paused   locked   reveal   board    podium   closed
        opened        +         phase    phase      phase     phase    phase    phase    phase    phase    gone
        join-new      none      +        +          +         +        +        +        +        +        gone
        join-again    none      =        =          =         =        =        =        =        =        gone
        leave         none      +        +          +         +        +        +        +        +        gone
        leave-absent  none      out      out        out       out      out      out      out      out      gone
        kick          none      +        +          +         +        +        +        +        +        gone
        kick-self     none      invalid  invalid    invalid   invalid  invalid  invalid  invalid  invalid  gone
        kick-unknown  none      who      who        who       who      who      who      who      who      gone
        transfer      none      +        +          +         +        +        +        +        +        gone
        transfer-self none      =        =          =         =        =        =        =        =        gone
        lock          none      +        +          +         +        +        +        +        +        gone
        unlock        none      =        =          =         =        =        =        =        =        gone
        ready         none      +        phase      phase     phase    phase    phase    phase    phase    gone
        unready       none      =        phase      phase     phase    phase    phase    phase    phase    gone
        configure     none      +        phase      phase     phase    phase    phase    phase    phase    gone
        configure-bad none      invalid  phase      phase     phase    phase    phase    phase    phase    gone
        present       none      =        =          =         =        =        =        =        =        gone
        absent        none      +        +          +         +        +        +        +        +        gone
        start         none      +        phase      phase     phase    phase    phase    phase    phase    gone
        start-empty   none      empty    phase      phase     phase    phase    phase    phase    phase    gone
        start-bad     none      invalid  phase      phase     phase    phase    phase    phase    phase    gone
        answer        none      phase    phase      +         phase    +        late     late     late     gone
        answer-again  none      phase    phase      =         =        =        =        =        =        gone
        answer-next   none      phase    phase      phase     phase    phase    phase    phase    invalid  gone
        answer-bad    none      phase    phase      choice    phase    choice   late     late     late     gone
        answer-screen none      screen   screen     screen    screen   screen   screen   screen   screen   gone
        pause         none      phase    +          +         =        +        +        +        phase    gone
        resume        none      phase    =          =         +        =        =        =        phase    gone
        skip          none      phase    +          +         phase    phase    +        +        phase    gone
        rematch       none      phase    phase      phase     phase    phase    phase    phase    +        gone
        close         none      +        +          +         +        +        +        +        +        gone
        tick-early    none      =        =          +         =        =        =        =        =        gone
        tick-due      none      =        +          +         =        +        +        +        =        gone
        clock         none      +        +          +         +        +        +        +        +        gone
        """

    private static let words = [
        "+": "applied", "=": "unchanged", "phase": "wrong_phase", "none": "room_not_found", "gone": "room_closed",
        "out": "not_in_room", "who": "player_not_found", "invalid": "invalid_request", "empty": "no_questions",
        "late": "question_closed", "choice": "choice_unknown", "screen": "displays_cannot_answer",
    ]

    /// A room in the state a column is about. Ann has answered the current question, Bob has not.
    private static func room(_ column: String) -> TestRoom {
        var room = TestRoom(unopened: ())
        if column == "unopened" { return room }
        room = TestRoom()
        room.join(TestRoom.display, as: .display)
        if column == "lobby" { return room }
        if column == "closed" {
            room.send(.close(by: TestRoom.host))
            return room
        }
        room.start(TestRoom.questions(column == "podium" ? 1 : 2))
        if column == "countdown" { return room }
        room.advance(to: .question)
        room.answer(TestRoom.ann, [0])
        switch column {
        case "question": break
        case "paused": room.send(.pause(by: TestRoom.host))
        case "locked": room.advance(to: .locked)
        case "reveal": room.advance(to: .reveal)
        case "board": room.advance(to: .leaderboard)
        default: room.advance(to: .podium)
        }
        return room
    }

    private static func input(_ row: String) -> RoomInput {
        let (host, ann, bob) = (TestRoom.host, TestRoom.ann, TestRoom.bob)
        let stranger = TestRoom.player(50)
        func answer(_ player: PlayerID, _ question: Int, _ choice: [Int]) -> RoomInput {
            // Read long ago: still in time when the question has just been locked.
            .answer(
                player: player, question: question, choice: choice, id: TestRoom.checked(ClientID("again")), ageMs: 10)
        }
        switch row {
        case "opened":
            return .opened(
                code: TestRoom.code, creator: host, settings: RoomSettings(), passwordDigest: nil, seed: TestRoom.seed)
        case "join-new":
            return .join(
                player: stranger, nickname: TestRoom.nickname(stranger), role: .player, passwordDigest: nil)
        case "join-again":
            return .join(player: bob, nickname: TestRoom.nickname(ann), role: .display, passwordDigest: nil)
        case "leave": return .leave(player: bob)
        case "leave-absent": return .leave(player: stranger)
        case "kick": return .kick(by: host, player: bob)
        case "kick-self": return .kick(by: host, player: host)
        case "kick-unknown": return .kick(by: host, player: stranger)
        case "transfer": return .transferHost(by: host, to: ann)
        case "transfer-self": return .transferHost(by: host, to: host)
        case "lock": return .lock(by: host, locked: true)
        case "unlock": return .lock(by: host, locked: false)
        case "ready": return .ready(player: ann, ready: true)
        case "unready": return .ready(player: ann, ready: false)
        case "configure":
            return .configure(by: host, settings: RoomSettings(title: "Other"), passwordDigest: nil)
        case "configure-bad":
            return .configure(by: host, settings: RoomSettings(questionCount: 0), passwordDigest: nil)
        case "present": return .presence(player: ann, present: true)
        case "absent": return .presence(player: ann, present: false)
        case "start": return .start(by: host, game: TestRoom.game(9), questions: TestRoom.questions(2))
        case "start-empty": return .start(by: host, game: TestRoom.game(9), questions: [])
        case "start-bad": return .start(by: host, game: TestRoom.game(9), questions: [malformed])
        case "answer": return answer(bob, 0, [1])
        case "answer-again": return answer(ann, 0, [2])
        case "answer-next": return answer(bob, 1, [1])
        case "answer-bad": return answer(bob, 0, [4])
        case "answer-screen": return answer(TestRoom.display, 0, [0])
        case "pause": return .pause(by: host)
        case "resume": return .resume(by: host)
        case "skip": return .skip(by: host)
        case "rematch": return .rematch(by: host)
        case "close": return .close(by: host)
        case "tick-early", "tick-due": return .tick(credits: [])
        default: return .clock(.activation)
        }
    }

    private static var malformed: Question {
        var question = TestRoom.questions(1)[0]
        question.correct = [4]
        return question
    }

    private static var cells: [(row: String, column: String, expected: String)] {
        let lines = table.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        return lines.dropFirst().flatMap { line in
            zip(lines[0].dropFirst(), line.dropFirst()).map { (line[0], $0, $1) }
        }
    }

    @Test func `every phase answers every input as the table says`() {
        var wrong: [String] = []
        for cell in Self.cells {
            var room = Self.room(cell.column)
            // An empty room's deadline is ten minutes off: only the game's own deadlines are waited for here.
            if cell.row == "tick-due" { room.now = max(room.now, room.machine.nextDeadline ?? room.now) }
            let before = room.machine.encodeSnapshot()
            let digest = room.machine.digest
            let outcome = room.send(Self.input(cell.row))
            if outcome.word != Self.words[cell.expected] {
                wrong.append("\(cell.row) in \(cell.column): \(outcome.word), not \(cell.expected)")
            }
            let isSame = room.machine.encodeSnapshot() == before && room.machine.digest == digest
            // A clock at the instant the room already has is journaled though nothing changes.
            let mayStay = outcome.isApplied && ["clock", "tick-early"].contains(cell.row)
            if isSame == outcome.isApplied && !mayStay {
                wrong.append("\(cell.row) in \(cell.column): state \(isSame ? "kept" : "changed")")
            }
        }
        #expect(wrong == [])
        #expect(Self.cells.count == 34 * 10)
    }

    private static let hostInputs = [
        "kick", "transfer", "lock", "configure", "start", "pause", "resume", "skip", "rematch", "close",
    ]

    @Test(arguments: ["lobby", "countdown", "question", "paused", "locked", "reveal", "board", "podium"])
    func `only the host leads, whatever the phase`(column: String) {
        for row in Self.hostInputs {
            for (sender, code) in [(TestRoom.ann, ErrorCode.notHost), (TestRoom.player(50), .notInRoom)] {
                var room = Self.room(column)
                let before = room.machine.encodeSnapshot()
                #expect(room.send(Self.input(row).sent(by: sender)).rejection == code, "\(row) in \(column)")
                #expect(room.machine.encodeSnapshot() == before)
            }
        }
    }
}

extension RoomInput {
    /// The same command from somebody else.
    fileprivate func sent(by sender: PlayerID) -> RoomInput {
        switch self {
        case .kick(_, let player): .kick(by: sender, player: player)
        case .transferHost(_, let player): .transferHost(by: sender, to: player)
        case .lock(_, let locked): .lock(by: sender, locked: locked)
        case .configure(_, let settings, let digest): .configure(by: sender, settings: settings, passwordDigest: digest)
        case .start(_, let game, let questions): .start(by: sender, game: game, questions: questions)
        case .pause: .pause(by: sender)
        case .resume: .resume(by: sender)
        case .skip: .skip(by: sender)
        case .rematch: .rematch(by: sender)
        case .close: .close(by: sender)
        default: self
        }
    }
}
