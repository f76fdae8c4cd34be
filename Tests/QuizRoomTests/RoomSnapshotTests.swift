import QuizModel
import QuizRoom
import QuizTestKit
import Testing

struct RoomSnapshotTests {
    private func runningRoom(hasHeard: Bool = false) -> TestRoom {
        var room = TestRoom(settings: RoomSettings(visibility: .private), password: [1, 2])
        room.start(TestRoom.questions(3))
        room.advance(to: .question)
        room.answer(TestRoom.ann, [1])
        room.advance(to: .leaderboard)
        room.advance(to: .question)
        room.answer(TestRoom.bob, [1])
        room.send(.leave(player: TestRoom.bob))
        if hasHeard {
            room.join(TestRoom.bob, password: [1, 2], from: InputOrigin(session: 7, number: 300))
            room.send(.lock(by: TestRoom.host, locked: true), from: InputOrigin(session: .max, number: .max))
            room.answer(TestRoom.ann, [1], from: InputOrigin(session: 0, number: 1))
        }
        return room
    }

    @Test(arguments: RoomPhase.allCases) func `a room read back goes on exactly the same`(phase: RoomPhase) throws {
        var room = runningRoom()
        if phase == .closed { room.send(.close(by: TestRoom.host)) }
        if phase == .lobby {
            room.advance(to: .podium)
            room.send(.rematch(by: TestRoom.host))
        }
        if phase == .countdown {
            room.advance(to: .podium)
            room.send(.rematch(by: TestRoom.host))
            room.start(game: 2)
        }
        room.advance(to: phase)
        #expect(room.machine.phase == phase)
        let bytes = room.machine.encodeSnapshot()
        var copy = room
        copy.machine = try RoomStateMachine(snapshot: bytes)
        #expect(copy.machine.encodeSnapshot() == bytes)
        #expect(copy.machine.digest == room.machine.digest)
        for _ in 0..<8 {
            #expect(copy.tick() == room.tick())
            #expect(copy.machine.digest == room.machine.digest)
        }
    }

    @Test func `a room that is not open yet has a snapshot too`() throws {
        let machine = RoomStateMachine(room: TestRoom.id)
        #expect(try RoomStateMachine(snapshot: machine.encodeSnapshot()).digest == machine.digest)
    }

    @Test func `versions and rules that this build does not know are refused`() {
        var bytes = runningRoom().machine.encodeSnapshot()
        #expect(throws: RoomCodecError(.trailingBytes, "snapshot")) { try RoomStateMachine(snapshot: bytes + [0]) }
        bytes[1] = 2
        #expect(throws: RoomCodecError(.unsupportedVersion, "snapshot rules")) { try RoomStateMachine(snapshot: bytes) }
        bytes[0] = 3
        #expect(throws: RoomCodecError(.unsupportedVersion, "snapshot version")) {
            try RoomStateMachine(snapshot: bytes)
        }
        // Version 2 without what it was made for would be a second form of version 1.
        var empty = runningRoom().machine.encodeSnapshot()
        #expect(empty[0] == 1)
        empty[0] = 2
        #expect(throws: RoomCodecError(.truncated, "heard")) { try RoomStateMachine(snapshot: empty) }
        #expect(throws: RoomCodecError(.outOfRange, "heard")) { try RoomStateMachine(snapshot: empty + [0]) }
        #expect(RoomStateMachine.supportedRules.contains(RoomStateMachine.rules))
    }

    @Test(arguments: [false, true]) func `a cut snapshot is none`(hasHeard: Bool) {
        let bytes = runningRoom(hasHeard: hasHeard).machine.encodeSnapshot()
        for length in bytes.indices {
            #expect(throws: RoomCodecError.self) { try RoomStateMachine(snapshot: Array(bytes.prefix(length))) }
        }
    }

    @Test(arguments: [false, true])
    func `damaged snapshots are refused or give a room that works, never a crash`(hasHeard: Bool) {
        let bytes = runningRoom(hasHeard: hasHeard).machine.encodeSnapshot()
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<4_000 {
            var damaged = bytes
            for _ in 0...Int.random(in: 0...1, using: &generator) {
                let place = Int.random(in: damaged.indices, using: &generator)
                damaged[place] = UInt8.random(in: 0...255, using: &generator)
            }
            // Most are refused; the rest must be canonical and play on.
            guard let machine = try? RoomStateMachine(snapshot: damaged) else { continue }
            #expect(machine.encodeSnapshot() == damaged)
            var room = TestRoom()
            room.machine = machine
            for _ in 0..<6 {
                room.answer(TestRoom.ann, [0])
                room.tick()
            }
        }
    }
}
