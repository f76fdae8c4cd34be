import NIOCore
import QuizModel
import QuizRoom
import QuizShards
import QuizTelemetry
import QuizTestKit
import Testing

@testable import QuizRoomHost

@Suite("RoomActor")
struct RoomActorTests {
    // MARK: Output commit

    @Test func `nothing leaves a room before it is committed`() async throws {
        let stage = try await RoomStage()
        await stage.open()
        let (ada, bob) = (try RecordingSession(1), try RecordingSession(2))
        #expect(await stage.join(ada))
        try await stage.settle()
        let before = ada.names()
        stage.journal.hold()
        stage.room.run { room in
            room.join(bob, nickname: bob.nickname, role: .player, passwordDigest: nil, ack: 5, began: .now()) { _ in }
            room.submit(.ready(player: ada.player, ready: true), reply: .session(ada, ack: 6))
            // A refusal too: it saw a state that may not survive.
            room.submit(.kick(by: bob.player, player: ada.player), reply: .session(bob, ack: 7))
        }
        try await stage.settle()
        #expect(ada.names() == before)
        #expect(bob.events.isEmpty && bob.acks.isEmpty)
        stage.journal.release()
        try await stage.settle()
        #expect(ada.names().contains("room:member"))
        #expect(bob.names().prefix(2) == ["room:state", "room:me"])
        #expect(bob.acks.map { $0.prefix(1) } == ["5", "7"])
        #expect(ada.acks.last == #"6 {"ok":true}"#)
    }

    @Test func `inputs of one turn of the loop are one group with one digest`() async throws {
        let stage = try await RoomStage()
        await stage.open()
        let ada = try RecordingSession(1)
        #expect(await stage.join(ada))
        try await stage.settle()
        let batches = stage.journal.batches.count
        stage.room.run { room in
            for ready in [true, false, true] { room.submit(.ready(player: ada.player, ready: ready)) }
        }
        try await stage.settle()
        let new = stage.journal.batches.dropFirst(batches)
        #expect(new.count == 1)
        #expect(new.first?.appends.first?.rows.map { $0.digest != nil } == [false, false, true])
    }

    @Test func `a room that has too much uncommitted says busy, and timers still get in`() async throws {
        let stage = try await RoomStage()
        await stage.open()
        let ada = try RecordingSession(1)
        #expect(await stage.join(ada))
        try await stage.settle()
        stage.journal.hold()
        stage.room.run { room in
            for index in 0..<400 {
                room.submit(.ready(player: ada.player, ready: index % 2 == 0), reply: .session(ada, ack: 100 + index))
            }
        }
        try await stage.settle()
        stage.journal.release()
        try await stage.settle()
        let busy = ada.acks.count { $0.contains("\"busy\"") }
        let bound = Limits.uncommittedInputsPerRoomMax - Limits.uncommittedInputsReservedForTimers
        #expect(busy == 400 - bound)
    }

    @Test func `a node without standing keeps quiet until its fence rows are read again`() async throws {
        let stage = try await RoomStage()
        await stage.open()
        let ada = try RecordingSession(1)
        #expect(await stage.join(ada))
        #expect(Standing(confirmed: .now() - .milliseconds(Standing.validMs + 1)).holds(at: .now()) == false)
        #expect(Standing(confirmed: .now()).holds(at: .now()))
        var standing = Standing(confirmed: .uptimeNanoseconds(10))
        standing.confirm(began: .uptimeNanoseconds(5))
        #expect(!standing.holds(at: .uptimeNanoseconds(UInt64(Standing.validMs) * 1_000_000 + 11)))
        try await stage.confirmStanding()
    }

    // MARK: Losing the room

    @Test func `a room fenced by somebody else releases nothing and lets its sessions go`() async throws {
        let stage = try await RoomStage()
        await stage.open()
        let ada = try RecordingSession(1)
        #expect(await stage.join(ada))
        try await stage.settle()
        let before = ada.events.count
        let shard = ShardID(of: RoomStage.code)
        _ = try await stage.journal.take([shard], owner: Incarnation(value: 77))
        try await stage.perform {
            stage.room.run { $0.submit(.ready(player: ada.player, ready: true), reply: .session(ada, ack: 9)) }
            while ada.ended.isEmpty { try await stage.settle() }
        }
        #expect(ada.ended == [.moved])
        #expect(ada.events.count == before)
        #expect(!ada.acks.contains { $0.hasPrefix("9 ") })
        #expect(stage.journal.rows(of: RoomStage.roomID).count == 2)
    }

    @Test func `a poisoned room stops and says so`() async throws {
        let stage = try await RoomStage()
        await stage.open()
        let ada = try RecordingSession(1)
        #expect(await stage.join(ada))
        try await stage.settle()
        stage.journal.fail(next: [.failed(JournalFailure(code: "22P05", context: "poison"))])
        stage.room.run { $0.submit(.ready(player: ada.player, ready: true), reply: .session(ada, ack: 9)) }
        try await stage.settle()
        #expect(ada.acks.last?.contains("\"unavailable\"") == true)
        #expect(stage.log.lines.contains { $0.contains("quarantined") })
    }

    // MARK: Coming back

    @Test func `a session comes back with exactly the events it missed`() async throws {
        let stage = try await RoomStage()
        await stage.open()
        let (ada, bob) = (try RecordingSession(1), try RecordingSession(2))
        #expect(await stage.join(ada))
        #expect(await stage.join(bob))
        try await stage.settle()
        let seen = try mark(bob.events.last)
        bob.close()
        stage.room.run { $0.detach(bob) }
        for ready in [true, false, true] { _ = await stage.submit(.ready(player: ada.player, ready: ready)) }
        let back = try RecordingSession(2)
        let verdict = await resume(stage, back, seen)
        try await stage.settle()
        #expect(verdict == .recovered)
        let missed = ada.events.filter { $0.name == "room:member" }.suffix(3)
        #expect(Array(back.events.prefix(3)) == Array(missed))
    }

