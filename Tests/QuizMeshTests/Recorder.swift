import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// What happened, in order, and a way to wait for it.
final class Recorder<Event: Sendable>: Sendable {
    struct Missing: Error, CustomStringConvertible {
        var description: String
    }

    private struct Waiter {
        var isEnough: @Sendable ([Event]) -> Bool
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
            let events = state.events
            let done = state.waiters.filter { $0.isEnough(events) }
            state.waiters.removeAll { $0.isEnough(events) }
            return done.map(\.promise)
        }
        for promise in done { promise.succeed() }
    }

    /// Returns when what has happened is enough; fails, naming what is missing, when that takes too long.
    func wait(
        for what: String, within limit: TimeAmount = .seconds(20),
        where isEnough: @escaping @Sendable ([Event]) -> Bool
    ) async throws {
        let promise = loop.makePromise(of: Void.self)
        let isThere = state.withLockedValue { state -> Bool in
            if isEnough(state.events) { return true }
            state.waiters.append(Waiter(isEnough: isEnough, promise: promise))
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
