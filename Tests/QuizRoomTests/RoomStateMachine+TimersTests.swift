import QuizModel
import QuizRoom
import Testing

struct TimersTests {
    private let host = TestRoom.host
    private let ann = TestRoom.ann

    /// Ticks alternate between late and punctual: a late one followed by a punctual one shows whether time was taken.
    @Test(arguments: [0, 1, 999, 60_000, 3_600_000] as [Int64], [0, 1])
    func `a tick that is late by any amount shortens nothing after it`(late: Int64, parity: Int) {
        var room = TestRoom()
        room.start(TestRoom.questions(2))
        var last: (phase: RoomPhase, since: RoomInstant) = (.countdown, room.now)
        var ticks = 0
        while room.machine.phase != .podium {
            room.tick(late: ticks % 2 == parity ? late : 0)
            ticks += 1
            let lasted = room.now - last.since
            switch last.phase {
            case .question: #expect(lasted >= RoomTiming.announcementMs + 20_000)
            case .locked: #expect(lasted >= RoomTiming.lockedMs)
            case .reveal: #expect(lasted >= RoomTiming.revealMs)
            case .leaderboard: #expect(lasted >= RoomTiming.leaderboardMs)
            default: break
            }
            #expect(room.machine.phase != last.phase)
            last = (room.machine.phase, room.now)
        }
    }

    @Test func `an open question's clock is journaled though nothing is due`() {
        var room = TestRoom()
        room.start()
        room.advance(to: .question)
        room.wait(1_000)
        #expect(room.send(.tick(credits: [])) == .applied(RoomStep(reply: nil, effects: [])))
        #expect(room.machine.lastInstant == room.now)
    }

    @Test func `room time never goes back`() {
        var room = TestRoom()
        room.wait(5_000)
        room.send(.clock(.activation))
        room.now = .zero
        room.start()
        #expect(room.view.game?.until == RoomInstant(milliseconds: 8_000))
        #expect(room.machine.lastInstant == RoomInstant(milliseconds: 5_000))
    }

    @Test func `a host who is away loses the room to who is present longest`() {
        var room = TestRoom()
        room.send(.presence(player: host, present: false))
        #expect(room.machine.nextDeadline == room.now + RoomTiming.hostAbsentMs)
        room.tick()
        #expect(room.machine.host == ann)
        #expect(room.machine.nextDeadline == nil)
    }

    @Test func `a host who comes back in time stays host`() {
        var room = TestRoom()
        room.send(.presence(player: host, present: false))
        room.wait(RoomTiming.hostAbsentMs - 1)
        room.send(.presence(player: host, present: true))
        room.wait(10)
        #expect(room.send(.tick(credits: [])).isUnchanged)
        #expect(room.machine.host == host)
    }

    @Test func `nobody takes over while nobody is there`() {
        var room = TestRoom(members: [host, ann])
        room.send(.presence(player: ann, present: false))
        room.send(.presence(player: host, present: false))
        let empty = room.now + RoomTiming.emptyMs
        #expect(room.machine.nextDeadline == empty)
        room.wait(RoomTiming.hostAbsentMs * 2)
        #expect(room.send(.tick(credits: [])).isUnchanged)
        room.send(.presence(player: ann, present: true))
        #expect(room.send(.tick(credits: [])).isApplied)
        #expect(room.machine.host == ann)
    }

    @Test func `a room in which nobody is present for long closes`() {
        var room = TestRoom(members: [])
        #expect(room.machine.nextDeadline == RoomInstant(milliseconds: RoomTiming.emptyMs))
        room.join(ann)
        #expect(room.machine.nextDeadline == nil)
        room.send(.presence(player: ann, present: false))
        room.tick()
        #expect(room.machine.phase == .closed)
        #expect(
            room.effects == [
                .game(.closed(RoomClosedPayload(seq: room.machine.seq, reason: .empty))), .closed(.empty),
            ])
        #expect(room.machine.nextDeadline == nil)
    }
}
