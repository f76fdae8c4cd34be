import NIOCore
import QuizModel
import QuizRoom
import QuizTestKit
import Testing

@testable import QuizRoomHost

/// Commands that a gateway sends again because their acknowledgements did not come.
@Suite("RoomActor+Inputs")
struct RoomActorInputsTests {
    private func origin(_ number: UInt32, session: UInt64 = 1) -> InputOrigin {
        InputOrigin(session: session, number: number)
    }

    /// A room with a host who has joined as command 1 of session 1.
    private func openStage(
        _ journal: InMemoryRoomJournal = InMemoryRoomJournal(), questions: [Question] = []
    ) async throws -> (stage: RoomStage, host: RecordingSession) {
        let stage = try await RoomStage(journal: journal, questions: questions)
        await stage.open()
        let host = try RecordingSession(1)
        #expect(await join(stage, host, from: origin(1)))
        try await stage.settle()
        return (stage, host)
    }

    private func join(_ stage: RoomStage, _ session: RecordingSession, from origin: InputOrigin) async -> Bool {
        await withCheckedContinuation { continuation in
            stage.room.run { room in
                room.join(
                    session, nickname: session.nickname, role: .player, passwordDigest: nil, ack: 1, began: .now(),
                    origin: origin
                ) { continuation.resume(returning: $0) }
            }
        }
    }

    @Test func `a command that the owner before has applied is acknowledged by the next and changes nothing`()
        async throws
    {
        let journal = InMemoryRoomJournal()
        let (first, host) = try await openStage(journal)
        let lock = RoomInput.lock(by: host.player, locked: true)
        first.room.run { $0.submit(lock, reply: .session(host, ack: 2), origin: origin(2)) }
        try await first.settle()
        let rows = journal.rows(of: RoomStage.roomID)

        let second = try await RoomStage(journal: journal, owner: Incarnation(value: 10))
        let again = try RecordingSession(1)
        second.room.run { room in
            room.submit(lock, reply: .session(again, ack: 2), origin: origin(2))
            room.submit(.lock(by: host.player, locked: false), reply: .session(again, ack: 3), origin: origin(3))
        }
        try await second.settle()
        #expect(again.acks == [#"2 {"ok":true}"#, #"3 {"ok":true}"#])
        #expect(journal.rows(of: RoomStage.roomID).count == rows.count + 1)
    }

    @Test func `a join that comes again lets its session in`() async throws {
        let journal = InMemoryRoomJournal()
        let (_, host) = try await openStage(journal)
        let second = try await RoomStage(journal: journal, owner: Incarnation(value: 10))
        let again = try RecordingSession(1)
        #expect(await join(second, again, from: origin(1)))
        try await second.settle()
        #expect(again.acks == host.acks)
        #expect(again.names().prefix(2) == ["room:state", "room:me"])
    }

    @Test func `a join that comes again brings nobody back who was kicked`() async throws {
        let journal = InMemoryRoomJournal()
        let (first, host) = try await openStage(journal)
        let bob = try RecordingSession(2)
        #expect(await join(first, bob, from: origin(1, session: 2)))
        _ = await first.submit(.kick(by: host.player, player: bob.player))

        let second = try await RoomStage(journal: journal, owner: Incarnation(value: 10))
        let again = try RecordingSession(2)
        #expect(await join(second, again, from: origin(1, session: 2)) == false)
        try await second.settle()
        #expect(again.events.isEmpty)
        #expect(again.acks.count == 1 && again.acks.first?.contains("\"not_in_room\"") == true)
    }

    @Test func `a command that comes again before its first commit is not told that the room is busy`() async throws {
        let (stage, host) = try await openStage()
        _ = await stage.submit(
            .start(by: host.player, game: GameID(value: 7), questions: try cannedQuestions(1)))
        try await stage.advance(milliseconds: 3_500)
        stage.journal.hold()
        stage.room.run { room in
            room.submit(.skip(by: host.player), reply: .session(host, ack: 2), origin: origin(2))
            room.submit(.skip(by: host.player), reply: .session(host, ack: 3), origin: origin(2))
            room.submit(.skip(by: host.player), reply: .session(host, ack: 4), origin: origin(3))
        }
        try await stage.settle()
        #expect(host.acks.count == 1)
        stage.journal.release()
        try await stage.settle()
        #expect(host.acks[1...2] == [#"2 {"ok":true}"#, #"3 {"ok":true}"#])
        #expect(host.acks[3].contains("\"busy\""))
    }

    @Test func `a start that comes again starts one game, and nothing of its session passes it`() async throws {
        let (stage, host) = try await openStage(questions: try cannedQuestions(1))
        func start(ack: Int) {
            stage.room.run { room in
                room.start(by: host.player, reply: .session(host, ack: ack), began: .now(), origin: origin(2))
            }
        }
        func lock(_ locked: Bool, ack: Int, from origin: InputOrigin) {
            stage.room.run { room in
                room.submit(
                    .lock(by: host.player, locked: locked), reply: .session(host, ack: ack), origin: origin)
            }
        }
        // The questions are not drawn before the background work runs.
        start(ack: 2)
        lock(true, ack: 3, from: origin(3))
        lock(true, ack: 4, from: origin(1, session: 5))
        start(ack: 5)
        try await stage.settle()
        #expect(host.acks.dropFirst().map { $0.contains("\"busy\"") } == [true, false])
        try await stage.perform {
            while host.acks.count < 5 { try await stage.settle() }
        }
        // Two draws may end in any order.
        #expect(host.acks.suffix(2).sorted() == [#"2 {"ok":true}"#, #"5 {"ok":true}"#])
        #expect(await stage.room.phaseNow() == .countdown)
        let rows = stage.journal.rows(of: RoomStage.roomID).count
        start(ack: 6)
        lock(false, ack: 7, from: origin(3))
        try await stage.settle()
        #expect(host.acks.suffix(2) == [#"6 {"ok":true}"#, #"7 {"ok":true}"#])
        #expect(stage.journal.rows(of: RoomStage.roomID).count == rows + 1)
    }

    @Test func `an answer that comes again when its game is over has its first acknowledgement`() async throws {
        let (stage, host) = try await openStage()
        let game = GameID(value: 7)
        _ = await stage.submit(.start(by: host.player, game: game, questions: try cannedQuestions(1)))
        try await stage.advance(milliseconds: 3_500)
        let answer = RoomInput.answer(
            player: host.player, question: 0, choice: [2], id: try #require(ClientID("a")), ageMs: 0)
        for (ack, of) in [(2, game), (3, GameID(value: 8))] {
            stage.room.run { room in
                room.submit(answer, of: of, reply: .session(host, ack: ack), began: .now(), origin: origin(5))
            }
        }
        stage.room.run { room in
            room.submit(
                answer, of: GameID(value: 8), reply: .session(host, ack: 4), began: .now(), origin: origin(4))
        }
        try await stage.settle()
        let acks = host.acks.suffix(3).map { $0.dropFirst(2) }
        #expect(acks[0].contains("\"choice\":[2]"))
        #expect(acks[0] == acks[1])
        #expect(acks[2].contains("\"question_closed\""))
    }
}
