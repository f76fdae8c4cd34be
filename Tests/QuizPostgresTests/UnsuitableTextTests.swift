import QuizContent
import QuizModel
import QuizRoomHost
import QuizSocial
import Testing

@testable import QuizPostgres

/// U+0000, which PostgreSQL's text cannot hold.
@Suite struct UnsuitableTextTests {
    @Test func `a poisoned text is refused before anything is sent`() async throws {
        let database = try await TestDatabase()
        let pool = PostgresPool(
            name: "test", settings: .init(connections: 1), endpoint: database.configuration.maintenanceEndpoint,
            log: TestDatabase.log)
        let echo = PostgresStatement("echo", "SELECT $1::text")
        let refusal = await #expect(throws: PostgresError.self) {
            try await pool.query(echo, [.text("a\0b")]) { result throws(PostgresError) in try result.first?.text(0) }
        }
        #expect(refusal?.code == .unsuitableText)
        #expect(refusal?.context.contains("a\0b") == false)
        let answer = try await pool.query(echo, [.text("ab ü")]) { result throws(PostgresError) in
            try result.first?.text(0)
        }
        #expect(answer == "ab ü")

        // Control: the server refuses the whole statement.
        let control = await #expect(throws: PostgresError.self) {
            try await database.session().script("SELECT convert_from('\\x610062', 'UTF8')")
        }
        #expect(control?.code == .refused("22021"))
    }

    @Test func `a poisoned question refuses its bank cleanly`() async throws {
        let store = try await TestDatabase().postgres.questions
        var bank = try QuestionStoreConformance.bank()
        bank.questions[3].choices[1] = "a\0"
        let failure = await #expect(throws: ContentFailure.self) { try await store.store(bank) }
        #expect(failure?.code == "unsuitable_text")
        #expect(try await store.packs().isEmpty)
    }

    @Test func `a poisoned title does not keep a result from being stored, nor a payload its row`() async throws {
        let database = try await TestDatabase()
        var room = try await database.room()
        let append = room.next(1, payload: [0, 0])
        #expect(await database.postgres.journal.append(append) == .committed(kept: [room.record.room]))
        var result = StoredResult.sample(room: room.record.room, head: room.head)
        result.title = "a\0b"
        #expect(try await database.postgres.journal.save(result, term: room.term, lane: 0))
        #expect(try await database.postgres.rooms.result(of: result.game)?.title == "a\u{FFFD}b")
    }
}
