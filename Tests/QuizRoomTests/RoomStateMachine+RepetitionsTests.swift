import QuizModel
import QuizRoom
import Testing

struct RoomStateMachineRepetitionsTests {
    private let host = TestRoom.host
    private let ann = TestRoom.ann
    private let bob = TestRoom.bob

    private func origin(_ number: UInt32, session: UInt64 = 1) -> InputOrigin {
        InputOrigin(session: session, number: number)
    }

    /// The reply an input is given, which must not change the room.
    private func repeated(_ input: RoomInput, from origin: InputOrigin, in room: inout TestRoom) -> RoomReply? {
        let snapshot = room.machine.encodeSnapshot()
        let outcome = room.send(input, from: origin)
        #expect(!outcome.isApplied)
        #expect(room.machine.encodeSnapshot() == snapshot)
        return outcome.reply
    }

    private func answer(_ player: PlayerID, _ choice: [Int], question: Int = 0) -> RoomInput {
        .answer(player: player, question: question, choice: choice, id: TestRoom.checked(ClientID("a")), ageMs: 0)
    }

    /// The host has announced the first question, and it is open.
    private func openQuestion() -> TestRoom {
        var room = TestRoom()
        room.start()
        room.advance(to: .question)
        return room
    }

    // MARK: The newest command

    @Test func `a skip that comes again is not a second skip`() {
        var room = openQuestion()
        #expect(room.send(.skip(by: host), from: origin(1)).isApplied)
        room.advance(to: .reveal)
        #expect(repeated(.skip(by: host), from: origin(1), in: &room) == .done)
        #expect(room.machine.phase == .reveal)
        #expect(room.send(.skip(by: host), from: origin(2)).isApplied)
        #expect(room.machine.phase == .leaderboard)
    }

    @Test func `an answer that comes again has its first acknowledgement, long after its game too`() {
        var room = openQuestion()
        let ack = RoomReply.answered(AnswerAck(question: 0, choice: [1], at: room.now))
        #expect(room.send(answer(ann, [1]), from: origin(4)).reply == ack)
        room.wait(900)
        #expect(repeated(answer(ann, [1]), from: origin(4), in: &room) == ack)
        room.advance(to: .podium)
        room.send(.rematch(by: host))
        #expect(repeated(answer(ann, [1]), from: origin(4), in: &room) == ack)
    }

    @Test func `a join that comes again says where the room was`() {
        var room = TestRoom(members: [TestRoom.host])
        let ack = room.join(ann, from: origin(1)).reply
        room.join(bob)
        let again = RoomInput.join(
            player: ann, nickname: TestRoom.nickname(ann), role: .player, passwordDigest: nil)
        #expect(repeated(again, from: origin(1), in: &room) == ack)
        // Nor does it bring somebody back who has gone since.
        room.send(.kick(by: host, player: ann))
        #expect(repeated(again, from: origin(1), in: &room) == ack)
        #expect(!room.machine.isMember(ann))
    }

    @Test func `the command that closed the room is acknowledged by the closed room`() {
        var room = TestRoom()
        #expect(room.send(.close(by: host), from: origin(1)).isApplied)
        #expect(repeated(.close(by: host), from: origin(1), in: &room) == .done)
        #expect(room.send(.close(by: host), from: origin(2)).rejection == .roomClosed)
    }

    @Test func `a reply that nobody was given counts as done`() {
        var room = TestRoom()
        let reply = room.send(.clock(.loopGap), from: origin(1)).reply
        #expect(reply == nil)
        #expect(repeated(.clock(.loopGap), from: origin(1), in: &room) == .done)
    }

    // MARK: Older ones, and gaps

    @Test func `numbers may be left out, and lower ones have been here`() {
        var room = TestRoom()
        for number: UInt32 in [3, 10, 4_000_000_000] {
            #expect(room.send(.lock(by: host, locked: number != 10), from: origin(number)).isApplied)
        }
        for number: UInt32 in [0, 1, 3, 7, 10, 11, 3_999_999_999] {
            #expect(room.machine.hasHeard(origin(number)) == .done)
            #expect(repeated(.lock(by: host, locked: false), from: origin(number), in: &room) == .done)
        }
        #expect(room.machine.hasHeard(origin(4_000_000_001)) == nil)
    }

