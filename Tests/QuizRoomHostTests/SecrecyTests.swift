import QuizModel
import QuizRoom
import QuizTelemetry
import Testing

@testable import QuizRoomHost

/// P8: one seeded game run twice with other right answers and the same inputs. Whatever leaves the server before a reveal is the
/// same, byte for byte.
@Suite("Secrecy")
struct SecrecyTests {
    private struct Trace: Equatable {
        var sent: [[RecordingSession.Received]]
        var acks: [[String]]
        var log: [String]
        var metrics: [String]
    }

    /// Plays until the second question has been answered; the first reveal is the same in both runs.
    private func play(rotation: Int, afterReveal: Bool) async throws -> Trace {
        var questions = try cannedQuestions(1)
        questions += try cannedQuestions(3, rotation: rotation).dropFirst()
        let stage = try await RoomStage(questions: questions)
        await stage.open(settings: RoomSettings(questionCount: 3))
        let players = try (1...3).map { try RecordingSession(UInt128($0), latencyMs: 20) }
        for player in players { #expect(await stage.join(player)) }
        _ = await stage.submit(
            .start(by: players[0].player, game: GameID(value: 77), questions: questions))
        for question in 0..<2 {
            while await stage.room.phaseNow() != .question { try await stage.advance(milliseconds: 100) }
            try await stage.advance(milliseconds: 1_500)
            for (index, player) in players.enumerated() where index < 2 || question == 0 {
                let id = try #require(ClientID("a-\(index)-\(question)"))
                stage.room.run { room in
                    room.submit(
                        .answer(player: player.player, question: question, choice: [index], id: id, ageMs: 0),
                        reply: .session(player, ack: question))
                }
                try await stage.settle()
            }
        }
        if afterReveal { while await stage.room.phaseNow() != .reveal { try await stage.advance(milliseconds: 100) } }
        try await stage.settle()
        let metrics = stage.registry.render().split(separator: "\n").map(String.init).filter {
            !$0.contains("_seconds")
        }
        return Trace(
            // Progress is coalesced by real time; its last value is in the reveal.
            sent: players.map { $0.events.filter { $0.name != "game:progress" } }, acks: players.map(\.acks),
            log: stage.log.lines, metrics: metrics)
    }

    @Test func `before a reveal nothing that is sent, logged or measured depends on the right answer`() async throws {
        let plain = try await play(rotation: 0, afterReveal: false)
        for rotation in 1...3 {
            #expect(try await play(rotation: rotation, afterReveal: false) == plain)
        }
    }

    @Test func `after the reveal it does, or the test above could not fail`() async throws {
        let plain = try await play(rotation: 0, afterReveal: true)
        #expect(try await play(rotation: 1, afterReveal: true) != plain)
    }
}
