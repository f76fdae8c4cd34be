internal import ArgumentParser
internal import Foundation
internal import QuizSimulatedDatabase

/// Compares the simulated PostgreSQL with a real one; see `Tests/Simulation/Database/README.md`.
@main
struct AgreementCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agreement",
        abstract: "Plays the same schedules on the simulated PostgreSQL and on the one QUIZMANIA_TEST_POSTGRES names.")

    @Option(help: "How many schedules to play.")
    var seeds = 240

    @Option(help: "The seed of the first of them.")
    var firstSeed: UInt64 = 1

    @Option(help: "Spoils the simulated server: then a difference must be found.")
    var sabotage: DatabaseSabotage?

    /// Most of the time is waiting.
    @Option(help: "Schedules played side by side.")
    var workers = 6

    func run() async throws {
        guard let conninfo = ProcessInfo.processInfo.environment["QUIZMANIA_TEST_POSTGRES"] else {
            throw ValidationError("QUIZMANIA_TEST_POSTGRES must name a server: a connection string of a superuser.")
        }
        // Over TCP the first bytes for a client that is gone are taken by the kernel, and the server reads on: a Sync that was sent commits. A
        // Unix socket refuses them, and the process ends before it.
        guard !conninfo.contains("host=/"), conninfo.contains("host=") else {
            throw ValidationError("QUIZMANIA_TEST_POSTGRES must lead there over TCP, as nodes do: host=127.0.0.1.")
        }
        let agreement = Agreement(conninfo: conninfo, sabotage: sabotage)
        let outcomes = try await withThrowingTaskGroup(of: (played: Int, difference: String?).self) { group in
            for worker in 0..<max(1, workers) {
                let seeds = stride(from: worker, to: seeds, by: max(1, workers)).map { firstSeed + UInt64($0) }
                let database = "quizmania_agreement_\(getpid())_\(worker)"
                group.addTask { try await agreement.play(seeds, in: database) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let differences = outcomes.compactMap(\.difference)
        for difference in differences { print(difference) }
        print("\(outcomes.reduce(0) { $0 + $1.played }) schedules, \(differences.count) differences")
        if sabotage != nil {
            print(differences.isEmpty ? "the planted difference is NOT seen" : "the planted difference is seen")
        }
        guard differences.isEmpty == (sabotage == nil) else { throw ExitCode.failure }
    }
}

extension DatabaseSabotage: ExpressibleByArgument {}
