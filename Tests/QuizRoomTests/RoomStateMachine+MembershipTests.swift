import QuizModel
import QuizRoom
import Testing

struct MembershipTests {
    private let host = TestRoom.host
    private let ann = TestRoom.ann
    private let bob = TestRoom.bob

    @Test func `the first to join becomes host and everybody is told in order`() {
        var room = TestRoom(members: [])
        #expect(room.machine.host == nil)
        room.wait(50)
        let outcome = room.join(ann)
        #expect(outcome.reply == .joined(RoomJoinedAck(code: TestRoom.code, player: ann, seq: 2)))
        let member = MemberView(
            player: ann, nickname: TestRoom.nickname(ann), role: .player, ready: false, host: true, score: 0)
        let seat = SeatView(
            code: TestRoom.code, role: .player, ready: false, host: true, score: 0, streak: 0, answer: nil)
        #expect(
            room.effects == [
                .game(.member(MemberPayload(seq: 1, member: member))),
                .game(.changed(RoomChangedPayload(seq: 2, settings: RoomSettings(), locked: false, host: ann))),
                .me(ann, seat),
                .presence(PresencePayload(present: [ann])),
            ])
    }

    @Test func `the creator takes the host's role at their first coming, in the lobby only`() {
        var room = TestRoom(members: [ann, host])
        #expect(room.machine.host == host)
        #expect(room.machine.members.filter(\.host).map(\.player) == [host])
        room.send(.transferHost(by: host, to: ann))
        room.send(.leave(player: host))
        room.join(host)
        #expect(room.machine.host == ann)

        var running = TestRoom(members: [ann])
        running.send(.start(by: ann, game: TestRoom.game(1), questions: TestRoom.questions(1)))
        running.join(host)
        #expect(running.machine.host == ann)
    }

    @Test func `joining again gives the same seat and changes nothing`() {
        var room = TestRoom()
        let outcome = room.join(ann, as: .display)
        #expect(outcome == .unchanged(.joined(RoomJoinedAck(code: TestRoom.code, player: ann, seq: room.machine.seq))))
        #expect(room.machine.seat(of: ann)?.role == .player)
    }

    @Test func `joining again after an absence counts as being back`() {
        var room = TestRoom()
        room.send(.presence(player: ann, present: false))
        #expect(room.join(ann).isApplied)
        #expect(room.effects == [.presence(PresencePayload(present: [host, ann, bob]))])
    }

    @Test func `a room seats its limits and refuses the next, player or display`() {
        var room = TestRoom(members: [])
        for number in 1...Limits.playersPerRoomMax { #expect(room.join(TestRoom.player(number)).isApplied) }
        #expect(room.join(TestRoom.player(60)).rejection == .roomFull)
        for number in 61...60 + Limits.displaysPerRoomMax {
            #expect(room.join(TestRoom.player(number), as: .display).isApplied)
        }
        #expect(room.join(TestRoom.player(80), as: .display).rejection == .roomFull)
        #expect(room.machine.summary().players == Limits.playersPerRoomMax)
    }

    @Test func `a private room asks everybody new for its password`() {
        let digest: [UInt8] = [1, 2, 3]
        var room = TestRoom(settings: RoomSettings(visibility: .private), password: digest, members: [host])
        #expect(room.join(ann).rejection == .wrongPassword)
        #expect(room.join(ann, password: [1, 2, 4]).rejection == .wrongPassword)
        #expect(room.join(ann, password: [1, 2]).rejection == .wrongPassword)
        #expect(room.join(host).isUnchanged)
        room.send(.lock(by: host, locked: true))
        #expect(room.join(ann).rejection == .wrongPassword)
        #expect(room.join(ann, password: digest).rejection == .roomLocked)
        room.send(.lock(by: host, locked: false))
        #expect(room.join(ann, password: digest).isApplied)
        #expect(room.machine.summary().password)
    }

    @Test func `a password belongs to private rooms, and only to them`() {
        var room = TestRoom(unopened: ())
        #expect(room.open(settings: RoomSettings(visibility: .private)).rejection == .invalid)
        #expect(room.open(settings: RoomSettings(), password: [1]).rejection == .invalid)
        #expect(room.open(settings: RoomSettings(visibility: .private), password: [1]).isApplied)
        room.join(host, password: [1])
        var settings = RoomSettings(title: "Renamed", visibility: .private)
        #expect(room.send(.configure(by: host, settings: settings, passwordDigest: nil)).isApplied)
        #expect(room.join(ann).rejection == .wrongPassword)
        #expect(room.send(.configure(by: host, settings: settings, passwordDigest: [2])).isApplied)
        #expect(room.join(ann, password: [1]).rejection == .wrongPassword)
        settings.visibility = .unlisted
        #expect(room.send(.configure(by: host, settings: settings, passwordDigest: nil)).isApplied)
        #expect(room.join(ann).isApplied)
        settings.visibility = .private
        #expect(room.send(.configure(by: host, settings: settings, passwordDigest: nil)).rejection == .invalid)
    }

    @Test func `a locked room admits nobody new but its members`() {
        var room = TestRoom()
        room.send(.lock(by: host, locked: true))
        #expect(room.join(TestRoom.player(50)).rejection == .roomLocked)
        #expect(room.join(ann).isUnchanged)
        room.send(.leave(player: ann))
        #expect(room.join(ann).rejection == .roomLocked)
    }

    @Test func `who left during a game finds score, streak and answer again, even in a locked private room`() {
        let digest: [UInt8] = [5]
        let questions = TestRoom.questions(2)
        var room = TestRoom(settings: RoomSettings(visibility: .private), password: digest)
        room.start(questions)
        room.advance(to: .question)
        room.answer(ann, room.right(questions[0]))
        room.advance(to: .reveal)
        let score = room.result(ann).score
        #expect(score > Limits.accuracyPoints)
        room.advance(to: .question)
        room.answer(ann, [1])
        room.send(.leave(player: ann))
        room.send(.lock(by: host, locked: true))
        #expect(room.join(ann).isApplied)
        let seat = room.machine.seat(of: ann)
        #expect(seat?.score == score)
        #expect(seat?.streak == 1)
        #expect(seat?.answer?.choice == [1])
        #expect(room.machine.members.first { $0.player == ann }?.score == score)
    }

    @Test func `who left stays on the leaderboard, unless they never answered`() {
        var room = TestRoom()
        room.start(TestRoom.questions(1))
        room.advance(to: .question)
        room.answer(ann, [0])
        room.send(.leave(player: ann))
        room.send(.leave(player: bob))
        room.advance(to: .podium)
        #expect(Set(room.view.game?.over?.entries.map(\.player) ?? []) == [host, ann])
        #expect(room.machine.members.map(\.player) == [host])
    }

    @Test func `who joins late starts with nothing and can answer the open question`() {
        let questions = TestRoom.questions(2)
        var room = TestRoom(members: [host, ann])
        room.start(questions)
        room.advance(to: .question)
        room.join(bob)
        #expect(room.machine.seat(of: bob)?.score == 0)
        #expect(room.answer(bob, room.right(questions[0])).isApplied)
        room.advance(to: .reveal)
        #expect(room.result(bob).correct)
    }

    @Test func `who was kicked cannot come back and their part in the game is gone`() {
        var room = TestRoom()
        room.start()
        room.advance(to: .question)
        room.answer(ann, [0])
        room.send(.kick(by: host, player: ann))
        #expect(room.effects.contains(.removed(ann, .kicked)))
        #expect(room.join(ann).rejection == .kicked)
        #expect(room.send(.kick(by: host, player: ann)).isUnchanged)
        #expect(room.machine.seat(of: ann) == nil)
        room.advance(to: .reveal)
        #expect(room.reveal.results.map(\.player) == [host, bob])
    }

    @Test func `the list of kicked players forgets the oldest at its limit`() {
        var room = TestRoom(members: [host])
        for number in 1_000...1_000 + Limits.kickedPerRoomMax {
            room.join(TestRoom.player(number))
            room.send(.kick(by: host, player: TestRoom.player(number)))
        }
        #expect(room.join(TestRoom.player(1_001)).rejection == .kicked)
        #expect(room.join(TestRoom.player(1_000)).isApplied)
    }

    @Test func `one game counts no more participants than its limit`() {
        var room = TestRoom(members: [host])
        room.start(TestRoom.questions(1))
        room.advance(to: .question)
        var number = 1_000
        while room.join(TestRoom.player(number)).isApplied {
            room.answer(TestRoom.player(number), [0])
            room.send(.leave(player: TestRoom.player(number)))
            number += 1
        }
        #expect(number - 1_000 == Limits.participantsPerGameMax - 1)
        #expect(room.join(TestRoom.player(1_000)).isApplied)
        #expect((try? RoomStateMachine(snapshot: room.machine.encodeSnapshot()))?.digest == room.machine.digest)
    }

    @Test func `when the host leaves, who is present longest takes over`() {
        var room = TestRoom()
        room.send(.presence(player: ann, present: false))
        room.send(.leave(player: host))
        #expect(room.machine.host == bob)
        room.send(.presence(player: bob, present: false))
        room.send(.leave(player: bob))
        #expect(room.machine.host == ann)
        room.send(.leave(player: ann))
        #expect(room.machine.host == nil)
        #expect(room.machine.members == [])
        room.join(bob)
        #expect(room.machine.host == bob)
    }

    @Test func `a display may be host and takes no player's place`() {
        var room = TestRoom(members: [])
        room.join(TestRoom.display, as: .display)
        #expect(room.machine.host == TestRoom.display)
        #expect(
            room.send(.start(by: TestRoom.display, game: TestRoom.game(1), questions: TestRoom.questions(1))).rejection
                == .notReady)
        room.join(ann)
        room.send(.start(by: TestRoom.display, game: TestRoom.game(1), questions: TestRoom.questions(1)))
        room.advance(to: .question)
        #expect(room.answer(TestRoom.display, [0]).rejection == .displaysCannotAnswer)
        room.answer(ann, [0])
        #expect(room.machine.phase == .locked)
    }
}
