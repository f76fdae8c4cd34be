import NIOCore
import NIOPosix
import Testing

@testable import QuizGateway

@Suite(.timeLimit(.minutes(1))) struct LoopTimersTests {
    /// Confined to the loop.
    private final class Heard: @unchecked Sendable {
        var fired: [Int] = []
        var kept: [LoopTimers.Timer] = []
        var timers: LoopTimers?
    }

    private func onLoop(_ body: @escaping @Sendable (LoopTimers, Heard) -> Void) async throws -> (any EventLoop, Heard)
    {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let heard = Heard()
        try await loop.submit {
            let timers = LoopTimers(loop)
            heard.timers = timers
            body(timers, heard)
        }.get()
        return (loop, heard)
    }

    private func untilFired(_ count: Int, _ loop: any EventLoop, _ heard: Heard) async throws -> [Int] {
        while true {
            let fired = try await loop.submit { heard.fired }.get()
            if fired.count >= count { return fired }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test func `timers fire in the order of their deadlines, however they were made`() async throws {
        let (loop, heard) = try await onLoop { timers, heard in
            for delay in [40, 10, 30, 20, 10] {
                let number = heard.kept.count
                heard.kept.append(timers.schedule(in: .milliseconds(Int64(delay))) { heard.fired.append(number) })
            }
        }
        #expect(try await untilFired(5, loop, heard) == [1, 4, 3, 2, 0])
        #expect(try await loop.submit { heard.timers?.count }.get() == 0)
    }

    @Test func `a cancelled timer does nothing, also when it is cancelled by one of the same moment`() async throws {
        let (loop, heard) = try await onLoop { timers, heard in
            let deadline = NIODeadline.now() + .milliseconds(20)
            heard.kept.append(timers.schedule(at: deadline) { heard.kept[1].cancel() })
            heard.kept.append(timers.schedule(at: deadline) { heard.fired.append(1) })
            heard.kept.append(timers.schedule(at: deadline) { heard.fired.append(2) })
            let cancelled = timers.schedule(in: .milliseconds(1)) { heard.fired.append(3) }
            cancelled.cancel()
            cancelled.cancel()
        }
        #expect(try await untilFired(1, loop, heard) == [2])
    }

    @Test func `a timer may make another, also one that is due`() async throws {
        let (loop, heard) = try await onLoop { timers, heard in
            _ = timers.schedule(in: .milliseconds(5)) {
                heard.fired.append(0)
                _ = heard.timers?.schedule(in: .zero) { heard.fired.append(1) }
                _ = heard.timers?.schedule(in: .milliseconds(5)) { heard.fired.append(2) }
            }
        }
        #expect(try await untilFired(3, loop, heard) == [0, 1, 2])
    }

    @Test func `cancelled timers are not kept until their time`() async throws {
        let (loop, heard) = try await onLoop { timers, heard in
            for _ in 0..<10_000 { timers.schedule(in: .hours(1)) {}.cancel() }
            heard.kept.append(timers.schedule(in: .milliseconds(1)) { heard.fired.append(0) })
        }
        #expect(try await loop.submit { heard.timers?.count ?? 0 }.get() < 200)
        #expect(try await untilFired(1, loop, heard) == [0])
    }
}
