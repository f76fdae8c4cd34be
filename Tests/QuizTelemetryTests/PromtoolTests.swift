import Foundation
import QuizTelemetry
import Testing

@Suite struct PromtoolTests {
    static let promtool = "/usr/bin/promtool"

    /// Runs where Debian's `prometheus` package is installed, as on CI.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: promtool)))
    func `promtool finds nothing to say about the page`() throws {
        let process = Process()
        process.executableURL = URL(filePath: Self.promtool)
        process.arguments = ["check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(MetricsRegistry.withEveryMetric().render().utf8))
        try input.fileHandleForWriting.close()
        let complaints = try output.fileHandleForReading.readToEnd().map { String(decoding: $0, as: UTF8.self) } ?? ""
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(complaints)")
        #expect(complaints == "")
    }
}
