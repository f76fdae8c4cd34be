import QuizModel
import QuizRoom
import Testing

struct AnsweringTests {
    private let host = TestRoom.host
    private let ann = TestRoom.ann
    private let bob = TestRoom.bob

    private func openRoom(_ questions: [Question] = TestRoom.questions(3), credits: [LatencyCredit] = []) -> TestRoom {
        var room = TestRoom()
        room.start(questions)
        room.tick(credits: credits)
        room.now = room.question.opensAt
        return room
    }

    @Test func `an answer is acknowledged, shown to its player and counted for the others`() {
        var room = openRoom()
        room.wait(1_234)
        let outcome = room.answer(ann, [2])
        #expect(outcome.reply == .answered(AnswerAck(question: 0, choice: [2], at: room.now)))
        let seat = SeatView(
            code: TestRoom.code, role: .player, ready: false, host: false, score: 0, streak: 0,
            answer: GivenAnswer(question: 0, choice: [2], at: room.now))
        #expect(room.effects == [.me(ann, seat), .progress(ProgressPayload(index: 0, answered: 1, of: 3))])
    }

    @Test func `an answer sent again, or another one, gives the first one back, also later in the game`() {
        var room = openRoom()
        room.answer(ann, [2])
        let recorded = RoomOutcome.unchanged(.answered(AnswerAck(question: 0, choice: [2], at: room.now)))
        room.wait(500)
        #expect(room.answer(ann, [2]) == recorded)
        #expect(room.answer(ann, [0]) == recorded)
        #expect(room.answer(ann, [9, 9]) == recorded)
        room.send(.pause(by: host))
        #expect(room.answer(ann, [0]) == recorded)
        room.send(.resume(by: host))
        for phase in [RoomPhase.locked, .reveal, .leaderboard, .question, .reveal, .leaderboard, .question, .podium] {
            room.advance(to: phase)
            #expect(room.answer(ann, [1], question: 0) == recorded)
        }
    }

    @Test(arguments: [[], [4], [-1], [0, 0], [0, 1]])
    func `a choice that is none is refused`(choice: [Int]) {
        var room = openRoom()
        #expect(room.answer(ann, choice).rejection == .choiceUnknown)
    }

    @Test func `several choices are taken in any order where several may be right`() {
        let questions = [TestRoom.questions(4)[3]]
        var room = openRoom(questions)
        let right = room.right(questions[0])
        let ack = AnswerAck(question: 0, choice: right, at: room.now)
        #expect(room.answer(ann, right.reversed()).reply == .answered(ack))
        #expect(room.answer(bob, [right[0]]).isApplied)
        room.advance(to: .reveal)
        #expect(room.result(ann).correct)
        #expect(!room.result(bob).correct)
        #expect(room.result(bob).accuracyPoints == 0)
    }

    @Test func `nobody answers before the question opens`() {
        var room = openRoom()
        room.now = room.question.opensAt - 1
        #expect(room.answer(ann, [0]).rejection == .wrongPhase)
        room.wait(1)
        #expect(room.answer(ann, [0]).isApplied)
    }

    @Test func `an answer counts by when it was read, however late it is handled`() {
        var room = openRoom()
        let closesAt = room.question.closesAt
        room.now = closesAt + 5_000
        #expect(room.answer(ann, [0], ageMs: 4_999).rejection == .questionClosed)
        #expect(room.answer(ann, [0], ageMs: 5_000).isApplied)
        room.send(.tick(credits: []))
        #expect(room.machine.phase == .locked)
        room.wait(100)
        #expect(room.answer(bob, [0], ageMs: 5_099).rejection == .questionClosed)
        #expect(room.answer(bob, [0], ageMs: 5_100).isApplied)
        room.tick()
        #expect(room.answer(host, [0], ageMs: 60_000).rejection == .questionClosed)
    }

    @Test func `after the host closed a question only answers read before count`() {
        var room = openRoom()
        room.wait(2_000)
        room.send(.skip(by: host))
        room.wait(200)
        #expect(room.answer(ann, [0], ageMs: 199).rejection == .questionClosed)
        #expect(room.answer(ann, [0], ageMs: 200).isApplied)
    }

