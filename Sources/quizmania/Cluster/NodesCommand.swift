import ArgumentParser
import QuizCluster
import QuizModel

/// `quizmania nodes`: who is there, and what each of them has.
struct NodesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nodes", abstract: "Show the cluster's nodes.",
        discussion: "Whether a node is alive is judged by two looks at its beat, a little more than a second apart.")

    @OptionGroup var options: OperatorOptions

    func run() async throws {
        try await Command.run {
            let picture = try await ClusterDesk.open(options.files) { try await $0.picture(judges: true) }
            try options.show(NodesReport(picture), hasDirectory: picture.hasDirectory)
        }
    }
}
