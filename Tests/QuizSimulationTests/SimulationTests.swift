import Foundation
import Testing

/// The simulation itself, held to what it claims. It replaces the clock and the thread pool of its whole process, so it runs in one of its own.
///
/// A few seeds only, since nothing is optimised here; the stage `simulation` of `cluster/test` runs many.
@Suite(.serialized) struct SimulationTests {
    @Test func `a seed gives the same run, line by line`() throws {
        let first = try simulate("--first-seed", "1", "--trace")
        let second = try simulate("--first-seed", "1", "--trace")
        #expect(first.output.contains("\nhash "))
        #expect(first.output.utf8.count > 1_000)
        #expect(first.output == second.output)
    }

    @Test(arguments: ["P1", "P4", "P7", "P8"])
    func `a planted bug is caught`(name: String) throws {
        let run = try simulate("--sabotage", name, "--seeds", "12", "--workers", "1")
        #expect(run.status == 0, "\(run.output)")
        #expect(run.output.contains("the planted bug is caught"))
    }

    /// - Returns: exit code and standard output.
    private func simulate(_ arguments: String...) throws -> (status: Int32, output: String) {
        let process = Process()
        // Built beside the tests.
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
