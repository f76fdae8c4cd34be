import NIOConcurrencyHelpers
import NIOCore
import QuizModel
import QuizRoom
import QuizShards
import QuizTestKit
import Testing

@testable import QuizRoomHost

@Suite("RoomActor+Moving")
struct RoomActorMovingTests {
    private func suspended(_ stage: RoomStage) async -> JournalHead? {
        await withCheckedContinuation { continuation in
            stage.room.run { $0.suspend { continuation.resume(returning: $0) } }
        }
    }

    @Test func `a room that is to move waits until everything it took is committed`() async throws {
        let stage = try await RoomStage()
        await stage.open()
        let ada = try RecordingSession(1)
        #expect(await stage.join(ada))
        stage.journal.hold()
        let head = NIOLockedValueBox<JournalHead?>(nil)
        stage.room.run { room in
            room.submit(.ready(player: ada.player, ready: true), reply: .session(ada, ack: 6))
            room.suspend { found in head.withLockedValue { $0 = found } }
        }
        try await stage.settle()
        #expect(head.withLockedValue { $0 } == nil)
        stage.journal.release()
        try await stage.settle()
        let applied = await stage.room.applied
        #expect(head.withLockedValue { $0 } == applied)
        // What was taken before is answered before.
        #expect(ada.acks.last == #"6 {"ok":true}"#)
    }

    @Test func `while it stands still a room takes nothing, answers no session and tells callers at once`() async throws
    {
        let stage = try await RoomStage()
        await stage.open()
        let ada = try RecordingSession(1)
        #expect(await stage.join(ada))
        try await stage.settle()
        let head = await suspended(stage)
        let acks = ada.acks.count
        stage.room.run { $0.submit(.ready(player: ada.player, ready: true), reply: .session(ada, ack: 6)) }
        let answer = await stage.submit(.ready(player: ada.player, ready: true))
        #expect(answer == .failure(Rejection(.busy)))
        stage.room.run { $0.detach(ada) }
        try await stage.settle()
        #expect(await stage.room.applied == head)
        #expect(ada.acks.count == acks)
    }

    @Test func `a room that stays goes on where it stood, under its new term, and its sessions ask again`() async throws
    {
        let stage = try await RoomStage()
        await stage.open()
        let ada = try RecordingSession(1)
        #expect(await stage.join(ada))
        try await stage.settle()
        _ = await suspended(stage)
        let before = await stage.room.preciseTime()
        stage.time.advance(milliseconds: 200)
        #expect(await stage.room.preciseTime() == before)
        let shard = ShardID(of: RoomStage.code)
        let term = try #require(try await stage.journal.take([shard], owner: RoomStage.owner).first)
        stage.room.run { $0.resume(under: term) }
        try await stage.settle()
        #expect(await stage.room.term == term)
        #expect(ada.ended == [.moved])
        let answer = await stage.submit(.ready(player: ada.player, ready: true))
        #expect(answer == .success(.done))
    }

    @Test func `a room that has moved says so to its sessions and to whoever waits for its rest`() async throws {
        let stage = try await RoomStage()
        await stage.open()
        let ada = try RecordingSession(1)
        #expect(await stage.join(ada))
        try await stage.settle()
        stage.journal.hold()
        let heads = NIOLockedValueBox<[JournalHead?]>([])
        stage.room.run { room in
            room.submit(.ready(player: ada.player, ready: true))
            room.suspend { found in heads.withLockedValue { $0.append(found) } }
            room.drop()
        }
        try await stage.settle()
        #expect(heads.withLockedValue { $0 } == [nil])
        #expect(ada.ended == [.moved])
        #expect(await stage.submit(.ready(player: ada.player, ready: true)) == .failure(Rejection(.busy)))
    }

    @Test(arguments: [true, false])
    func `who wants to join while it stands still is told to ask again`(stays: Bool) async throws {
        let stage = try await RoomStage()
        await stage.open()
        _ = await suspended(stage)
        let ada = try RecordingSession(1)
        for _ in 0..<2 {
            stage.room.run { room in
                room.join(ada, nickname: ada.nickname, role: .player, passwordDigest: nil, ack: 1, began: .now()) { _ in
                }
            }
        }
        try await stage.settle()
        #expect(ada.ended.isEmpty)
        let term = await stage.room.term
        stage.room.run { stays ? $0.resume(under: term) : $0.drop() }
        try await stage.settle()
        #expect(ada.ended == [.moved])
        #expect(ada.acks.isEmpty)
    }
}
