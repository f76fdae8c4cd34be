import ArgumentParser
import QuizCluster
import QuizModel

/// `quizmania shards …`: which node has which rooms, why, and how to change that.
struct ShardsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shards", abstract: "Show and change which node has which shards.",
        discussion: """
            A shard is named by its number or by the code of a room in it. Every change takes --plan, which shows the moves \
            it would cause and changes nothing.
            """,
        subcommands: [
            List.self, Show.self, History.self, Pin.self, Unpin.self, Move.self, Drain.self, Undrain.self, Weights.self,
            Rebalance.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List shards and their owners.")

        @OptionGroup var options: OperatorOptions
        @Option(help: "Only the shards of this node.") var node: String?

        func run() async throws {
            try await Command.run {
                let picture = try await ClusterDesk.open(options.files) { try await $0.picture(judges: false) }
                if let node {
                    guard picture.hasDirectory else {
                        throw OperatorFault("Redis does not answer, so that names are not known: leave --node out.")
                    }
                    try OperatorChange.check(node, in: picture)
                }
                try options.show(ShardListReport(picture, node: node), hasDirectory: picture.hasDirectory)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one shard.")

        private static let movesShown = 5

        @OptionGroup var options: OperatorOptions
        @Argument(help: "The shard's number, or a room code.") var shard: String

        func run() async throws {
            try await Command.run {
                let reference = try OperatorOptions.reference(shard)
                try await ClusterDesk.open(options.files) { desk in
                    let picture = try await desk.picture(judges: false)
                    let report = ShardReport(
                        reference, in: picture, openRooms: try await desk.openRooms(in: reference.shard),
                        records: try await desk.history(of: reference.shard, limit: Self.movesShown))
                    try options.show(report, hasDirectory: picture.hasDirectory)
                }
            }
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what has moved, and why; the newest first.")

        private static let limits = 1...100_000

        @OptionGroup var options: OperatorOptions
        @Argument(help: "Only this shard: its number, or a room code.") var shard: String?
        @Option(help: "How many moves.") var limit = 20

        func run() async throws {
            try await Command.run {
                guard Self.limits.contains(limit) else {
                    throw OperatorFault(
                        "--limit has to be \(Self.limits.lowerBound) to \(Self.limits.upperBound), not \(limit).")
                }
                let reference = try shard.map(OperatorOptions.reference)
                try await ClusterDesk.open(options.files) { desk in
                    let picture = try await desk.picture(judges: false)
                    let records = try await desk.history(of: reference?.shard, limit: limit)
                    try options.show(HistoryReport(records, in: picture), hasDirectory: picture.hasDirectory)
                }
            }
        }
    }
}
