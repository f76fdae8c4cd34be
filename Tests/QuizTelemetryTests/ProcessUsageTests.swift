import Foundation
import QuizTelemetry
import Testing

@Suite struct ProcessUsageTests {
    /// A hierarchy of control groups in a folder of its own.
    private func hierarchy(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "quizmania-groups-\(UUID())")
        defer { try? FileManager.default.removeItem(at: root) }  // a temporary folder may stay
        for (path, text) in files {
            let file = root.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        try body(root.path)
    }

    @Test func `version 2: the tightest limit on the way up counts`() throws {
        let files = [
            "pod/memory.max": "1073741824\n", "pod/cpu.max": "150000 100000\n", "pod/box/memory.max": "max\n",
            "pod/box/cpu.max": "200000 100000\n",
        ]
        try hierarchy(files) { root in
            let limits = ControlGroup.limits(membership: "0::/pod/box\n", root: root)
            #expect(limits == .init(processors: 1.5, memoryBytes: 1 << 30))
        }
    }

    @Test func `version 1: each kind has a hierarchy, and a huge number is no limit`() throws {
        let files = [
            "cpu/pod/cpu.cfs_quota_us": "50000\n", "cpu/pod/cpu.cfs_period_us": "100000\n",
            "memory/pod/memory.limit_in_bytes": "9223372036854771712\n",
            "memory/memory.limit_in_bytes": "536870912\n",
        ]
        try hierarchy(files) { root in
            let limits = ControlGroup.limits(membership: "4:memory:/pod\n3:cpu,cpuacct:/pod\n", root: root)
            #expect(limits == .init(processors: 0.5, memoryBytes: 512 << 20))
        }
    }

    @Test func `without limits, and with files that make no sense, there is none`() throws {
        let none = ProcessUsage.Limits(processors: .infinity, memoryBytes: nil)
        try hierarchy(["cpu.max": "max 100000", "memory.max": "much"]) { root in
            #expect(ControlGroup.limits(membership: "0::/../..", root: root) == none)
            #expect(ControlGroup.limits(membership: "", root: root) == none)
            #expect(ControlGroup.limits(membership: "nonsense", root: root) == none)
        }
        #expect(ControlGroup.limits(membership: nil) == nil)
    }

    @Test func `this process has memory, uses processor time and has limits`() {
        var usage = ProcessUsage()
        #expect(usage.limits.processors > 0 && usage.limits.processors < 4_096)
        #expect((usage.limits.memoryBytes ?? 0) > 64 << 20)
        #expect(ProcessUsage(memoryLimitBytes: 1 << 20).limits.memoryBytes == 1 << 20)
        let first = usage.takeProcessorShare()
        var sum = 0.0
        for number in 0..<3_000_000 { sum += Double(number).squareRoot() }
        let share = usage.takeProcessorShare()
        #expect(first == nil && sum > 0)
        #expect((share ?? 0) > 0)
        #if os(Linux)
            #expect((ProcessUsage.residentBytes() ?? 0) > 1 << 20)
        #endif
    }
}