    @Test func `an older answer is told what is on record, or that it is too late`() {
        var room = openQuestion()
        let ack = room.send(answer(ann, [1]), from: origin(1)).reply
        room.advance(to: .leaderboard)
        room.advance(to: .question)
        room.send(answer(ann, [2], question: 1), from: origin(5))
        #expect(repeated(answer(ann, [1]), from: origin(1), in: &room) == ack)
        // Bob's first one was refused, so it is not on record, and must not count now.
        #expect(room.send(answer(bob, [5], question: 1), from: origin(1, session: 2)).rejection == .choiceUnknown)
        room.send(.leave(player: bob), from: origin(2, session: 2))
        room.join(bob, from: origin(3, session: 2))
        #expect(
            room.send(answer(bob, [0], question: 1), from: origin(1, session: 2))
                == .rejected(Rejection(.questionClosed)))
    }

    @Test func `an older join is told where the room is now, or that the seat is gone`() {
        var room = TestRoom()
        let carol = TestRoom.player(4)
        let join = RoomInput.join(
            player: carol, nickname: TestRoom.nickname(carol), role: .player, passwordDigest: nil)
        #expect(room.send(join, from: origin(1)).isApplied)
        room.send(.ready(player: carol, ready: true), from: origin(2))
        let ack = RoomJoinedAck(code: TestRoom.code, player: carol, seq: room.view.seq)
        #expect(repeated(join, from: origin(1), in: &room) == .joined(ack))
        room.send(.leave(player: carol), from: origin(3))
        #expect(room.send(join, from: origin(1)) == .rejected(Rejection(.notInRoom)))
        #expect(!room.machine.isMember(carol))
    }

    // MARK: What is remembered

    @Test func `two connections of one player are two sessions`() {
        var room = TestRoom()
        #expect(room.send(.lock(by: host, locked: true), from: origin(5, session: 1)).isApplied)
        #expect(room.send(.lock(by: host, locked: false), from: origin(5, session: 2)).isApplied)
        #expect(room.send(.lock(by: host, locked: true), from: origin(1, session: 3)).isApplied)
        #expect(room.machine.hasHeard(origin(6, session: 1)) == nil)
        #expect(room.machine.hasHeard(origin(4, session: 2)) == .done)
        #expect(room.machine.hasHeard(origin(2, session: 3)) == nil)
    }

    @Test func `what was refused or changed nothing is judged again`() {
        var room = TestRoom()
        #expect(room.send(.skip(by: host), from: origin(1)).rejection == .wrongPhase)
        #expect(room.send(.lock(by: host, locked: false), from: origin(2)).isUnchanged)
        #expect(room.machine.hasHeard(origin(1)) == nil && room.machine.hasHeard(origin(2)) == nil)
        room.start()
        #expect(room.send(.skip(by: host), from: origin(1)).isApplied)
    }

    @Test func `of too many sessions the one heard longest ago is forgotten`() {
        var room = TestRoom()
        let count = UInt64(Limits.sessionsRememberedPerRoomMax)
        var locked = false
        func hear(_ session: UInt64, _ number: UInt32) {
            locked.toggle()
            #expect(room.send(.lock(by: host, locked: locked), from: origin(number, session: session)).isApplied)
        }
        for session in 1...count { hear(session, 1) }
        #expect(room.machine.hasHeard(origin(1, session: 1)) == .done)
        // The first is heard again, so the second is now the oldest.
        hear(1, 2)
        hear(count + 1, 1)
        #expect(room.machine.hasHeard(origin(1, session: 2)) == nil)
        for session in [1, 3, count, count + 1] { #expect(room.machine.hasHeard(origin(1, session: session)) == .done) }
        let bytes = room.machine.encodeSnapshot()
        #expect((try? RoomStateMachine(snapshot: bytes))?.encodeSnapshot() == bytes)
    }

    // MARK: Another owner

    /// A game in which everything that people did came from somewhere.
    private func heardRoom() -> (room: TestRoom, sent: [(RoomInput, InputOrigin, RoomReply?)]) {
        var room = TestRoom(members: [])
        var sent: [(RoomInput, InputOrigin, RoomReply?)] = []
        func send(_ input: RoomInput, _ number: UInt32, _ player: PlayerID) {
            let origin = origin(number, session: UInt64(player.value) << 40)
            let outcome = room.send(input, from: origin)
            #expect(outcome.isApplied)
            sent.append((input, origin, outcome.reply))
        }
        let players = [host, ann, bob]
        for player in players {
            send(
                .join(player: player, nickname: TestRoom.nickname(player), role: .player, passwordDigest: nil), 1,
                player)
        }
        send(.start(by: host, game: TestRoom.game(1), questions: TestRoom.questions(3)), 2, host)
        room.advance(to: .question)
        send(answer(ann, [2]), 2, ann)
        send(.skip(by: host), 3, host)
        return (room, sent)
    }

    @Test func `a room read back from its snapshot, or folded from its journal, knows what it has heard`() throws {
        let (room, sent) = heardRoom()
        var folded = RoomStateMachine(room: TestRoom.id)
        for (number, row) in room.journal.enumerated() {
            let (input, at, origin) = try RoomInput.decode(row)
            #expect(folded.apply(input, at: at, from: origin) == .applied(room.steps[number]))
            #expect(folded.digest == room.digests[number])
        }
        let copy = try RoomStateMachine(snapshot: room.machine.encodeSnapshot())
        for machine in [folded, copy] {
            #expect(machine.digest == room.machine.digest)
            var other = room
            other.machine = machine
            other.wait(5_000)
            let newest = Dictionary(sent.map { ($0.1.session, $0.1.number) }, uniquingKeysWith: max)
            for (input, origin, reply) in sent {
                let again = repeated(input, from: origin, in: &other)
                if newest[origin.session] == origin.number { #expect(again == reply) }
            }
        }
    }

    @Test func `what a room has heard is part of its digest, and an empty memory is not`() {
        var (named, nameless) = (TestRoom(), TestRoom())
        #expect(named.machine.digest == nameless.machine.digest)
        named.send(.lock(by: host, locked: true), from: origin(1))
        nameless.send(.lock(by: host, locked: true))
        #expect(named.machine.digest != nameless.machine.digest)
        #expect(nameless.machine.encodeSnapshot()[0] == 1)
        #expect(named.machine.encodeSnapshot()[0] == 2)
    }

    @Test func `nobody is shown what a room has heard`() {
        let (named, _) = heardRoom()
        var nameless = TestRoom(members: [])
        for row in named.journal.dropFirst() {
            guard let (input, at, _) = try? RoomInput.decode(row) else { continue }
            nameless.now = at
            nameless.send(input)
        }
        #expect(named.steps == nameless.steps)
        #expect(named.machine.stateView(at: named.now) == nameless.machine.stateView(at: named.now))
        #expect(named.machine.summary() == nameless.machine.summary())
    }

    @Test func `a snapshot in which a session is heard twice, or a reply is of no kind, is refused`() throws {
        var room = TestRoom()
        room.send(.lock(by: host, locked: true), from: origin(1))
        let once = room.machine.encodeSnapshot()
        // One entry: count, session, number, kind of reply.
        #expect(once.suffix(11) == [1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0])
        let twice = once.dropLast(11) + [2] + once.suffix(10) + once.suffix(10)
        #expect(throws: RoomCodecError(.inconsistent, "a session heard twice")) {
            try RoomStateMachine(snapshot: Array(twice))
        }
        #expect(throws: RoomCodecError(.unknownTag, "heard reply")) {
            try RoomStateMachine(snapshot: once.dropLast() + [3])
        }
        let many = once.dropLast(11) + [0x81, 2] + once.suffix(10)
        #expect(throws: RoomCodecError(.outOfRange, "heard")) { try RoomStateMachine(snapshot: Array(many)) }
    }
}
