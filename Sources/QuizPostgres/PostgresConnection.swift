internal import Foundation
internal import Logging
internal import QuizTelemetry

/// A connection that is made when it is needed and made again when it broke, on a thread of its own.
///
/// Attempts are paced: after a failure the next one waits 50 ms, doubled up to 1 s, with jitter, so that a server that
/// comes back is not met by everybody at once.
final class PostgresConnection: @unchecked Sendable {  // mutable state is touched on `thread` only
    /// What a caller gets while the pause after a failed attempt lasts.
    enum Patience: Sendable {
        /// The pause is slept through on this connection's thread, then it is tried again.
        case waits
        /// The last failure at once.
        case fails
    }

    let thread: PostgresThread
    private let endpoint: PostgresConfiguration.Endpoint
    private let patience: Patience
    private let log: Logger
    /// Runs on the thread after each successful connect, before anything else is sent; throwing gives the link up.
    private let onConnect: @Sendable (PostgresLink) throws(PostgresError) -> Void

    private var current: PostgresLink?
    private var failures = 0
    private var lastFailure: PostgresError?
    private var nextAttempt = ContinuousClock.now

    init(
        name: String, endpoint: PostgresConfiguration.Endpoint, patience: Patience, log: Logger,
        onConnect: @escaping @Sendable (PostgresLink) throws(PostgresError) -> Void = { _ in }
    ) {
        thread = PostgresThread(name: name)
        self.endpoint = endpoint
        self.patience = patience
        self.log = log
        self.onConnect = onConnect
    }

    /// Runs `body` with a usable link on the connection's thread.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresLink) throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        try await thread.run { () throws(PostgresError) -> Value in
            try body(try self.link())
        }
    }

    /// Closes the link once everything submitted before has run; the thread ends.
    func close() async {
        // A thread that is closed already has nothing left to close.
        try? await thread.run { () throws(PostgresError) in self.current = nil }
        thread.close()
    }

    // MARK: - On the thread

    /// The link, made anew if need be. Call on `thread` only.
    func link() throws(PostgresError) -> PostgresLink {
        if let current, current.isUsable { return current }
        current = nil
        let pause = ContinuousClock.now.duration(to: nextAttempt)
        if pause > .zero {
            if patience == .fails, let lastFailure { throw lastFailure }
            Thread.sleep(forTimeInterval: Double(pause.wholeMilliseconds) / 1_000)
        }
        do throws(PostgresError) {
            let link = try PostgresLink(endpoint)
            try onConnect(link)
            if failures > 0 { log.info("PostgreSQL answers again.", metadata: .keys([.attempt: .of(failures + 1)])) }
            failures = 0
            current = link
            return link
        } catch {
            failed(error)
            throw lastFailure ?? error
        }
    }

    /// Gives the link up; the next use makes another. Call on `thread` only.
    func discard() { current = nil }

    private func failed(_ error: PostgresError) {
        if failures == 0 {
            log.warning(
                "PostgreSQL cannot be reached; trying again.",
                metadata: .keys([.code: .string(error.name), .error: .string(error.context)]))
        }
        failures += 1
        lastFailure = PostgresError(error.code == .behindPooler ? .behindPooler : .notConnected, error.context)
        nextAttempt = .now + .milliseconds(Int.random(in: ReconnectPause.rangeMs(failures: failures)))
    }
}

/// The pause before the next attempt at a connection, with jitter, so that a server that comes back is not met by
/// everybody at once.
package enum ReconnectPause {
    /// - Parameter failures: attempts that failed in a row; 1 or more.
    package static func rangeMs(failures: Int) -> ClosedRange<Int> {
        let bound = min(1_000, 50 << min(failures - 1, 5))
        return bound / 2...bound
    }
}
