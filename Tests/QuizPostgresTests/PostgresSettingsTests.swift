import Testing

@testable import QuizPostgres

@Suite struct PostgresSettingsTests {
    private func settings(_ change: (inout PostgresSettings) -> Void = { _ in }) -> PostgresSettings {
        var settings = PostgresSettings(
            versionNumber: 150_020, fsync: true, fullPageWrites: true, synchronousCommit: "on",
            synchronousStandbyNames: "",
            isReadOnly: false, standbys: 0)
        change(&settings)
        return settings
    }

    private func fatal(_ standbyRequired: Bool = false, _ change: (inout PostgresSettings) -> Void) -> [String] {
        settings(change).problems(standbyRequired: standbyRequired).filter(\.isFatal).map(\.setting)
    }

    @Test func `each setting that can lose a commit is found`() {
        #expect(settings().problems(standbyRequired: false).isEmpty)
        #expect(fatal { $0.versionNumber = 140_009 } == ["server_version"])
        #expect(fatal { $0.fsync = false } == ["fsync"])
        #expect(fatal { $0.fullPageWrites = false } == ["full_page_writes"])
        #expect(fatal { $0.synchronousCommit = "off" } == ["synchronous_commit"])
        #expect(fatal { $0.synchronousCommit = "local" } == [])
        #expect(
            fatal { ($0.synchronousCommit, $0.synchronousStandbyNames) = ("local", "ANY 1 (a, b)") } == [
                "synchronous_commit"
            ])
        #expect(fatal { $0.isReadOnly = true } == ["default_transaction_read_only"])
        #expect(fatal(true) { _ in } == ["synchronous_standby_names"])
        #expect(fatal(true) { $0.synchronousStandbyNames = "ANY 1 (a, b)" } == [])
        #expect(settings { $0.standbys = 1 }.problems(standbyRequired: false).map(\.isFatal) == [false])
    }

    @Test func `what the server ends by itself is advice`() {
        func advice(_ change: (inout PostgresSettings) -> Void) -> [String] {
            settings(change).problems(standbyRequired: false).filter { !$0.isFatal }.map(\.setting)
        }
        #expect(advice { $0.idleSessionTimeoutMs = 60_000 } == ["idle_session_timeout"])
        #expect(advice { $0.statementTimeoutMs = 2_000 } == ["statement_timeout"])
        #expect(advice { $0.statementTimeoutMs = 60_000 } == [])
    }

    @Test func `a server is asked at start and after each reconnect of the journal`() async throws {
        let database = try await TestDatabase()
        #expect(try await database.postgres.verify().isEmpty)
        let session = database.session()
        try await session.script(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$")
        var room = try await database.room()
        _ = await database.postgres.journal.append(room.next())
        #expect(database.postgres.problems.map(\.setting) == ["synchronous_commit"])
        await database.postgres.close()
        let again = PostgresDatabase(configuration: database.configuration, log: TestDatabase.log)
        #expect(try await again.start().count == 1)
    }
}
