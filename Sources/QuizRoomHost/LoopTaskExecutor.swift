package import NIOCore

/// Runs tasks on event loops: on the one whose thread resumes them, else on the next of the group. An event loop is a
/// group of itself.
///
/// A task that waits for its loop goes on there, without waking a thread of the pool, and without that thread's way back.
package final class LoopTaskExecutor: TaskExecutor {
    private let group: any EventLoopGroup

    package init(_ group: any EventLoopGroup) { self.group = group }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        group.any().execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
