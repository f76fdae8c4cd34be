internal import DequeModule

/// One operating system process of the simulation: it can be killed and stopped.
///
/// Which process a piece of code belongs to follows from the event loop or the task executor it runs on. Code of a dead process is never
/// run again; code of a stopped one waits, while time goes on.
package final class SimulatedProcess: @unchecked Sendable {  // the simulator's thread
    enum State { case running, stopped, dead }

    package let name: String
    /// What its monotonic clock was ahead of the simulator's at the beginning.
    private let uptimeNs: Int64
    /// Percent its monotonic clock goes faster than the world's.
    private let fastPercent: Int64
    /// How wrong its wall clock is.
    package var wallOffsetNs: Int64 = 0
    private(set) var state = State.running
    var withheld: [Simulator.Runnable] = []
    /// For calls that belong to no loop or link; they keep their order.
    private(set) lazy var strand = Strand(of: self)
    private(set) lazy var executor = ProcessExecutor(of: self)

    init(name: String, uptimeNs: Int64, fastPercent: Int64 = 0) {
        self.name = name
        self.uptimeNs = uptimeNs
        self.fastPercent = fastPercent
    }

    /// What its monotonic clock says at an instant of the world.
    func monotonicNs(at worldNs: Int64) -> Int64 { uptimeNs + worldNs + worldNs / 100 * fastPercent }

    /// When its monotonic clock will say so.
    func worldNs(at monotonicNs: Int64) -> Int64 { (monotonicNs - uptimeNs) / (100 + fastPercent) * 100 }

    package var isAlive: Bool { state != .dead }
    package var isStopped: Bool { state == .stopped }

    /// SIGKILL.
    func kill() { state = .dead }

    /// SIGSTOP.
    func stop() { if state == .running { state = .stopped } }

    /// SIGCONT.
    func resume() {
        guard state == .stopped else { return }
        state = .running
        Simulator.current.release(withheld)
        withheld = []
    }
}

/// Things that happen one after the other, in the order in which they were asked for.
final class Strand: @unchecked Sendable {  // the simulator's thread
    let process: SimulatedProcess
    private var waiting: Deque<@Sendable () -> Void> = []

    init(of process: SimulatedProcess) { self.process = process }

    /// - Returns: whether it was idle, so that the simulator does not know of it.
    func append(_ body: @escaping @Sendable () -> Void) -> Bool {
        waiting.append(body)
        return waiting.count == 1
    }

    /// What runs stays in front until `hasMore`, so that the strand does not look idle meanwhile.
    func takeFirst() -> @Sendable () -> Void { waiting[0] }

    func hasMore() -> Bool {
        waiting.removeFirst()
        return !waiting.isEmpty
    }
}
