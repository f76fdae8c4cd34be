internal import DequeModule
internal import Dispatch
internal import Logging
internal import NIOConcurrencyHelpers

/// A few connections for one purpose, and a bounded queue in front of them.
///
/// Overflow: a caller that finds `waitersMax` others waiting, or has waited for `acquireTimeout`, gets `busy`.
final class PostgresPool: Sendable {
    private struct Waiter {
        var id: UInt64
        var continuation: CheckedContinuation<PostgresConnection?, Never>
    }

    private struct State {
        var idle: [PostgresConnection]
        var waiters: Deque<Waiter> = []
        var lastID: UInt64 = 0
        var isClosed = false
    }

    private enum Admission {
        case taken(PostgresConnection)
        case mayWait(UInt64)
        case refused(PostgresError)
    }

    private let name: String
    private let settings: PostgresConfiguration.Pool
    private let connections: [PostgresConnection]
    private let state: NIOLockedValueBox<State>

    init(name: String, settings: PostgresConfiguration.Pool, endpoint: PostgresConfiguration.Endpoint, log: Logger) {
        self.name = name
        self.settings = settings
        connections = (0..<max(settings.connections, 1)).map {
            PostgresConnection(name: "pg-\(name)-\($0)", endpoint: endpoint, patience: .fails, log: log)
        }
        state = NIOLockedValueBox(State(idle: connections))
    }

    /// Runs one statement and reads its rows on the connection's thread.
    func query<Value: Sendable>(
        _ statement: PostgresStatement, _ parameters: [PostgresParameter] = [],
        _ read: @escaping @Sendable (PostgresResult) throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        // The server gives up first, which tells more and keeps the connection.
        let timeout = settings.queryTimeout + .milliseconds(500)
        return try await run { link throws(PostgresError) in
            let result = try link.execute(statement, parameters, timeout: timeout)
            // What a standby may not have must not be shown to anybody.
            if let doubt = LaneRules.doubt(warnings: link.warnings) { throw doubt }
            return try read(result)
        }
    }

    /// Runs `body` with a connection of the pool.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresLink) throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        let connection = try await acquire()
        defer { release(connection) }
        return try await connection.run(body)
    }

    /// Refuses everybody who waits and closes the connections after what they are doing.
    func close() async {
        let waiters = state.withLockedValue { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
        for connection in connections { await connection.close() }
    }

    // MARK: - Detail

    private func acquire() async throws(PostgresError) -> PostgresConnection {
        let admission = state.withLockedValue { state -> Admission in
            if state.isClosed { return .refused(PostgresError(.closed, "The \(name) pool is closed.")) }
            if let connection = state.idle.popLast() { return .taken(connection) }
            guard state.waiters.count < settings.waitersMax else {
                return .refused(
                    PostgresError(.busy, "All connections of the \(name) pool are in use and its queue is full."))
            }
            state.lastID += 1
            return .mayWait(state.lastID)
        }
        switch admission {
        case .taken(let connection): return connection
        case .refused(let error): throw error
        case .mayWait(let id):
            guard let connection = await wait(id) else {
                throw PostgresError(.busy, "No connection of the \(name) pool became free in time.")
            }
            return connection
        }
    }

    private func wait(_ id: UInt64) async -> PostgresConnection? {
        await withCheckedContinuation { continuation in
            // One may have become free since the admission.
            let free = state.withLockedValue { state -> PostgresConnection? in
                if let connection = state.idle.popLast() { return connection }
                state.waiters.append(Waiter(id: id, continuation: continuation))
                return nil
            }
            if let free { return continuation.resume(returning: free) }
            let milliseconds = Int(settings.acquireTimeout.wholeMilliseconds)
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [weak self] in
                self?.giveUp(id)
            }
        }
    }

    private func giveUp(_ id: UInt64) {
        let waiter = state.withLockedValue { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(returning: nil)
    }

    private func release(_ connection: PostgresConnection) {
        let waiter = state.withLockedValue { state -> Waiter? in
            if let waiter = state.waiters.popFirst() { return waiter }
            state.idle.append(connection)
            return nil
        }
        waiter?.continuation.resume(returning: connection)
    }
}
