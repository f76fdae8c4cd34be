import QuizModel
import QuizRoom
import Testing

struct GameTests {
    private let host = TestRoom.host
    private let ann = TestRoom.ann

    @Test func `a game runs by itself from countdown to podium`() {
        var room = TestRoom()
        room.start(TestRoom.questions(2))
        var phases: [RoomPhase] = [room.machine.phase]
        var instants: [Int64] = [room.now.milliseconds]
        while room.machine.phase != .podium {
            room.tick()
            phases.append(room.machine.phase)
            instants.append(room.now.milliseconds)
        }
        let question = [RoomPhase.question, .locked, .reveal]
        #expect(phases == [.countdown] + question + [.leaderboard] + question + [.podium])
        // Announced a second before the countdown's end, open for 20 s, and so on.
        #expect(instants == [0, 2_000, 23_000, 23_250, 29_250, 34_250, 55_250, 55_500, 61_500])
        #expect(room.events.map(\.seq) == Array(1...room.machine.seq))
        #expect(room.machine.nextDeadline == nil)
    }

    @Test func `the first question opens when the countdown said, or later when the timer was late`() {
        var room = TestRoom()
        room.start()
        let until = room.view.game?.until
        var late = room
        room.tick()
        #expect(room.question.opensAt == until)
        late.tick(late: 700)
        #expect(late.question.opensAt == late.now + RoomTiming.announcementMs)
        #expect(late.question.closesAt - late.question.opensAt == 20_000)
    }

    @Test func `led by hand a game waits for the host`() {
        var room = TestRoom(settings: RoomSettings(autoAdvance: false))
        room.start(TestRoom.questions(2))
        room.advance(to: .reveal)
        #expect(room.machine.nextDeadline == nil)
        #expect(room.view.game?.until == nil)
        #expect(room.send(.tick(credits: [])).isUnchanged)
        room.send(.skip(by: host))
        #expect(room.machine.phase == .leaderboard)
        #expect(!room.machine.wantsCredits)
        room.send(.skip(by: host))
        #expect(room.machine.phase == .leaderboard)
        #expect(room.machine.nextDeadline == room.now)
        #expect(room.machine.wantsCredits)
        #expect(room.send(.skip(by: host)).isUnchanged)
        room.send(.tick(credits: []))
        #expect(room.machine.phase == .question)
        #expect(room.index == 1)
        room.advance(to: .reveal)
        room.send(.skip(by: host))
        #expect(room.machine.phase == .podium)
    }

    @Test func `skipping the countdown opens the question a moment later`() {
        var room = TestRoom()
        room.start()
        room.wait(100)
        room.send(.skip(by: host))
        #expect(room.machine.nextDeadline == room.now)
        room.send(.tick(credits: []))
        #expect(room.question.opensAt == room.now + RoomTiming.announcementMs)
    }

    @Test func `credits are wanted exactly when a question is to be announced`() {
        var room = TestRoom()
        room.start(TestRoom.questions(2))
        var wanted: [RoomPhase] = []
        while room.machine.phase != .podium {
            if room.machine.wantsCredits { wanted.append(room.machine.phase) }
            room.tick()
        }
        #expect(wanted == [.countdown, .leaderboard])
    }

    @Test(arguments: [RoomPhase.countdown, .question, .locked, .reveal, .leaderboard])
    func `a pause keeps the time that remains`(phase: RoomPhase) {
        var room = TestRoom()
        room.start()
        room.advance(to: phase)
        room.wait(100)
        let due = room.machine.nextDeadline
        let question = room.view.game?.question
        room.send(.pause(by: host))
        #expect(room.machine.nextDeadline == nil)
        #expect(room.view.paused == .host)
        room.wait(12_345)
        #expect(room.send(.tick(credits: [])).isUnchanged)
        room.send(.resume(by: host))
        #expect(room.machine.nextDeadline == due.map { $0 + 12_345 })
        #expect(room.view.game?.question?.opensAt == question.map { $0.opensAt + 12_345 })
        #expect(room.view.game?.question?.closesAt == question.map { $0.closesAt + 12_345 })
        #expect(room.machine.phase == phase)
    }

