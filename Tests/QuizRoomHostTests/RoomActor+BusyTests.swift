import NIOCore
import QuizModel
import QuizRoom
import QuizShards
import QuizTelemetry
import QuizTestKit
import Testing

@testable import QuizRoomHost

/// Rooms whose journal does not answer, or whose node has too much to do.
@Suite("RoomActor, busy", .timeLimit(.minutes(1)))
struct RoomActorBusyTests {
    /// A room with a host; nothing it takes from here on is committed, and it takes no more of what players ask for.
    private func fullStage(clocks: Bool = false) async throws -> (stage: RoomStage, host: RecordingSession) {
        let stage = try await RoomStage()
        await stage.open()
        let host = try RecordingSession(1)
        #expect(await stage.join(host))
        _ = await stage.submit(.start(by: host.player, game: GameID(value: 7), questions: try cannedQuestions(1)))
        stage.journal.hold()
        let reserved = clocks ? 0 : Limits.uncommittedInputsReservedForTimers
        for _ in 0..<Limits.uncommittedInputsPerRoomMax - reserved {
            stage.room.run { $0.submit(.clock(.activation)) }
        }
        try await stage.settle()
        return (stage, host)
    }

    @Test func `who leaves while the room takes nothing is noticed behind it`() async throws {
        let (stage, host) = try await fullStage()
        stage.room.run { $0.detach(host) }
        try await stage.settle()
        #expect(await stage.room.isPresent(host.player) == true)
        stage.journal.release()
        while await stage.room.isPresent(host.player) == true { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test func `a room that is closed looks for nobody`() async throws {
        let stage = try await RoomStage()
        await stage.open()
        let host = try RecordingSession(1)
        #expect(await stage.join(host))
        stage.room.run { room in
            room.submit(.close(by: host.player))
            room.detach(host)
        }
        try await stage.settle()
        #expect(await stage.room.presenceBehind.isEmpty)
    }

    @Test func `who gives up is not let in later`() async throws {
        let (stage, _) = try await fullStage()
        stage.journal.release()
        try await stage.settle()
        stage.journal.hold()
        let late = try RecordingSession(2)
        stage.room.run { room in
            room.join(late, nickname: late.nickname, role: .player, passwordDigest: nil, ack: 1, began: .now()) {
                #expect(!$0)
            }
            room.giveUp(late)
        }
        stage.journal.release()
        try await stage.settle()
        #expect(late.events.isEmpty)
        #expect(!(await stage.room.sessions.contains { $0 === late }))
    }

    @Test func `who waits to be let in is told when the room is quarantined`() async throws {
        let (stage, _) = try await fullStage()
        stage.journal.release()
        try await stage.settle()
        stage.journal.hold()
        let late = try RecordingSession(2)
        async let isIn = stage.join(late)
        while late.acks.isEmpty {
            stage.room.run { room in
                if room.machine.isMember(late.player) { room.quarantine("test") }
            }
            try await stage.settle()
        }
        #expect(await isIn == false)
        #expect(late.acks.count == 1 && late.acks[0].contains("\"unavailable\""))
        // And so is whoever asks later, though what was taken before is never committed.
        #expect(await stage.join(try RecordingSession(3)) == false)
        stage.room.run { $0.submit(.ready(player: late.player, ready: true), reply: .session(late, ack: 2)) }
        try await stage.settle()
        #expect(late.acks.count == 2 && late.acks[1].contains("\"unavailable\""))
        let verdict = await withCheckedContinuation { continuation in
            stage.room.run { room in
                let mark = OffsetMark(code: RoomStage.code, seq: -1, proof: "")
                room.resume(late, offset: mark, baseline: 0) { continuation.resume(returning: $0) }
            }
        }
        #expect(verdict == .notMember)
    }

    @Test func `who asks for something while being let in is let in once`() async throws {
        let stage = try await RoomStage()
        await stage.open()
        let eager = try RecordingSession(1)
        @Sendable func join(_ ack: Int, then: @escaping @Sendable () -> Void) {
            stage.room.run { room in
                room.join(
                    eager, nickname: eager.nickname, role: .player, passwordDigest: nil, ack: ack, began: .now()
                ) { _ in then() }
            }
        }
        join(1) { join(2) {} }
        try await stage.settle()
        #expect(eager.acks.map { $0.prefix(1) } == ["1", "2"])
        #expect(eager.names().filter { $0 == "room:state" }.count == 2)
        #expect(await stage.room.sessions.count == 1)
    }

    @Test func `a command refused to nobody takes no memory`() async throws {
        let (stage, _) = try await fullStage()
        let before = await stage.room.outputs.count
        for _ in 0..<100 { stage.room.run { $0.submit(.skip(by: PlayerID(value: 5))) } }
        try await stage.settle()
        #expect(await stage.room.outputs.count == before)
    }

    @Test func `what is due and cannot be taken is not tried with every turn of the loop`() async throws {
        let (stage, _) = try await fullStage(clocks: true)
        stage.time.advance(milliseconds: 200)
        let refused = { await stage.room.environment.metrics.busy.value }
        let before = await refused()
        for _ in 0..<20 {
            stage.time.advance(milliseconds: 200)
            _ = await stage.room.instant()
        }
        #expect(await stage.room.isDue())
        await stage.room.fire()
        try await stage.settle()
        let times = await refused() - before
        #expect(times >= 1 && times < 5, "the room asked \(times) times in twenty turns")
    }

    @Test func `a lane whose question about the fence found no place asks again`() async throws {
        let work = BackgroundWork(queueMax: 1)
        let stage = try await RoomStage(work: work)
        await stage.open()
        let shard = ShardID(of: RoomStage.code)
        _ = try await stage.journal.take([shard], owner: Incarnation(value: 10))
        #expect(work.submit {})
        stage.room.run { $0.submit(.clock(.activation)) }
        // The question is asked 50 ms after the refusal.
        try await Task.sleep(for: .milliseconds(200))
        #expect(!(await stage.room.dropped))
        try await stage.perform {
            while !(await stage.room.dropped) { try await Task.sleep(for: .milliseconds(5)) }
        }
    }
}
