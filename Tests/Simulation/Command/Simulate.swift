import ArgumentParser
import Foundation
import QuizSimulatedDatabase
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

    @Flag(help: "Plays duels: nodes that fight over shards of the database.")
    var duels = false

    @Option(help: "Plants a bug that must be caught, in worlds or in duels, wherever it shows.")
    var sabotage: PlantedBug?

    @Option(help: "Stops after this time, whatever is left.")
    var seconds: Int?

    @Option(help: "Operating system processes that share the seeds.")
    var workers = 2

    @Flag(help: "Prints all that happens, in one process.")
    var trace = false

    @Flag(help: .hidden)
    var worker = false

    func validate() throws {
        if duels, case .ofWorld(let sabotage) = sabotage {
            throw ValidationError("\(sabotage.rawValue) shows in worlds, not in duels.")
        }
    }

    func run() throws {
        if worker || trace { return try Worker(course: course, trace: trace).run(seeds: seeds, first: firstSeed) }
        let crew = Crew(course, seeds: seeds, firstSeed: firstSeed, seconds: seconds, workers: max(1, workers))
        guard try crew.run() else { throw ExitCode.failure }
    }

    private var course: Course {
        switch sabotage {
        case nil: duels ? .duels(nil) : .worlds(nil)
        case .ofDatabase(let sabotage): .duels(sabotage)
        case .ofWorld(let sabotage): .worlds(sabotage)
        }
    }
}
