import QuizModel
import QuizRoom
import QuizTelemetry
import Testing

@testable import QuizRoomHost

/// What a room leaves out while its node is overloaded, and what it does not.
@Suite struct RoomStrainTests {
    private static let full = RoomStrain(refusesJoins: true, progressEveryMs: 50)

    private func turnedAway(_ stage: RoomStage) -> UInt64 {
        stage.registry.counters(.nodeOverloadRefusedTotal, by: RoomMetrics.ShedLabel.self)[.joins].value
    }

    @Test func `players without a seat are turned away, and told when to try again`() async throws {
        let stage = try await RoomStage()
        await stage.open()
        let (ada, bob) = (try RecordingSession(1), try RecordingSession(2))
        #expect(await stage.join(ada))
        try await stage.strain(Self.full)
        #expect(await stage.join(bob) == false)
        try await stage.settle()
        #expect(bob.acks.first?.contains(#""code":"overloaded""#) == true)
        #expect(bob.acks.first?.contains(#""retry":5000"#) == true)
        #expect(turnedAway(stage) == 1)
        try await stage.strain(.none)
        #expect(await stage.join(bob))
    }

    @Test func `members come back to their seats, and what they do counts`() async throws {
        let stage = try await RoomStage()
        await stage.open()
        let ada = try RecordingSession(1)
        #expect(await stage.join(ada))
        try await stage.strain(Self.full)
        let again = try RecordingSession(1)
        #expect(await stage.join(again))
        stage.room.run { $0.submit(.ready(player: again.player, ready: true), reply: .session(again, ack: 9)) }
        try await stage.settle()
        #expect(again.acks.last == #"9 {"ok":true}"#)
        #expect(turnedAway(stage) == 0)
    }

    @Test func `the first to come to a room is let in`() async throws {
        let stage = try await RoomStage()
        await stage.open()
        try await stage.strain(Self.full)
        #expect(await stage.join(try RecordingSession(1)))
        #expect(await stage.join(try RecordingSession(2)) == false)
    }

    @Test func `progress waits longer and is never behind what follows it`() async throws {
        let stage = try await RoomStage()
        await stage.open()
        let players = [try RecordingSession(1), try RecordingSession(2)]
        for player in players { #expect(await stage.join(player)) }
        // So long that only what follows can send it.
        try await stage.strain(RoomStrain(refusesJoins: false, progressEveryMs: 3_600_000))
        let questions = try cannedQuestions(1)
        _ = await stage.submit(.start(by: players[0].player, game: GameID(value: 7), questions: questions))
        try await stage.advance(milliseconds: 3_500)
        for (index, player) in players.enumerated() {
            let id = try #require(ClientID("a"))
            _ = await stage.submit(.answer(player: player.player, question: 0, choice: [0], id: id, ageMs: 0))
            try await stage.settle()
            if index == 0 { #expect(!players[1].names().contains("game:progress")) }
        }
        while await stage.room.phaseNow() != .reveal { try await stage.advance(milliseconds: 100) }
        try await stage.settle()
        let names = players[1].names()
        let (progress, reveal) = (names.firstIndex(of: "game:progress"), names.firstIndex(of: "game:reveal"))
        #expect(progress != nil && reveal != nil && progress! < reveal!)
    }
}
