import QuizModel
import QuizRoom
import QuizTestKit
import Testing

/// P8: nothing before a reveal depends on the right answer.
struct SecrecyTests {
    private static let count = 6

    /// Everything that leaves the machine, in order; cut before the reveal of `question`.
    private func transcript(right: @escaping (Int) -> Int, until question: Int) -> (before: [String], after: [String]) {
        var room = TestRoom()
        room.join(TestRoom.display, as: .display)
        var lines: [String] = []
        var revealedAt: Int?
        var generator = SeededGenerator(seed: 99)
        func note(_ outcome: RoomOutcome) {
            if revealedAt == nil, case .applied(let step) = outcome, reveals(question, in: step) {
                revealedAt = lines.count
            }
            let seats = (0...9).map { room.machine.seat(of: TestRoom.player($0)) }
            let deadline = String(describing: room.machine.nextDeadline)
            let plan = "\(room.machine.summary()) \(deadline) \(room.machine.wantsCredits)"
            lines.append("\(outcome) \(room.view) \(seats) \(plan)")
        }
        note(room.start(TestRoom.questions(Self.count, right: right)))
        while room.machine.phase != .podium {
            note(room.tick(credits: [LatencyCredit(player: TestRoom.ann, milliseconds: 30)]))
            guard room.machine.phase == .question else { continue }
            room.now = room.question.opensAt
            for player in [TestRoom.ann, TestRoom.bob, TestRoom.host] {
                room.wait(Int64.random(in: 0...1_500, using: &generator))
                let choice = [Int.random(in: 0...1, using: &generator)]
                note(room.answer(player, choice))
                note(room.answer(player, [0]))
                note(room.answer(player, [5]))
                if player == TestRoom.ann { note(room.send(.leave(player: player))) }
                if player == TestRoom.bob { note(room.join(TestRoom.ann)) }
            }
        }
        let cut = TestRoom.checked(revealedAt)
        return (Array(lines[..<cut]), Array(lines[cut...]))
    }

    private func reveals(_ question: Int, in step: RoomStep) -> Bool {
        TestRoom.events([step]).contains { event in
            if case .reveal(let reveal) = event { reveal.index == question } else { false }
        }
    }

    @Test(arguments: 0..<count) func `another right answer changes nothing before its reveal`(question: Int) {
        let usual = transcript(right: { $0 % 4 }, until: question)
        let other = transcript(right: { $0 == question ? $0 + 1 : $0 % 4 }, until: question)
        #expect(usual.before == other.before)
        #expect(usual.before.count > question * 10)
        #expect(usual.after != other.after)
    }

    @Test func `the seed shows in no description`() {
        #expect("\(TestRoom.seed)" == "RoomSeed(hidden)")
        #expect(String(reflecting: TestRoom.seed) == "RoomSeed(hidden)")
    }
}