    @Test func `the leaderboard shares ranks and tells the ones before`() {
        let questions = TestRoom.questions(2)
        var room = TestRoom(settings: RoomSettings(speedPoints: false))
        room.start(questions)
        room.advance(to: .question)
        room.answer(ann, room.right(questions[0]))
        room.answer(TestRoom.bob, room.right(questions[0]))
        room.advance(to: .leaderboard)
        let first = room.view.game?.leaderboard?.entries ?? []
        #expect(first.map(\.player) == [ann, TestRoom.bob, host])
        #expect(first.map(\.rank) == [1, 1, 3])
        #expect(first.map(\.previousRank) == [nil, nil, nil])
        room.advance(to: .question)
        room.answer(TestRoom.bob, room.right(questions[1]))
        room.advance(to: .podium)
        let last = room.view.game?.over?.entries ?? []
        #expect(last.map(\.player) == [TestRoom.bob, ann, host])
        #expect(last.map(\.rank) == [1, 2, 3])
        #expect(last.map(\.previousRank) == [1, 1, 3])
        #expect(last.map(\.right) == [2, 1, 0])
    }

    @Test func `a finished game gives one result, and a rematch another`() {
        var room = TestRoom()
        room.start(TestRoom.questions(1), game: 1)
        room.advance(to: .podium)
        room.send(.ready(player: ann, ready: true))
        room.send(.rematch(by: host))
        #expect(room.machine.phase == .lobby)
        #expect(room.view.game?.over?.game == TestRoom.game(1))
        #expect(room.machine.members.map(\.score) == [0, 0, 0])
        #expect(room.start(game: 1).rejection == .invalid)
        room.start(TestRoom.questions(1), game: 2)
        room.advance(to: .podium)
        let results = room.steps.flatMap(\.effects).compactMap { effect in
            if case .finished(let result) = effect { result.game } else { nil }
        }
        #expect(results == [TestRoom.game(1), TestRoom.game(2)])
    }

    @Test func `the order of choices comes from the seed and the game, not from the right answer`() {
        var orders: [[String]] = []
        for right in 0..<4 {
            var room = TestRoom()
            room.start(TestRoom.questions(1, right: { _ in right }))
            room.advance(to: .question)
            orders.append(room.question.choices)
        }
        #expect(Set(orders).count == 1)
        var places = [Int](repeating: 0, count: 4)
        for game in 1...400 {
            var room = TestRoom(members: [host])
            room.start(TestRoom.questions(1), game: game)
            room.tick()
            places[TestRoom.checked(room.question.choices.firstIndex(of: "A0"))] += 1
        }
        #expect(places.allSatisfy { (60...140).contains($0) }, "\(places)")
    }

    @Test func `true and false keep their places`() {
        for game in 1...10 {
            var room = TestRoom(members: [host])
            room.start([TestRoom.questions(5)[4]], game: game)
            room.tick()
            #expect(room.question.choices == ["True", "False"])
        }
    }

    @Test func `malformed questions are refused`() {
        let fine = TestRoom.questions(4)
        let faults: [(inout Question) -> Void] = [
            { $0.choices = ["Alone"] }, { $0.choices = Array(repeating: "x", count: 7) }, { $0.prompt = "" },
            { $0.choices[1] = "" }, { $0.correct = [] }, { $0.correct = [0, 1] }, { $0.correct = [-1] },
            { $0.kind = .multiple }, { $0.kind = .boolean }, { $0.id = fine[1].id },
            { $0.prompt = String(repeating: "x", count: Limits.gameContentBytesMax) },
        ]
        for (number, fault) in faults.enumerated() {
            var questions = fine
            fault(&questions[0])
            var room = TestRoom()
            #expect(room.start(questions).rejection == .invalid, "fault \(number)")
        }
        var room = TestRoom()
        #expect(room.start(TestRoom.questions(51)).rejection == .invalid)
        #expect(room.start(TestRoom.questions(50)).isApplied)
    }
}
