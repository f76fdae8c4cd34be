import ArgumentParser
import Foundation
import Logging
import QuizModel
import QuizNode
import QuizPostgres
import QuizRoom
import QuizRoomHost

/// `quizmania replay GAME`: folds a finished game's journal again and compares what comes out with what was stored and signed.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Fold a game's journal again and check its result and signature.")

    @OptionGroup var files: ConfigurationOption
    @Argument(help: "The game's id.") var game: String

    func run() async throws {
        try await Command.run {
            guard let game = GameID(game) else { throw SettingsFault("\(game) is not a game id.") }
            let settings = try await NodeSettings.load(file: files.config)
            let database = PostgresDatabase(
                configuration: PostgresConfiguration(conninfo: try settings.postgresConninfo()),
                log: Logger(label: "quizmania.replay"))
            let verdict: GameReplay.Verdict
            do {
                let signer = try NodeSecrets.signer("\(settings.secretsDirectory)/signing.key")
                verdict = try await GameReplay.check(
                    game, store: database.rooms, publicKey: signer.publicKey, keyID: signer.keyID)
            } catch {
                await database.close()
                throw error
            }
            await database.close()
            for line in verdict.lines { Console.line(line) }
            if !verdict.isSound { throw ExitCode.failure }
        }
    }
}
