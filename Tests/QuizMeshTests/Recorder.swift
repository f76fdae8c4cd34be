import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// What happened, in order, and a way to wait for it.
final class Recorder<Event: Sendable>: Sendable {
    struct Missing: Error, CustomStringConvertible {
        var description: String
    }

    private struct Waiter {
        var matches: @Sendable (Event) -> Bool
        var missing: Int
        var promise: EventLoopPromise<Void>
    }

    private struct State {
        var events: [Event] = []
        var waiters: [Waiter] = []
    }

    private let state = NIOLockedValueBox(State())
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    var events: [Event] { state.withLockedValue { $0.events } }

    func record(_ event: Event) {
        let done = state.withLockedValue { state -> [EventLoopPromise<Void>] in
            state.events.append(event)
            for index in state.waiters.indices where state.waiters[index].matches(event) {
                state.waiters[index].missing -= 1
            }
            let done = state.waiters.filter { $0.missing <= 0 }
            state.waiters.removeAll { $0.missing <= 0 }
            return done.map(\.promise)
        }
        for promise in done { promise.succeed() }
    }

    /// Returns when so many matching things have happened since the beginning; fails, naming what is missing, when that
    /// takes too long. Each thing is looked at once: this runs on the loops that are tested.
    func wait(
        for what: String, times: Int = 1, within limit: TimeAmount = .seconds(60),
        where matches: @escaping @Sendable (Event) -> Bool
    ) async throws {
        let promise = loop.makePromise(of: Void.self)
        let isThere = state.withLockedValue { state -> Bool in
            let missing = times - state.events.count(where: matches)
            if missing <= 0 { return true }
            state.waiters.append(Waiter(matches: matches, missing: missing, promise: promise))
            return false
        }
        if isThere { promise.succeed() }
        // Failing a promise that has succeeded changes nothing.
        let timer = loop.scheduleTask(in: limit) {
            promise.fail(Missing(description: "Missing after \(limit.nanoseconds / 1_000_000) ms: \(what)"))
        }
        defer { timer.cancel() }
        try await promise.futureResult.get()
    }
}
