import ArgumentParser
import QuizCluster
import QuizShards

/// What all commands about the cluster have in common.
struct OperatorOptions: ParsableArguments {
    @OptionGroup var files: ConfigurationOption
    @Flag(help: "Print one JSON document and nothing else.") var json = false

    func show(_ report: some ClusterReport, hasDirectory: Bool) throws {
        if !hasDirectory {
            Console.problem("Redis does not answer, so that names and life of the nodes are not known.")
        }
        if json { return Console.line(try report.json()) }
        for line in report.lines { Console.line(line) }
    }

    static func reference(_ text: String) throws -> ShardReference {
        guard let reference = ShardReference(text) else {
            throw OperatorFault("\(text) is no shard. \(ShardReference.rule)")
        }
        return reference
    }
}

/// What all commands that change something have in common.
struct ChangeOptions: ParsableArguments {
    @OptionGroup var common: OperatorOptions
    @Option(help: "Why; kept with the change.") var reason: String?
    @Flag(help: "Show which moves the change would cause, and change nothing.") var plan = false
    @Flag(inversion: .prefixedNo, help: "Wait until everything has moved, at most a minute.") var wait = true
}
