import NIOCore
import NIOPosix
import Testing

@testable import QuizRoomHost

@Suite struct LoopTaskExecutorTests {
    @Test func `a task and those it makes stay on the loop, wherever they are resumed`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let loop = group.next()
        let other = group.next()
        #expect(loop !== other)
        await withTaskExecutorPreference(LoopTaskExecutor(loop)) { await Self.visit(loop, other) }
        try await group.shutdownGracefully()
    }

    @concurrent private static func visit(_ loop: any EventLoop, _ other: any EventLoop) async {
        #expect(loop.inEventLoop)
        try? await loop.makeSucceededVoidFuture().get()
        #expect(loop.inEventLoop)
        try? await other.scheduleTask(in: .milliseconds(5)) {}.futureResult.get()
        #expect(loop.inEventLoop)
        try? await Task.sleep(for: .milliseconds(5))
        #expect(loop.inEventLoop)
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<10 { tasks.addTask { #expect(loop.inEventLoop) } }
        }
        #expect(loop.inEventLoop)
    }
}
