import Testing

@testable import QuizPostgres

/// The rules of every port, on a real server.
@Suite struct StoreConformanceTests {
    @Test(arguments: RoomJournalConformance.rules)
    func `the journal keeps its rules`(_ rule: RoomJournalConformance.Rule) async throws {
        let postgres = try await TestDatabase().postgres
        try await rule.check(JournalAndRooms(journal: postgres.journal, rooms: postgres.rooms))
    }

    @Test(arguments: RoomStoreConformance.rules)
    func `the room store keeps its rules`(_ rule: RoomStoreConformance.Rule) async throws {
        let postgres = try await TestDatabase().postgres
        try await rule.check(JournalAndRooms(journal: postgres.journal, rooms: postgres.rooms))
    }

    @Test(arguments: ChatStoreConformance.rules)
    func `the chat store keeps its rules`(_ rule: ChatStoreConformance.Rule) async throws {
        try await rule.check(try await TestDatabase().postgres.chat)
    }

    @Test(arguments: AccountStoreConformance.rules)
    func `the account store keeps its rules`(_ rule: AccountStoreConformance.Rule) async throws {
        try await rule.check(try await TestDatabase().postgres.accounts)
    }

    @Test(arguments: RevocationStoreConformance.rules)
    func `the revocation store keeps its rules`(_ rule: RevocationStoreConformance.Rule) async throws {
        try await rule.check(try await TestDatabase().postgres.revocations)
    }

    @Test(arguments: QuestionStoreConformance.rules)
    func `the question store keeps its rules`(_ rule: QuestionStoreConformance.Rule) async throws {
        try await rule.check(try await TestDatabase().postgres.questions)
    }
}
