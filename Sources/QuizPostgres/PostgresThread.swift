internal import DequeModule
internal import Dispatch
internal import Foundation
internal import NIOConcurrencyHelpers

/// One thread that runs jobs in the order of their submission; jobs may block.
///
/// Every libpq connection has such a thread of its own, so that a slow one delays neither another connection nor the
/// threads Swift's tasks share.
final class PostgresThread: Sendable {
    typealias Job = @Sendable () -> Void

    private struct Queue {
        var jobs: Deque<Job> = []
        var isClosed = false
    }

    /// Shared with the thread, which must not keep its owner alive.
    private final class Inbox: Sendable {
        let queue = NIOLockedValueBox(Queue())
        let wakeUp = DispatchSemaphore(value: 0)
    }

    /// Jobs waiting at most; the next one is refused. Callers have one statement under way each, so it is never near.
    private static let jobsMax = 1_024

    private let inbox = Inbox()

    /// - Parameter name: shown by debuggers; Linux keeps the first 15 bytes.
    init(name: String) {
        let thread = Thread { [inbox] in Self.work(inbox) }
        thread.name = name
        thread.stackSize = 512 << 10
        thread.start()
    }

    deinit { close() }

    /// - Returns: false when the thread was closed or has too much to do; the job will not run then.
    func submit(_ job: @escaping Job) -> Bool {
        let accepted = inbox.queue.withLockedValue { queue in
            guard !queue.isClosed, queue.jobs.count < Self.jobsMax else { return false }
            queue.jobs.append(job)
            return true
        }
        if accepted { inbox.wakeUp.signal() }
        return accepted
    }

    /// Lets the thread end after the jobs it has. Repeating is harmless.
    func close() {
        inbox.queue.withLockedValue { $0.isClosed = true }
        inbox.wakeUp.signal()
    }

    private static func work(_ inbox: Inbox) {
        while true {
            inbox.wakeUp.wait()
            let (job, isOver) = inbox.queue.withLockedValue { queue in (queue.jobs.popFirst(), queue.isClosed) }
            if let job { job() } else if isOver { return }
        }
    }
}

extension PostgresThread {
    /// Runs `body` on the thread and waits for its answer without blocking the caller's thread.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        let result: Result<Value, PostgresError> = await withCheckedContinuation { continuation in
            let accepted = submit {
                do throws(PostgresError) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if !accepted {
                continuation.resume(
                    returning: .failure(PostgresError(.closed, "The connection's thread takes no more jobs.")))
            }
        }
        return try result.get()
    }
}
