import NIOCore
import NIOPosix
import QuizRoomHost
import Testing

struct BackgroundWorkTests {
    @Test func `a job runs on the loop that submitted it, also behind what it awaits`() async throws {
        try await withWork { work, loops in
            for loop in loops {
                let found = try await ranOn(loop, work, computes: false)
                #expect(found === loop)
            }
        }
    }

    @Test func `a job that computes runs on no loop`() async throws {
        try await withWork { work, loops in
            for loop in loops {
                let found = try await ranOn(loop, work, computes: true)
                #expect(found == nil)
            }
        }
    }

    @Test func `a job that does not fit is refused`() {
        let work = BackgroundWork(queueMax: 2)
        #expect((0..<4).map { _ in work.submit {} } == [true, true, false, false])
    }

    /// The loop of those that run the job's second half.
    private func ranOn(_ loop: any EventLoop, _ work: BackgroundWork, computes: Bool) async throws -> (any EventLoop)? {
        let promise = loop.makePromise(of: (any EventLoop)?.self)
        loop.execute {
            work.submit(computes: computes) {
                await Task.yield()
                promise.succeed(MultiThreadedEventLoopGroup.currentEventLoop)
            }
        }
        return try await promise.futureResult.get()
    }

    private func withWork(_ body: (BackgroundWork, [any EventLoop]) async throws -> Void) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let loops = Array(group.makeIterator())
        let work = BackgroundWork(loops: loops)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await work.run() }
            try await body(work, loops)
            tasks.cancelAll()
        }
        try await group.shutdownGracefully()
    }
}
