import CSimulatedMachine
import Foundation
import QuizSimulatedDatabase
import QuizSimulation

/// What became of one seed; a line of JSON from a worker to its crew.
struct SeedReport: Codable {
    var seed: UInt64
    /// Nil: no promise was broken.
    var promise: String?
    var sentence: String?
    var virtualMs: Int64
    var steps: Int
    /// Over everything that happened in a world; the same seed gives the same.
    var hash: UInt64
    var counts: [String: Int]
    var actualMs: Int64
}

/// Runs seeds one after the other in this operating system process.
struct Worker {
    let course: Course
    let trace: Bool

    func run(seeds: Int, first: UInt64) throws {
        try beginAgainWithPlainHashes()
        // Kept to the end: what is taken down while another world runs would run in that one.
        var worlds: [World] = []
        for seed in first..<first + UInt64(seeds) {
            // If the process dies, its crew knows of which seed.
            if !trace { say("\(seed)") }
            let report: SeedReport
            switch course {
            case .worlds(let sabotage):
                let world = try World(seed: seed, sabotage: sabotage, keepsTrace: trace)
                worlds.append(world)
                report = play(world)
            case .duels(let sabotage): report = duel(seed, sabotage)
            }
            if !trace { say(String(decoding: try JSONEncoder().encode(report), as: UTF8.self)) }
        }
    }

    private func duel(_ seed: UInt64, _ sabotage: DatabaseSabotage?) -> SeedReport {
        let began = actual_monotonic_ns()
        let duel = Duel(seed: seed, sabotage: sabotage)
        let breaches = duel.run().sorted { ($0.promise, $0.description) < ($1.promise, $1.description) }
        if trace {
            for breach in breaches { say("\(breach.promise): \(breach)") }
            if breaches.isEmpty { say("no promise was broken") }
        }
        let told = breaches.first { course.explains($0.promise) } ?? breaches.first
        var counts: [String: Int] = ["faults: \(duel.faults)": 1]
        for (branch, count) in duel.server.statistics.counts { counts["database: \(branch.rawValue)"] = count }
        return SeedReport(
            seed: seed, promise: told?.promise, sentence: told?.description, virtualMs: duel.nowMs, steps: duel.steps,
            hash: 0, counts: counts, actualMs: (actual_monotonic_ns() - began) / 1_000_000)
    }

    private func play(_ world: World) -> SeedReport {
        let began = actual_monotonic_ns()
        var breach: Breach?
        do throws(Breach) { try world.run() } catch { breach = error }
        if trace {
            for line in world.trace.lines { say(line) }
            say("hash \(world.trace.hash)")
            say(breach.map { "broken: \($0)" } ?? "no promise was broken")
        }
        return SeedReport(
            seed: world.seed, promise: breach?.promise.rawValue, sentence: breach?.sentence,
            virtualMs: world.simulator.nowMs, steps: world.simulator.steps, hash: world.trace.hash,
            counts: world.trace.counts, actualMs: (actual_monotonic_ns() - began) / 1_000_000)
    }

    private func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    /// Swift seeds its hashes at random in each process, and sets and dictionaries take their order from that. Here it follows from nothing but what is in
    /// them.
    private func beginAgainWithPlainHashes() throws {
        let name = "SWIFT_DETERMINISTIC_HASHING"
        guard ProcessInfo.processInfo.environment[name] == nil else { return }
        setenv(name, "1", 1)
        var arguments = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        execv("/proc/self/exe", arguments)
        throw CocoaError(.executableLoad)  // `execv` returns only when it fails
    }
}
