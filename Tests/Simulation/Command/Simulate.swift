import ArgumentParser
import Foundation
import QuizSimulation

/// Runs seeds; see `Tests/Simulation/README.md`.
@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Plays whole clusters in virtual time and looks for a broken promise.")

    @Option(help: "How many seeds to run.")
    var seeds = 100

    @Option(help: "The first of them.")
    var firstSeed: UInt64 = 1

    @Option(help: "Plants a bug that must be caught: P1 to P8.")
    var sabotage: Sabotage?

    @Option(help: "Stops after this time, whatever is left.")
    var seconds: Int?

    @Option(help: "Operating system processes that share the seeds.")
    var workers = 2

    @Flag(help: "Prints what happens; for one seed.")
    var trace = false

    @Flag(help: .hidden)
    var worker = false

    func run() throws {
        if worker || trace { return try Worker(trace: trace, sabotage: sabotage).run(seeds: seeds, first: firstSeed) }
        let crew = Crew(
            seeds: seeds, firstSeed: firstSeed, sabotage: sabotage, seconds: seconds, workers: max(1, workers))
        guard try crew.run() else { throw ExitCode.failure }
    }
}

extension Sabotage: ExpressibleByArgument {}
