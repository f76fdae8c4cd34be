import QuizModel
import QuizTestKit
import Testing

@testable import QuizRoom

/// Answers have a way of their own through the machine. It comes to the same as the way of all other inputs.
struct AnswerPathTests {
    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func `an answer does what it would do as any other input`(seed: UInt64) throws {
        var run = Run(seed: seed)
        for _ in 0..<3_000 { run.step() }
        #expect(run.applied > 100 && run.locks > 20, "seed \(seed): \(run.applied), \(run.locks)")
        #expect(run.unchanged > 50 && run.rejected.count >= 4, "seed \(seed): \(run.unchanged), \(run.rejected)")
    }

    /// A small room, so that often all have answered.
    private struct Run {
        private var generator: SeededGenerator
        private var room: TestRoom
        private let seed: UInt64
        private var games = 0
        private var number: UInt32 = 0
        private(set) var applied = 0
        private(set) var locks = 0
        private(set) var unchanged = 0
        private(set) var rejected: Set<ErrorCode> = []

        init(seed: UInt64) {
            self.seed = seed
            generator = SeededGenerator(seed: seed)
            room = Self.room(seed: seed)
        }

        private static func room(seed: UInt64) -> TestRoom {
            let settings = RoomSettings(answerWindowMs: 5_000)
            var room = TestRoom(settings: settings, members: (1...Int(seed % 4) + 1).map(TestRoom.player))
            room.join(TestRoom.display, as: .display)
            return room
        }

        private mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

        /// A player, sometimes the display or somebody who is not there.
        private mutating func somebody() -> PlayerID {
            generator.chance(5) ? TestRoom.display : TestRoom.player(pick(1...5))
        }

        mutating func step() {
            number += 1
            // Everybody was away for too long.
            if room.machine.phase == .closed { room = Self.room(seed: seed) }
            let isBetweenGames = room.machine.phase == .lobby || room.machine.phase == .podium
            if isBetweenGames, generator.chance(60) { play() }
            if generator.chance(15) { room.wait(Int64(pick(0...1_500))) }
            if let due = room.machine.nextDeadline,
                due <= room.now || room.machine.phase != .question && generator.chance(40)
            {
                room.tick()
                // Mostly they wait for the opening.
                if let question = room.view.game?.question, generator.chance(80) {
                    room.now = max(room.now, question.opensAt)
                }
            }
            switch pick(0...99) {
            case 0..<60: answer()
            case 60..<70: room.send(.presence(player: somebody(), present: generator.chance(80)))
            case 70..<72: room.send(.pause(by: room.machine.host ?? TestRoom.host))
            case 72..<82: room.send(.resume(by: room.machine.host ?? TestRoom.host))
            case 82..<85: room.send(.leave(player: TestRoom.player(pick(2...5))))
            case 85..<90: room.join(TestRoom.player(pick(1...5)))
            case 90..<93: room.send(.skip(by: room.machine.host ?? TestRoom.host))
            case 93..<95: play()
            default: answer()
            }
        }

        private mutating func play() {
            games += 1
            let host = room.machine.host ?? TestRoom.host
            room.send(.rematch(by: host))
            room.send(.start(by: host, game: TestRoom.game(games), questions: TestRoom.questions(pick(1...4))))
        }

        private mutating func answer() {
            let player = somebody()
            let question = room.index + (generator.chance(10) ? pick(-1...1) : 0)
            let choice = generator.chance(90) ? [pick(0...3)] : [0, pick(0...5)]
            let ageMs = generator.chance(70) ? 0 : pick(0...3_000)
            let input = RoomInput.answer(
                player: player, question: question, choice: choice, id: TestRoom.checked(ClientID("a")), ageMs: ageMs)
            let origin =
                generator.chance(50)
                ? InputOrigin(session: UInt64(truncatingIfNeeded: player.value), number: number) : nil
            var other = room.machine
            let now = max(room.now, other.state.lastInstant)
            let expected = other.applyByComparing(input, at: now, from: origin)
            let outcome = room.send(input, from: origin)
            #expect(outcome == expected, "seed \(seed), \(number): \(input)")
            #expect(other.encodeSnapshot() == room.machine.encodeSnapshot(), "seed \(seed), \(number): \(input)")
            switch outcome {
            case .applied(let step):
                applied += 1
                if case .game(.locked)? = step.effects.first { locks += 1 }
            case .unchanged: unchanged += 1
            case .rejected(let rejection): rejected.insert(rejection.code)
            }
        }
    }
}
