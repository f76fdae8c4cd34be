package import NIOCore
internal import ServiceLifecycle
internal import Synchronization

/// Runs what must not be waited for on an event loop: database reads, snapshots, results, chat.
///
/// What is submitted on an event loop runs there too, between its other work: such jobs mostly wait, and a job that has to wake a thread of the pool
/// first, and the loop again in the end, pays more for that than for what it does. So does all that the job awaits. A job that computes for more than a
/// millisecond says so, and runs beside the loops.
///
/// Bounded: of each loop's jobs, and of those beside, at most `concurrency` run and at most `queueMax` wait. A job that does not fit is refused, and its submitter says `busy`.
package final class BackgroundWork: Service {
    package typealias Job = @Sendable () async -> Void

    private struct Queue {
        /// Nil: the jobs run wherever there is room.
        let loop: (any EventLoop)?
        let jobs: AsyncStream<Job>
        let submitter: AsyncStream<Job>.Continuation
    }

    private let beside: Queue
    /// Of the loops.
    private let queues: [Queue]
    private let concurrency: Int

    /// - Parameter loops: those that submit; what is submitted elsewhere runs wherever there is room.
    package init(loops: [any EventLoop] = [], concurrency: Int = 16, queueMax: Int = 10_000) {
        func queue(_ loop: (any EventLoop)?) -> Queue {
            let (jobs, submitter) = AsyncStream<Job>.makeStream(bufferingPolicy: .bufferingOldest(queueMax))
            return Queue(loop: loop, jobs: jobs, submitter: submitter)
        }
        self.concurrency = concurrency
        beside = queue(nil)
        queues = loops.map(queue)
    }

    /// - Parameter computes: the job keeps a processor busy for more than a millisecond at a time.
    /// - Returns: false when too many jobs wait already, or the service has ended; the job will not run.
    @discardableResult
    package func submit(computes: Bool = false, _ job: @escaping Job) -> Bool {
        let queue = computes ? beside : queues.first { $0.loop?.inEventLoop ?? false } ?? beside
        if case .enqueued = queue.submitter.yield(job) { return true }
        return false
    }

    /// Runs until the node shuts down; what was submitted before still runs.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for queue in queues + [beside] {
                    group.addTask(executorPreference: queue.loop.map { LoopTaskExecutor($0) }) {
                        await self.work(queue.jobs)
                    }
                }
            }
        } onGracefulShutdown: {
            for queue in self.queues + [self.beside] { queue.submitter.finish() }
        }
    }

    private func work(_ jobs: AsyncStream<Job>) async {
        // Its tasks have the preference of this one.
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for await job in jobs {
                if running >= concurrency {
                    await group.next()
                    running -= 1
                }
                group.addTask { await job() }
                running += 1
            }
        }
    }
}