    @Test func `the question is locked at once when all who are there have answered`() {
        var room = openRoom()
        room.send(.presence(player: bob, present: false))
        room.answer(host, [0])
        #expect(room.machine.phase == .question)
        room.answer(ann, [0])
        #expect(room.machine.phase == .locked)
        #expect(room.events.last == .locked(LockedPayload(seq: room.machine.seq, index: 0, at: room.now)))
    }

    @Test func `losing a connection locks nothing, leaving does`() {
        var room = openRoom()
        room.answer(host, [0])
        room.answer(ann, [0])
        room.send(.presence(player: bob, present: false))
        #expect(room.machine.phase == .question)
        room.send(.presence(player: bob, present: true))
        room.send(.leave(player: bob))
        #expect(room.machine.phase == .locked)
    }

    @Test func `who leaves during a pause is not waited for after it`() {
        var room = openRoom()
        room.answer(host, [0])
        room.answer(ann, [0])
        room.send(.pause(by: host))
        room.send(.leave(player: bob))
        #expect(room.machine.phase == .question)
        room.send(.resume(by: host))
        #expect(room.machine.phase == .locked)
    }

    @Test func `points are speed by the credited time and accuracy, kept apart`() {
        let questions = TestRoom.questions(1)
        var room = openRoom(questions, credits: [LatencyCredit(player: ann, milliseconds: 100)])
        room.wait(5_100)
        room.answer(ann, room.right(questions[0]))
        room.answer(bob, room.right(questions[0]), ageMs: 100)
        room.answer(host, room.wrong(questions[0]))
        room.advance(to: .reveal)
        for player in [ann, bob] {
            let result = room.result(player)
            #expect(result.accuracyPoints == Limits.accuracyPoints)
            #expect(result.speedPoints == 300)
            #expect(result.score == 900)
        }
        #expect(room.result(host).score == 0)
        #expect(room.reveal.counts.reduce(0, +) == 3)
        #expect(room.reveal.correct == room.right(questions[0]))
    }

    @Test func `no credit goes beyond the limit`() {
        let questions = TestRoom.questions(1)
        var room = openRoom(questions, credits: [LatencyCredit(player: ann, milliseconds: 9_999)])
        room.wait(Int64(5_000 + Limits.latencyCreditMaxMs))
        room.answer(ann, room.right(questions[0]))
        room.advance(to: .reveal)
        #expect(room.result(ann).speedPoints == 300)
    }

    @Test func `a streak grows with right answers and ends with a wrong or missing one`() {
        var questions = TestRoom.questions(12).filter { $0.kind == .single }
        questions = Array(questions.prefix(5))
        var room = openRoom(questions)
        var streaks: [Int] = []
        var bonus: [Int] = []
        for (index, question) in questions.enumerated() {
            if index != 3 { room.answer(ann, room.right(question)) }
            room.advance(to: .reveal)
            streaks.append(room.result(ann).streak)
            bonus.append(room.result(ann).streakPoints)
            #expect(room.machine.seat(of: ann)?.streak == streaks.last)
            if index < 4 { room.advance(to: .question) }
        }
        #expect(streaks == [1, 2, 3, 0, 1])
        #expect(bonus == [0, 25, 50, 0, 0])
    }

    @Test func `a pause between opening and answer costs no points`() {
        let questions = TestRoom.questions(1)
        var room = openRoom(questions)
        room.wait(2_000)
        room.answer(bob, room.right(questions[0]))
        room.send(.pause(by: host))
        room.wait(60_000)
        #expect(room.answer(ann, [0]).rejection == .wrongPhase)
        room.send(.resume(by: host))
        room.answer(ann, room.right(questions[0]))
        room.advance(to: .reveal)
        #expect(room.result(ann).speedPoints == 360)
        #expect(room.result(bob).speedPoints == 360)
    }
}
