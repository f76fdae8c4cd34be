import Foundation
import Testing

/// The simulation itself, held to what it claims. It replaces the clock and the thread pool of its whole process, so it runs in one of its own.
@Suite(.serialized) struct SimulationTests {
    @Test func `a seed gives the same run, line by line`() throws {
        let first = try simulate("--first-seed", "5", "--trace")
        let second = try simulate("--first-seed", "5", "--trace")
        #expect(first.output.count > 1_000)
        #expect(first.output == second.output)
        #expect(try simulate("--first-seed", "6", "--trace").output != first.output)
    }

    @Test func `no promise is broken`() throws {
        let run = try simulate("--first-seed", "100", "--seeds", "4", "--workers", "1")
        #expect(run.status == 0, "\(run.output)")
    }

    @Test(arguments: ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8"])
    func `a planted bug is caught`(name: String) throws {
        let run = try simulate("--sabotage", name, "--seeds", "1000", "--workers", "1")
        #expect(run.status == 0, "\(run.output)")
        #expect(run.output.contains("the planted bug is caught"))
    }

    private func simulate(_ arguments: String...) throws -> (status: Int32, output: String) {
        let process = Process()
        let here = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        process.executableURL = here.appendingPathComponent("simulate")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
