import ArgumentParser
import Foundation
import Logging
import QuizContent
import QuizModel
import QuizNode
import QuizPostgres

/// `quizmania questions import|export|validate`: questions from and to files.
struct QuestionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "questions", abstract: "Bring questions in, take them out, or check a file.",
        discussion: """
            Formats: quizmania (the JSON of config/questions.json), opentdb (the JSON of the Open Trivia Database), csv (a \
            header row, see the guide). A file is taken whole or not at all; every bad row is reported with its line.
            """,
        subcommands: [Import.self, Export.self, Validate.self])

    /// Opens the question store of this installation.
    static func openStore() async throws -> any QuestionStore {
        let settings = try await NodeSettings.load(file: nil)
        let configuration = PostgresConfiguration(conninfo: try settings.postgresConninfo())
        return PostgresDatabase(configuration: configuration, log: Logger(label: "quizmania.questions")).questions
    }

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case auto, quizmania, opentdb, csv

        /// Nil: find out from the content.
        var format: BankFormat? {
            switch self {
            case .auto: nil
            case .quizmania: .quizmania
            case .opentdb: .opentdb
            case .csv: .csv
            }
        }
    }

    /// What `import` and `validate` have in common.
    struct Source: ParsableArguments {
        @Argument(help: "The file to read; - is standard input.")
        var file: String

        @Option(help: "The file's format: auto, quizmania, opentdb or csv.")
        var format = Format.auto

        @Option(help: "The pack's id, for formats that carry no pack.")
        var pack = "imported"

        @Option(help: "The pack's title, for formats that carry no pack.")
        var title = "Imported"

        func validate() throws {
            if PackID(pack) == nil { throw ValidationError("--pack: \(PackID.rule)") }
            if title.isEmpty { throw ValidationError("--title must not be empty.") }
        }

        /// - Throws: `ExitCode.failure` after the report, one line a fault, has gone to standard error.
        func read() throws -> QuestionBank {
            let input = file == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: file)
            guard let data = try input?.readToEnd() ?? (input == nil ? nil : Data()) else {
                throw ValidationError("\(file) cannot be read.")
            }
            let pack = QuestionPack(
                id: PackID(checked: self.pack), title: title, description: BankFile.importedPack.description)
            do {
                return try BankFile.read(Array(data), format: format.format, pack: pack)
            } catch {
                QuestionsCommand.report(error, file)
                throw ExitCode.failure
            }
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Store a file's questions; those with the same id are replaced.")

        @OptionGroup var source: Source

        func run() async throws {
            let bank = try source.read()
            let count = try await QuestionsCommand.openStore().store(bank)
            QuestionsCommand.say("\(count) questions of pack \(bank.pack.id) stored.")
        }
    }

    struct Validate: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Check a file without storing anything.")

        @OptionGroup var source: Source

        func run() throws {
            let bank = try source.read()
            QuestionsCommand.say(
                "\(bank.questions.count) questions in \(bank.categories.count) categories; nothing to complain about.")
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write a pack to a file.")

        @Argument(help: "The file to write; - is standard output.")
        var file: String

        @Option(help: "The file's format: quizmania, opentdb or csv; auto: by the file's extension.")
        var format = Format.auto

        @Option(help: "The pack's id.")
        var pack = "starter"

        func run() async throws {
            guard let id = PackID(pack) else { throw ValidationError("--pack: \(PackID.rule)") }
            guard let bank = try await QuestionsCommand.openStore().export(pack: id) else {
                throw ValidationError("There is no pack \(pack).")
            }
            let bytes: [UInt8]
            do {
                bytes = try BankFile.write(bank, format: format.format ?? (file.hasSuffix(".csv") ? .csv : .quizmania))
            } catch {
                QuestionsCommand.report(error, "pack \(pack)")
                throw ExitCode.failure
            }
            if file == "-" { return FileHandle.standardOutput.write(Data(bytes)) }
            try Data(bytes).write(to: URL(filePath: file), options: .atomic)
            QuestionsCommand.say("\(bank.questions.count) questions written to \(file).")
        }
    }

    private static func say(_ sentence: String) { FileHandle.standardError.write(Data((sentence + "\n").utf8)) }

    private static func report(_ rejected: BankRejected, _ file: String) {
        for fault in rejected.faults { say("\(file): \(fault)") }
        say("\(rejected.faults.count) \(rejected.faults.count == 1 ? "fault" : "faults"); nothing was taken.")
    }
}
