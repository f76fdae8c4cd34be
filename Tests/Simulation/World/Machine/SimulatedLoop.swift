package import Dispatch
package import NIOCore

/// An event loop of a simulated process.
package final class SimulatedLoop: NIOSerialEventLoopExecutor, @unchecked Sendable {  // the simulator's thread
    private let strand: Strand
    private let process: SimulatedProcess

    package init(of process: SimulatedProcess) {
        self.process = process
        strand = Strand(of: process)
    }

    package var inEventLoop: Bool { Simulator.current.strand === strand }
    package var now: NIODeadline { .now() }

    package func execute(_ task: @escaping @Sendable () -> Void) { Simulator.current.enqueue(task, on: strand) }

    package func scheduleTask<T>(
        deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T
    ) -> Scheduled<T> {
        let promise = makePromise(of: T.self)
        let timer = LoopTimer()
        let atNs = process.worldNs(at: Int64(clamping: deadline.uptimeNanoseconds))
        Simulator.current.set(
            .init(
                atNs: atNs,
                what: .call(strand) {
                    guard timer.fire() else { return }
                    do {
                        promise.assumeIsolatedUnsafeUnchecked().succeed(try task())
                    } catch {
                        promise.fail(error)
                    }
                }))
        return Scheduled(promise: promise) {
            if timer.fire() { promise.fail(EventLoopError.cancelled) }
        }
    }

    package func scheduleTask<T>(
        in time: TimeAmount, _ task: @escaping @Sendable () throws -> T
    ) -> Scheduled<T> {
        scheduleTask(deadline: now + time, task)
    }

    // MARK: - A group of one

    package func next() -> any EventLoop { self }
    package func makeIterator() -> EventLoopIterator { EventLoopIterator([self]) }

    /// Loops end with their process.
    package func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        callback(nil)
    }
}

/// A timer that fires or is cancelled, once.
private final class LoopTimer: @unchecked Sendable {  // the simulator's thread
    private var isOver = false

    /// False: it has fired or been cancelled before.
    func fire() -> Bool {
        defer { isOver = true }
        return !isOver
    }
}