    @Test func `an offset with another proof, another room's or one before the baseline is not recovered`() async throws
    {
        let stage = try await RoomStage()
        await stage.open()
        let ada = try RecordingSession(1)
        #expect(await stage.join(ada))
        try await stage.settle()
        let real = try mark(ada.events.last)
        var forged = real
        forged.proof = "00000000"
        let back = try RecordingSession(1)
        #expect(await resume(stage, back, forged) == .notRecovered(baseline: real.seq))
        try await stage.settle()
        #expect(back.names().prefix(2) == ["room:state", "room:me"])
        #expect(
            await resume(stage, try RecordingSession(1), real, baseline: real.seq + 1)
                == .notRecovered(baseline: real.seq))
        var other = real
        other.code = try #require(RoomCode("2222222"))
        #expect(await resume(stage, try RecordingSession(1), other) == .notRecovered(baseline: real.seq))
        #expect(await resume(stage, try RecordingSession(99), real) == .notMember)
        #expect(await resume(stage, try RecordingSession(1), real) == .recovered)
    }

    @Test func `another owner has the same room, the same offsets and the same ring`() async throws {
        let journal = InMemoryRoomJournal()
        let first = try await RoomStage(journal: journal, questions: try cannedQuestions(2))
        await first.open()
        let (ada, bob) = (try RecordingSession(1), try RecordingSession(2))
        #expect(await first.join(ada))
        #expect(await first.join(bob))
        for ready in [true, false] { _ = await first.submit(.ready(player: bob.player, ready: ready)) }
        try await first.settle()
        let early = try mark(ada.events.first)

        let second = try await RoomStage(journal: journal, owner: Incarnation(value: 10))
        #expect(await second.room.stateDigest() == first.room.stateDigest())
        #expect(await second.room.ringOffset() == first.room.ringOffset())
        let back = try RecordingSession(1)
        #expect(await resume(second, back, early) == .recovered)
        try await second.settle()
        let missed = try ada.events.filter { try mark($0).seq > early.seq && $0.name == "room:member" }
        #expect(back.events.filter { $0.name == "room:member" } == missed)
    }

    @Test func `a snapshot and the rows behind it give the same room as all rows`() async throws {
        let journal = InMemoryRoomJournal()
        let first = try await RoomStage(journal: journal)
        await first.open()
        let ada = try RecordingSession(1)
        #expect(await first.join(ada))
        try await first.perform {
            for index in 0..<(Limits.inputsPerSnapshot * 5 / 2) {
                _ = await first.submit(.ready(player: ada.player, ready: index % 2 == 0))
            }
            while journal.snapshots(of: RoomStage.roomID).count < 2 { try await first.settle() }
        }
        let second = try await RoomStage(journal: journal, owner: Incarnation(value: 10))
        #expect(await second.room.stateDigest() == first.room.stateDigest())
        #expect(await second.room.ringOffset() == first.room.ringOffset())
    }

    @Test func `a changed row, a missing row and a changed digest are each found`() async throws {
        let journal = InMemoryRoomJournal()
        let stage = try await RoomStage(journal: journal)
        await stage.open()
        #expect(await stage.join(try RecordingSession(1)))
        _ = await stage.submit(.ready(player: PlayerID(value: 1), ready: true))
        let shard = ShardID(of: RoomStage.code)
        let stored = try #require(try await journal.load(shards: [shard]).first)
        let key = [UInt8](repeating: 0, count: 32)
        var changed = stored
        changed.tail[1].payload[3] ^= 1
        #expect(throws: ReplayFault.chainBroken(at: 2)) { try RoomReplay.replay(changed, ringKey: key) }
        var missing = stored
        missing.tail.remove(at: 1)
        #expect(throws: ReplayFault.gap(at: 3)) { try RoomReplay.replay(missing, ringKey: key) }
        var digest = stored
        digest.tail[2].digest = 1
        #expect(throws: ReplayFault.digestDiffers(at: 3)) { try RoomReplay.replay(digest, ringKey: key) }
        var rules = stored
        rules.record.rules = 99
        #expect(throws: ReplayFault.rulesUnknown(99)) { try RoomReplay.replay(rules, ringKey: key) }
    }

    private func mark(_ event: RecordingSession.Received?) throws -> OffsetMark {
        let event = try #require(event)
        return try #require(OffsetMark(event.offset))
    }

    private func resume(
        _ stage: RoomStage, _ session: RecordingSession, _ offset: OffsetMark, baseline: Int = 0
    ) async -> RecoveryVerdict {
        await withCheckedContinuation { continuation in
            stage.room.run { room in
                room.resume(session, offset: offset, baseline: baseline) { continuation.resume(returning: $0) }
            }
        }
    }

    // MARK: Chat

    @Test func `a line of chat sent again is shown once`() async throws {
        let stage = try await RoomStage()
        await stage.open()
        let ada = try RecordingSession(1)
        #expect(await stage.join(ada))
        let line = ChatMessagePayload(
            id: nil, client: try #require(ClientID("c-1")), player: ada.player, nickname: ada.nickname,
            text: try #require(ChatText("hello")), sentAtMs: 5)
        stage.room.run { room in
            for _ in 0..<2 {
                let isTaken = room.broadcastChat(line, from: ada)
                #expect(isTaken)
            }
        }
        try await stage.settle()
        #expect(ada.names().count { $0 == "chat:message" } == 1)
    }
}
