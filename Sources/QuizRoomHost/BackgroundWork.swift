package import NIOCore
internal import ServiceLifecycle
internal import Synchronization

/// Runs what must not be waited for on an event loop: database reads, snapshots, results, chat.
///
/// What is submitted on an event loop runs there too, between its other work: such jobs mostly wait, and a job that has to wake a thread of the pool
/// first, and the loop again in the end, pays more for that than for what it does. None may compute for long.
///
/// Bounded: of each loop's jobs at most `concurrency` run and at most `queueMax` wait. A job that does not fit is refused, and its submitter says `busy`.
package final class BackgroundWork: Service {
    package typealias Job = @Sendable () async -> Void

    private struct Queue {
        /// Nil: the jobs run wherever there is room.
        let loop: (any EventLoop)?
        let jobs: AsyncStream<Job>
        let submitter: AsyncStream<Job>.Continuation
    }

    /// One or more.
    private let queues: [Queue]
    private let concurrency: Int

    /// - Parameter loops: those that submit; without any, jobs run wherever there is room.
    package init(loops: [any EventLoop] = [], concurrency: Int = 16, queueMax: Int = 10_000) {
        self.concurrency = concurrency
        queues = (loops.isEmpty ? [nil] : loops.map(Optional.some)).map { loop in
            let (jobs, submitter) = AsyncStream<Job>.makeStream(bufferingPolicy: .bufferingOldest(queueMax))
            return Queue(loop: loop, jobs: jobs, submitter: submitter)
        }
    }

    /// - Returns: false when too many jobs wait already, or the service has ended; the job will not run.
    @discardableResult
    package func submit(_ job: @escaping Job) -> Bool {
        let own = queues.first { $0.loop?.inEventLoop ?? false } ?? queues[0]
        if case .enqueued = own.submitter.yield(job) { return true }
        return false
    }

    /// Runs until the node shuts down; what was submitted before still runs.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for queue in queues {
                    group.addTask(executorPreference: queue.loop.map(LoopTaskExecutor.init)) {
                        await self.work(queue.jobs)
                    }
                }
            }
        } onGracefulShutdown: {
            for queue in self.queues { queue.submitter.finish() }
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

/// Runs tasks on an event loop.
private final class LoopTaskExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
