import ArgumentParser
import Foundation
import QuizCluster
import QuizModel
import QuizNode

/// `quizmania check`: whether everything the promises rest on is as it must be.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check settings and everything that is stored.",
        discussion: """
            Reads only, in small steps, so that a cluster may go on meanwhile. Without --room or --since every journal is folded again.
            Exit codes: 0 all is well, 1 something is broken, 2 not everything could be looked at.
            """)

    @OptionGroup var files: ConfigurationOption
    @Flag(help: "Print one JSON document and nothing else.") var json = false
    @Option(help: "Only this room, and nothing of the cluster: its id, or its code while it is open.") var room: String?
    @Option(help: "Only open rooms and those that closed within this time: 90m, 12h, 7d.") var since: String?
    @Flag(help: "Repair what can be repaired without risk; with --plan only show it.") var repair = false
    @Flag(help: "With --repair: show exactly what would be done, and do nothing.") var plan = false
    @Option(help: "Why; kept with each repair.") var reason: String?

    func validate() throws {
        if plan, !repair { throw ValidationError("--plan goes with --repair.") }
        if repair, !plan, (reason ?? "").allSatisfy(\.isWhitespace) {
            throw ValidationError(
                "Say why with --reason TEXT; it is kept with each repair. Or look first, with --plan.")
        }
        if let since, Self.milliseconds(since) == nil {
            throw ValidationError("--since is a number and m, h or d, as 12h; not \(since).")
        }
    }

    func run() async throws {
        let report: CheckReport
        do {
            report = try await ClusterDesk.open(files) { desk in
                try await check(&desk)
            }
        } catch {
            Console.endProgress()
            Console.problem("quizmania: \(error)")
            throw ExitCode(2)
        }
        if json { Console.line(try report.json()) } else { for line in report.lines { Console.line(line) } }
        if report.status != 0 { throw ExitCode(report.status) }
    }

    private func check(_ desk: inout ClusterDesk) async throws -> CheckReport {
        let began = ContinuousClock.now
        let sinceMs = since.flatMap(Self.milliseconds).map { Int64(Date().timeIntervalSince1970 * 1_000) - $0 }
        let settings = try await NodeSettings.load(file: files.config)
        let run = try CheckRun(settings: settings, desk: desk)
        var report = CheckReport()
        do {
            try await run.look(&desk, scope: .init(room: room, sinceMs: sinceMs), &report)
            if repair { try await run.repair(&report, reason: plan ? nil : reason ?? "") }
        } catch {
            await run.close()
            throw error
        }
        await run.close()
        let took = (ContinuousClock.now - began).components
        report.tookMs = Int(took.seconds) * 1_000 + Int(took.attoseconds / 1_000_000_000_000_000)
        return report
    }

    /// Of `90m`, `12h` or `7d`.
    static func milliseconds(_ text: String) -> Int64? {
        guard let unit = text.last, let scale = ["m": 60_000, "h": 3_600_000, "d": 86_400_000][unit] as Int64?,
            let number = Int64(text.dropLast()), (1...100_000).contains(number)
        else { return nil }
        return number * scale
    }
}
