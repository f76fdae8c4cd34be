internal import ServiceLifecycle
internal import Synchronization

/// Runs what must not wait on an event loop: database reads, snapshots, results, chat.
///
/// Bounded: at most `concurrency` jobs run and at most `queueMax` wait. A job that does not fit is refused, and its submitter says `busy`.
package final class BackgroundWork: Service {
    package typealias Job = @Sendable () async -> Void

    private let jobs: AsyncStream<Job>
    private let submitter: AsyncStream<Job>.Continuation
    private let concurrency: Int

    package init(concurrency: Int = 16, queueMax: Int = 10_000) {
        self.concurrency = concurrency
        (jobs, submitter) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(queueMax))
    }

    /// - Returns: false when too many jobs wait already, or the service has ended; the job will not run.
    @discardableResult
    package func submit(_ job: @escaping Job) -> Bool {
        if case .enqueued = submitter.yield(job) { return true }
        return false
    }

    /// Runs until the node shuts down; what was submitted before still runs.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await work()
        } onGracefulShutdown: {
            self.submitter.finish()
        }
    }

    private func work() async {
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
