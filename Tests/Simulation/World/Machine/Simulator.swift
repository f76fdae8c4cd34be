internal import CSimulatedMachine
internal import HeapModule

/// One thread that is a whole cluster: virtual time, and at each instant a seeded choice of who runs next.
///
/// Everything that runs is a *job* of a process (a piece of a Swift task) or the head of a *strand* (an event loop, a link: things that keep
/// their order). A step takes one of those that can run, by the generator. When none can, time moves to the next timer. Running
/// takes no time; waiting does. The same seed gives the same steps.
package final class Simulator: @unchecked Sendable {  // one thread; see `SimulatedProcess`
    /// The one that runs in this operating system process. Executors have no other way to find it.
    nonisolated(unsafe) package static var current = Simulator(seed: 0)  // one thread
    /// Runs that are over stay as they are: code of theirs that is taken down would run in the next one.
    nonisolated(unsafe) private static var over: [Simulator] = []  // one thread

    enum Runnable {
        case job(UnownedJob, SimulatedProcess)
        case strand(Strand)
    }

    /// Timers of one instant are this far apart at least; later ones are rounded up to it. Sleeping longer is always allowed.
    private static let grainNs: Int64 = 1_000_000
    /// 2026-01-01, in nanoseconds since 1970.
    private static let epochNs: Int64 = 1_767_225_600_000_000_000
    /// More steps without time passing mean that something spins.
    private static let stepsPerInstantMax = 400_000

    /// Virtual nanoseconds since the run began.
    package private(set) var nowNs: Int64 = 0
    package var nowMs: Int64 { nowNs / 1_000_000 }
    package var generator: SeededGenerator
    package private(set) var steps = 0
    /// Clients, network and everything else that is no node.
    package private(set) var outside: SimulatedProcess
    /// Whose code runs now.
    private(set) var running: SimulatedProcess
    /// The event loop or link whose code runs now.
    private(set) var strand: Strand?

    private var runnable: [Runnable] = []
    private var timers = Heap<Timer>()
    private var timersSet = 0
    private var stepsAtThisInstant = 0

    package init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        outside = SimulatedProcess(name: "outside", uptimeNs: 0)
        running = outside
    }

    /// Makes this the machine everything runs on.
    package func begin() {
        Self.over.append(Self.current)
        Self.current = self
        simulated_machine_begin(generator.next())
        SimulatedExecutors.install()
        setClocks(for: outside)
    }

    // MARK: - Doors

    /// Runs `body` later, as part of `process`; not at all when that has died by then.
    package func after(
        ms: Int64, in process: SimulatedProcess? = nil, _ body: @escaping @Sendable () -> Void
    ) {
        let process = process ?? outside
        set(.init(atNs: nowNs + max(0, ms) * 1_000_000, what: .call(process.strand, body)))
    }

    func set(_ timer: Timer) {
        var timer = timer
        timer.atNs = max(nowNs, (timer.atNs + Self.grainNs - 1) / Self.grainNs * Self.grainNs)
        timersSet += 1
        timer.order = timersSet
        timers.insert(timer)
    }

    func enqueue(_ job: UnownedJob, of process: SimulatedProcess) { offer(.job(job, process)) }

    func enqueue(_ body: @escaping @Sendable () -> Void, on strand: Strand) {
        if strand.append(body) { offer(.strand(strand)) }
    }

    /// What a process that was stopped could not do is done now.
    func release(_ withheld: [Runnable]) { runnable += withheld }

    // MARK: - Steps

    /// - Returns: false when there is nothing left to happen.
    /// - Throws: `Breach` when time cannot pass.
    package func step() throws(Breach) -> Bool {
        while !runnable.isEmpty {
            let index = runnable.count == 1 ? 0 : Int(generator.next(below: UInt64(runnable.count)))
            let chosen = runnable[index]
            runnable.swapAt(index, runnable.count - 1)
            runnable.removeLast()
            guard run(chosen) else { continue }
            steps += 1
            stepsAtThisInstant += 1
            if stepsAtThisInstant > Self.stepsPerInstantMax {
                throw Breach(.liveness, "Time cannot pass: the same instant has taken \(stepsAtThisInstant) steps.")
            }
            return true
        }
        guard let next = timers.min else { return false }
        nowNs = max(nowNs, next.atNs)
        stepsAtThisInstant = 0
        setClocks(for: outside)
        while let timer = timers.min, timer.atNs <= nowNs {
            timers.removeMin()
            switch timer.what {
            case .job(let job, let process): offer(.job(job, process))
            case .call(let strand, let body): enqueue(body, on: strand)
            }
        }
        return true
    }

    private func offer(_ runnable: Runnable) { self.runnable.append(runnable) }

    /// - Returns: whether anything ran.
    private func run(_ chosen: Runnable) -> Bool {
        let process =
            switch chosen {
            case .job(_, let process): process
            case .strand(let strand): strand.process
            }
        switch process.state {
        // What a dead process never did is kept, since taking it down would be another thing that happens.
        case .dead, .stopped:
            process.withheld.append(chosen)
            return false
        case .running: break
        }
        running = process
        setClocks(for: process)
        switch chosen {
        case .job(let job, _):
            job.runSynchronously(on: process.executor.asUnownedTaskExecutor())
        case .strand(let strand):
            self.strand = strand
            let body = strand.takeFirst()
            body()
            self.strand = nil
            if strand.hasMore() { offer(.strand(strand)) }
        }
        running = outside
        setClocks(for: outside)
        return true
    }

    private func setClocks(for process: SimulatedProcess) {
        simulated_machine_set_clocks(
            process.monotonicNs(at: nowNs), Self.epochNs + nowNs + process.wallOffsetNs)
    }

    struct Timer: Comparable {
        enum What {
            case job(UnownedJob, SimulatedProcess)
            case call(Strand, @Sendable () -> Void)
        }

        /// Virtual time.
        var atNs: Int64
        var what: What
        var order = 0

        static func < (left: Self, right: Self) -> Bool { (left.atNs, left.order) < (right.atNs, right.order) }
        static func == (left: Self, right: Self) -> Bool { left.order == right.order }
    }
}
