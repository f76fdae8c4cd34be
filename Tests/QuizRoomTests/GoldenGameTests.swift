import QuizModel
import QuizRoom
import QuizTestKit
import Testing

/// A game played once and kept as its journal: whoever changes what a journal folds to under rules 1, or how an input
/// is written, finds out here, and has to give the change a new number instead of new literals.
struct GoldenGameTests {
    @Test func `rules 1 fold the kept journal to the kept result`() throws {
        var machine = RoomStateMachine(room: TestRoom.id)
        var results: [String] = []
        for row in GoldenJournal.rows {
            let bytes = try #require(parsed(row))
            let (input, at) = try RoomInput.decode(bytes)
            #expect(input.encode(at: at) == bytes)
            guard case .applied(let step) = machine.apply(input, at: at) else {
                Issue.record("A journaled input was not applied: \(input)")
                continue
            }
            for case .finished(let result) in step.effects { results.append(hexadecimal(result.encode())) }
        }
        #expect(machine.phase == .podium)
        #expect(machine.stateView(at: machine.lastInstant).game?.over?.entries.map(\.score) == GoldenJournal.scores)
        #expect(results == [GoldenJournal.result])
        #expect(String(machine.digest, radix: 16) == GoldenJournal.digest)
    }

    /// How the kept journal was made; it shows that today's machine journals the same.
    @Test func `the kept game played again gives the kept journal`() {
        var room = TestRoom()
        room.join(TestRoom.display, as: .display)
        let questions = TestRoom.questions(6)
        room.start(questions)
        var generator = SeededGenerator(seed: 2_024)
        while room.machine.phase != .podium {
            room.tick(credits: [LatencyCredit(player: TestRoom.bob, milliseconds: 80)])
            guard room.machine.phase == .question else { continue }
            room.now = room.question.opensAt
            if room.index == 2 {
                room.send(.pause(by: TestRoom.host))
                room.wait(4_321)
                room.send(.resume(by: TestRoom.host))
                room.send(.leave(player: TestRoom.ann))
                room.join(TestRoom.ann)
            }
            for player in [TestRoom.host, TestRoom.ann, TestRoom.bob] where generator.chance(85) {
                room.wait(Int64.random(in: 0...6_000, using: &generator))
                let isRight = generator.chance(65)
                let question = questions[room.index]
                room.answer(player, isRight ? room.right(question) : room.wrong(question), ageMs: 5)
            }
        }
        #expect(room.journal.map(hexadecimal) == GoldenJournal.rows)
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    private func parsed(_ text: String) -> [UInt8]? {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.count, digits.count % 2 == 0 else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
