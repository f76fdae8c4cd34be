internal import CSimulatedMachine
@_spi(ExperimentalCustomExecutors) @_spi(ExperimentalScheduling) internal import _Concurrency

/// Runs the Swift tasks of one process: jobs go to the simulator, sleeps become its timers.
///
/// A node's tasks begin with a preference for it, and their children inherit that. So whoever wakes a task, it goes on in its own process.
final class ProcessExecutor: TaskExecutor, SchedulingExecutor, @unchecked Sendable {  // the simulator's thread
    private unowned let process: SimulatedProcess

    init(of process: SimulatedProcess) { self.process = process }

    func enqueue(_ job: consuming ExecutorJob) { Simulator.current.enqueue(UnownedJob(job), of: process) }

    func enqueue<C: Clock>(
        _ job: consuming ExecutorJob, after delay: C.Duration, tolerance: C.Duration?, clock: C
    ) {
        Sleep.enqueue(UnownedJob(job), of: process, for: delay)
    }

    func enqueue<C: Clock>(
        _ job: consuming ExecutorJob, at instant: C.Instant, tolerance: C.Duration?, clock: C
    ) {
        Sleep.enqueue(UnownedJob(job), of: process, for: clock.now.duration(to: instant))
    }
}

/// What tasks run on that have no preference: they belong to whoever runs when they are woken.
private final class AnyProcessExecutor: TaskExecutor, SchedulingExecutor, Sendable {
    func enqueue(_ job: consuming ExecutorJob) {
        let simulator = Simulator.current
        simulator.enqueue(UnownedJob(job), of: simulator.running)
    }

    func enqueue<C: Clock>(
        _ job: consuming ExecutorJob, after delay: C.Duration, tolerance: C.Duration?, clock: C
    ) {
        Sleep.enqueue(UnownedJob(job), of: Simulator.current.running, for: delay)
    }

    func enqueue<C: Clock>(
        _ job: consuming ExecutorJob, at instant: C.Instant, tolerance: C.Duration?, clock: C
    ) {
        Sleep.enqueue(UnownedJob(job), of: Simulator.current.running, for: clock.now.duration(to: instant))
    }
}

private enum Sleep {
    static func enqueue(_ job: UnownedJob, of process: SimulatedProcess, for duration: some DurationProtocol) {
        // The clocks of the standard library measure in `Duration`; no other clock is used.
        let parts = (duration as? Duration ?? .zero).components
        let ns = parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
        let simulator = Simulator.current
        simulator.set(.init(atNs: simulator.nowNs + max(0, ns), what: .job(job, process)))
    }
}

/// Nothing of a node runs on the main actor; what does all the same belongs to whoever runs.
private final class SimulatedMainExecutor: MainExecutor, Sendable {
    func enqueue(_ job: consuming ExecutorJob) {
        let simulator = Simulator.current
        simulator.enqueue(UnownedJob(job), of: simulator.running)
    }

    func run() throws {}
    func stop() {}
}

/// Replaces the concurrency runtime's thread pool.
struct SimulatedExecutors: ExecutorFactory {
    static let mainExecutor: any MainExecutor = SimulatedMainExecutor()
    static let defaultExecutor: any TaskExecutor = AnyProcessExecutor()

    private static let installed: Void = _createExecutors(factory: SimulatedExecutors.self)

    /// Before any task of this operating system process has run; later calls change nothing.
    static func install() { installed }
}
