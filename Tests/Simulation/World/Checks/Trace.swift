/// What happened in a run, line by line; the same for the same seed.
package final class Trace: @unchecked Sendable {  // the simulator's thread
    package private(set) var lines: [String] = []
    private unowned let simulator: Simulator
    private let isKept: Bool
    /// FNV-1a over all lines, kept or not.
    package private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    /// How often each fault and each branch happened.
    package private(set) var counts: [String: Int] = [:]

    package init(simulator: Simulator, isKept: Bool) {
        self.simulator = simulator
        self.isKept = isKept
    }

    package func note(_ line: @autoclosure () -> String) {
        let text = "\(simulator.nowMs) \(line())"
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        if isKept { lines.append(text) }
    }

    package func count(_ what: String, by amount: Int = 1) { counts[what, default: 0] += amount }
}
