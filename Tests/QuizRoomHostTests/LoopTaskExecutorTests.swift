import NIOCore
import NIOPosix
import Testing

@testable import QuizRoomHost

@Suite struct LoopTaskExecutorTests {
    private static func current(of group: MultiThreadedEventLoopGroup) -> (any EventLoop)? {
        group.makeIterator().first { $0.inEventLoop }
    }

    @Test func `a task goes on where it is resumed, and on some loop when that is elsewhere`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 3)
        await withTaskExecutorPreference(LoopTaskExecutor(group)) {
            await Self.visit(group)
        }
        try await group.shutdownGracefully()
    }

    @concurrent private static func visit(_ group: MultiThreadedEventLoopGroup) async {
        #expect(current(of: group) != nil)
        for loop in group.makeIterator() {
            try? await loop.makeSucceededVoidFuture().get()
            try? await loop.scheduleTask(in: .milliseconds(5)) {}.futureResult.get()
            #expect(loop.inEventLoop)
        }
        try? await Task.sleep(for: .milliseconds(5))
        #expect(current(of: group) != nil)
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<10 { tasks.addTask { #expect(current(of: group) != nil) } }
        }
    }

    @Test func `a single loop is a group of itself`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let loop = group.next()
        let task = Task(executorPreference: LoopTaskExecutor(loop)) { @concurrent in
            #expect(loop.inEventLoop)
            try? await Task.sleep(for: .milliseconds(5))
            #expect(loop.inEventLoop)
        }
        await task.value
        try await group.shutdownGracefully()
    }
}
