internal import Foundation

/// What this process uses of processor and memory, and what it may use: set for its control group (version 2 or 1), else the machine's.
package struct ProcessUsage: Sendable {
    package struct Limits: Hashable, Sendable {
        /// Processors' worth of time; 0.5 is half of one.
        package var processors: Double
        /// Nil: not known.
        package var memoryBytes: Int64?

        package init(processors: Double, memoryBytes: Int64?) {
            self.processors = processors
            self.memoryBytes = memoryBytes
        }
    }

    package let limits: Limits
    private var last: (clock: ContinuousClock.Instant, cpuNs: Int64)?

    /// - Parameter memoryLimitBytes: wins over what the control group says; nil: not set.
    package init(memoryLimitBytes: Int64? = nil) {
        var found = ControlGroup.limits() ?? Limits(processors: .infinity, memoryBytes: nil)
        found.processors = min(found.processors, Double(ProcessInfo.processInfo.activeProcessorCount))
        let machine = Int64(clamping: ProcessInfo.processInfo.physicalMemory)
        found.memoryBytes = memoryLimitBytes ?? min(found.memoryBytes ?? machine, machine)
        limits = found
    }

    /// Processor time used since the last call, of what the process may use; 0 ... 1 and a little more. Nil the first time.
    package mutating func takeProcessorShare() -> Double? {
        var time = timespec()
        guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return nil }
        let cpuNs = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        let now = ContinuousClock.now
        defer { last = (now, cpuNs) }
        guard let last else { return nil }
        let (seconds, attoseconds) = (now - last.clock).components
        let passed = Double(seconds) + Double(attoseconds) * 1e-18
        guard passed > 0 else { return nil }
        return Double(cpuNs - last.cpuNs) / 1e9 / passed / limits.processors
    }

    /// Resident memory, bytes; nil where the system does not say.
    package static func residentBytes() -> Int64? {
        guard let text = ControlGroup.read("/proc/self/statm") else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int64(fields[1]) else { return nil }
        return pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
    }
}

/// Limits of the control group this process is in. A group's limit holds for the groups below it, so the tightest on the way up counts.
package enum ControlGroup {
    /// - Parameters:
    ///   - membership: the text of `/proc/self/cgroup`.
    ///   - root: where the hierarchy is mounted.
    /// - Returns: nil where there are no control groups; without limits: infinitely many processors, no memory.
    package static func limits(
        membership: String? = read("/proc/self/cgroup"), root: String = "/sys/fs/cgroup"
    ) -> ProcessUsage.Limits? {
        guard let membership else { return nil }
        var limits = ProcessUsage.Limits(processors: .infinity, memoryBytes: nil)
        func tighten(processors: Double?, memory: Int64?) {
            if let processors { limits.processors = min(limits.processors, processors) }
            if let memory { limits.memoryBytes = min(limits.memoryBytes ?? .max, memory) }
        }
        for line in membership.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let kinds = parts[1].split(separator: ",")
            if kinds.isEmpty {
                for folder in folders(String(parts[2]), below: root) {
                    tighten(
                        processors: read(folder + "/cpu.max").flatMap(quota(version2:)),
                        memory: read(folder + "/memory.max").flatMap(bytes))
                }
            }
            if kinds.contains("cpu") {
                for folder in folders(String(parts[2]), below: "\(root)/cpu") {
                    tighten(
                        processors: quota(
                            microseconds: read(folder + "/cpu.cfs_quota_us"), of: read(folder + "/cpu.cfs_period_us")),
                        memory: nil)
                }
            }
            if kinds.contains("memory") {
                for folder in folders(String(parts[2]), below: "\(root)/memory") {
                    tighten(processors: nil, memory: read(folder + "/memory.limit_in_bytes").flatMap(bytes))
                }
            }
        }
        return limits
    }

    /// A group's folder and those above it. Inside a container the path may be one of the host's, and only the root is there.
    private static func folders(_ path: String, below root: String) -> [String] {
        var folders = [root]
        for part in path.split(separator: "/") where part != ".." {
            folders.append("\(folders[folders.count - 1])/\(part)")
        }
        return folders
    }

    /// `150000 100000` is one and a half processors, `max 100000` no limit.
    private static func quota(version2 text: String) -> Double? {
        let fields = text.split(whereSeparator: \.isWhitespace)
        guard fields.count == 2 else { return nil }
        return quota(microseconds: String(fields[0]), of: String(fields[1]))
    }

    private static func quota(microseconds: String?, of period: String?) -> Double? {
        guard let quota = number(microseconds), let period = number(period), quota > 0, period > 0 else { return nil }
        return Double(quota) / Double(period)
    }

    /// `max`, and numbers near the largest there is, mean no limit.
    private static func bytes(_ text: String) -> Int64? {
        guard let value = number(text), value > 0, value < 1 << 60 else { return nil }
        return value
    }

    private static func number(_ text: String?) -> Int64? {
        text.flatMap { Int64($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// The text of a small file; nil when it is not there.
    package static func read(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
