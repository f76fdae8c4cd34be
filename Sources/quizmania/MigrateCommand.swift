import ArgumentParser
import Logging
import QuizNode
import QuizPostgres

/// `quizmania migrate`: brings the database's schema up to this build.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the database's schema up to date.")

    @OptionGroup var files: ConfigurationOption

    func run() async throws {
        try await Command.run {
            let settings = try await NodeSettings.load(file: files.config)
            let configuration = PostgresConfiguration(conninfo: try settings.postgresConninfo())
            let applied = try await Migrator(configuration: configuration, log: Logger(label: "quizmania.migrate"))
                .migrate()
            if applied.isEmpty {
                Console.line("The schema is up to date.")
            } else {
                Console.line("Applied migrations: \(applied.map(String.init).joined(separator: ", ")).")
            }
        }
    }
}
