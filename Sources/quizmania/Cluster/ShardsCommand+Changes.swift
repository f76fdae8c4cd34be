import ArgumentParser
import QuizCluster
import QuizShards

extension ShardsCommand {
    struct Pin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Keep a shard on a node.")

        @OptionGroup var options: ChangeOptions
        @Argument(help: "The shard's number, or a room code.") var shard: String
        @Option(help: "The node's name.") var node: String

        func run() async throws {
            try await Command.run {
                let shard = try OperatorOptions.reference(shard).shard
                try await ClusterChange(options: options, change: .pin(shard, to: node)).run()
            }
        }
    }

    struct Unpin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a shard go where the placement wants it.",
            discussion: "With the pin its reason is forgotten, and none is kept for this.")

        @OptionGroup var options: ChangeOptions
        @Argument(help: "The shard's number, or a room code.") var shard: String

        func run() async throws {
            try await Command.run {
                let shard = try OperatorOptions.reference(shard).shard
                try await ClusterChange(options: options, change: .unpin(shard)).run()
            }
        }
    }

    struct Move: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Move a shard to a node, and keep it there until it is unpinned.")

        @OptionGroup var options: ChangeOptions
        @Argument(help: "The shard's number, or a room code.") var shard: String
        @Option(help: "The node's name.") var to: String

        func run() async throws {
            try await Command.run {
                let shard = try OperatorOptions.reference(shard).shard
                try await ClusterChange(options: options, change: .move(shard, to: to)).run()
            }
        }
    }

    struct Drain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give a node's shards to the others.")

        @OptionGroup var options: ChangeOptions
        @Argument(help: "The node's name.") var node: String

        func run() async throws {
            try await Command.run {
                try await ClusterChange(options: options, change: .drain(node)).run()
            }
        }
    }

    struct Undrain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a node have shards again.")

        @OptionGroup var options: ChangeOptions
        @Argument(help: "The node's name.") var node: String

        func run() async throws {
            try await Command.run {
                try await ClusterChange(options: options, change: .undrain(node)).run()
            }
        }
    }

    struct Weights: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Set a node's share beside the others'.")

        @OptionGroup var options: ChangeOptions
        @Argument(help: "The node's name.") var node: String
        @Argument(help: "0 to \(RingNode.weightMax), or default: what the node was configured with.") var weight: String

        func run() async throws {
            try await Command.run {
                let value = Int(weight)
                guard value != nil || weight == "default" else {
                    throw OperatorFault("A weight is 0 to \(RingNode.weightMax), or default; not \(weight).")
                }
                try await ClusterChange(options: options, change: try .weight(value, of: node)).run()
            }
        }
    }

    struct Rebalance: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Place the shards as evenly as it gets, once.")

        @OptionGroup var options: ChangeOptions

        func run() async throws {
            try await Command.run {
                try await ClusterChange(options: options, change: .rebalance).run()
            }
        }
    }
}
