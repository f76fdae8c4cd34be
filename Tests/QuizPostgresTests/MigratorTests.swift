import Testing

@testable import QuizPostgres

@Suite struct MigratorTests {
    private func migrator(_ database: TestDatabase, _ migrations: [Migration] = Migration.all) -> Migrator {
        Migrator(configuration: database.configuration, migrations: migrations, log: TestDatabase.log)
    }

    private static let next = Migration(
        number: Migration.all.count + 1, name: "next", sql: "-- expand\nCREATE TABLE next (a int)")

    @Test func `a fresh database is brought forward once`() async throws {
        let database = try await TestDatabase(migrated: false)
        let migrator = migrator(database)
        let numbers = Migration.all.map(\.number)
        #expect(numbers == Array(1...numbers.count))
        #expect(try await migrator.status() == .behind(missing: numbers))
        #expect(try await database.postgres.start().count == 1)
        #expect(try await migrator.migrate() == numbers)
        #expect(try await migrator.status() == .current(newer: []))
        #expect(try await migrator.migrate() == [])
        #expect(try await database.postgres.start().isEmpty)
    }

    @Test func `several that migrate at once take turns`() async throws {
        let database = try await TestDatabase(migrated: false)
        let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<4 { group.addTask { try await migrator(database).migrate() } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied.sorted() == Migration.all.map(\.number))
    }

    @Test func `a later migration is applied alone`() async throws {
        let database = try await TestDatabase()
        let later = migrator(database, Migration.all + [Self.next])
        #expect(try await later.status() == .behind(missing: [Self.next.number]))
        #expect(try await later.migrate() == [Self.next.number])
    }

    @Test func `a changed migration is refused`() async throws {
        let database = try await TestDatabase()
        var changed = Migration.all
        changed[0].sql += "\n"
        let migrator = migrator(database, changed + [Self.next])
        #expect(try await migrator.status() == .diverged(number: 1))
        #expect(try await migrator.migrate() == [])
        #expect(try await migrator.status().problem != nil)
    }

    @Test func `a newer schema is accepted while it only expands`() async throws {
        let database = try await TestDatabase()
        _ = try await migrator(database, Migration.all + [Self.next]).migrate()
        #expect(try await migrator(database).status() == .current(newer: [Self.next.number]))
        var contracting = Self.next
        contracting.number += 1
        contracting.sql = "-- contract\nDROP TABLE next"
        _ = try await migrator(database, Migration.all + [Self.next, contracting]).migrate()
        #expect(try await migrator(database).status() == .tooNew(number: contracting.number))
        #expect(try await migrator(database, Migration.all + [Self.next]).status().problem != nil)
    }

    @Test func `a migration that fails leaves nothing behind`() async throws {
        let database = try await TestDatabase()
        var broken = Self.next
        broken.sql = "-- expand\nCREATE TABLE half (a int); SELECT 1 / 0"
        let migrator = migrator(database, Migration.all + [broken])
        let failure = await #expect(throws: PostgresError.self) { try await migrator.migrate() }
        #expect(failure?.code == .refused("22012"))
        #expect(try await migrator.status() == .behind(missing: [broken.number]))
        #expect(try await database.session().number("SELECT count(*) FROM pg_class WHERE relname = 'half'") == 0)
    }
}
