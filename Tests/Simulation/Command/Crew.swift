import ArgumentParser
import CSimulatedMachine
import Dispatch
import Foundation
import NIOConcurrencyHelpers
import QuizSimulation

/// Shares the seeds among worker processes and sums up what they report.
final class Crew: Sendable {
    private struct State {
        var next: UInt64
        var reports: [SeedReport] = []
        /// The worker died in these.
        var lost: [UInt64] = []
    }

    private let end: UInt64
    private let course: Course
    private let deadlineNs: Int64
    private let workers: Int
    private let beganNs: Int64
    private let state: NIOLockedValueBox<State>

    init(_ course: Course, seeds: Int, firstSeed: UInt64, seconds: Int?, workers: Int) {
        end = firstSeed + UInt64(seeds)
        self.course = course
        let now = actual_monotonic_ns()
        beganNs = now
        deadlineNs = seconds.map { now + Int64($0) * 1_000_000_000 } ?? .max
        self.workers = workers
        state = NIOLockedValueBox(State(next: firstSeed))
    }

    /// - Returns: whether all is as it should be.
    func run() throws -> Bool {
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            while let (first, count) = take() { work(first, count) }
        }
        let (reports, lost) = state.withLockedValue { ($0.reports, $0.lost) }
        let seconds = Double(actual_monotonic_ns() - beganNs) / 1e9
        let summary = Summary(reports: reports, lost: lost, course: course, seconds: seconds)
        for line in summary.lines { say(line) }
        return summary.isGood
    }

    /// The next seeds; nil: there is nothing left to do.
    private func take() -> (UInt64, Int)? {
        state.withLockedValue { state in
            guard state.next < end, actual_monotonic_ns() < deadlineNs, !isDecided(state) else { return nil }
            let count = Int(min(UInt64(course.seedsPerWorker), end - state.next))
            defer { state.next += UInt64(count) }
            return (state.next, count)
        }
    }

    /// Sabotage needs to be caught once.
    private func isDecided(_ state: State) -> Bool {
        state.reports.contains { course.explains($0.promise) }
    }

    private func work(_ first: UInt64, _ count: Int) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["--worker", "--first-seed", "\(first)", "--seeds", "\(count)"] + course.arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_DETERMINISTIC_HASHING": "1"]) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        do { try process.run() } catch {
            return say("A worker cannot be started: \(error).")
        }
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        var begun: UInt64?
        for line in output.split(separator: UInt8(ascii: "\n")) {
            if let seed = UInt64(String(decoding: line, as: UTF8.self)) {
                begun = seed
            } else if let report = try? JSONDecoder().decode(SeedReport.self, from: line) {  // else it died in it
                begun = nil
                state.withLockedValue { $0.reports.append(report) }
                // A planted bug may break many promises, and has to break its own.
                if let promise = report.promise, !course.isSabotaged || course.explains(promise) {
                    say("seed \(report.seed) breaks \(promise): \(report.sentence ?? "")")
                }
            }
        }
        if let begun {
            state.withLockedValue { $0.lost.append(begun) }
            say("seed \(begun) ends the process: \(process.terminationReason) \(process.terminationStatus)")
        }
    }
}

func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
