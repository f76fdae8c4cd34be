import ArgumentParser
import Logging
import QuizNode
import QuizTelemetry

/// `quizmania serve`: one node, until SIGTERM or SIGINT.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Run a node.")

    @OptionGroup var files: ConfigurationOption
    @Option(help: "Port of the web client, the HTTP API and the socket.") var httpPort: Int?
    @Flag(help: "Print the settings in force and exit.") var printConfig = false

    func run() async throws {
        let overrides = httpPort.map { ["http.port": String($0)] } ?? [:]
        try await Command.run {
            let settings = try await NodeSettings.load(file: files.config, overrides: overrides)
            if printConfig {
                for line in settings.lines { Console.line(line) }
                return
            }
            let (format, level) = (settings.logFormat, settings.logLevel)
            LoggingSystem.bootstrap { format.handler(label: $0, level: level) }
            try await Node(settings: settings, log: Logger(label: "quizmania")).run()
        }
    }
}

/// The flag every command that needs the settings has.
struct ConfigurationOption: ParsableArguments {
    @Option(help: "Configuration file. Default: config/quizmania.json where it exists.") var config: String?
}

/// Runs a command and turns what it throws into one sentence and an exit code.
enum Command {
    static func run(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let code as ExitCode {
            throw code
        } catch {
            Console.problem("quizmania: \(error)")
            throw ExitCode.failure
        }
    }
}
