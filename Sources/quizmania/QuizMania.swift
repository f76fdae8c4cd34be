import ArgumentParser

@main
struct QuizMania: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quizmania", abstract: "A real-time quiz battle server.",
        subcommands: [
            ServeCommand.self, MigrateCommand.self, QuestionsCommand.self, ReplayCommand.self, SchemaCommand.self,
            ConformanceCommand.self, NodesCommand.self, ShardsCommand.self, CheckCommand.self, BotsCommand.self,
        ])
}
