internal import QuizPostgres

/// A few connections for one purpose, and a bounded queue in front of them; `PostgresPool`'s part.
final class ClientPool {
    typealias Done = (Result<SimulatedRows, PostgresError>) -> Void

    private struct Waiter {
        var number: Int
        var proceed: (ClientConnection?) -> Void
    }

    private let host: ClientHost
    private let settings: PostgresConfiguration.Pool
    private var idle: [ClientConnection]
    private var waiters: [Waiter] = []
    private var lastWaiter = 0

    init(_ host: ClientHost, _ settings: PostgresConfiguration.Pool, connectTimeoutMs: Int) {
        self.host = host
        self.settings = settings
        let session = SessionSettings(statementTimeoutMs: settings.queryTimeout.milliseconds)
        idle = (0..<max(settings.connections, 1)).map { _ in
            ClientConnection(host, session, .fails, timeoutMs: connectTimeoutMs)
        }
    }

    func query(_ statement: SimulatedStatement, _ done: @escaping Done) {
        acquire { [self] connection in
            guard let connection else {
                host.count(.busy)
                return done(.failure(PostgresError(.busy, "No connection of the pool became free in time.")))
            }
            connection.link { [self] result in
                switch result {
                case .failure(let error):
                    release(connection)
                    done(.failure(error))
                case .success(let link):
                    // The server gives up first, which tells more and keeps the connection.
                    link.execute(statement, timeoutMs: settings.queryTimeout.milliseconds + 500) { [self] result in
                        release(connection)
                        guard case .success = result, let doubt = LaneRules.doubt(warnings: link.warnings) else {
                            return done(result)
                        }
                        done(.failure(doubt))
                    }
                }
            }
        }
    }

    private func acquire(_ proceed: @escaping (ClientConnection?) -> Void) {
        if let connection = idle.popLast() { return proceed(connection) }
        guard waiters.count < settings.waitersMax else { return proceed(nil) }
        lastWaiter += 1
        let number = lastWaiter
        waiters.append(Waiter(number: number, proceed: proceed))
        host.run(afterMs: settings.acquireTimeout.milliseconds) { [self] in
            guard let index = waiters.firstIndex(where: { $0.number == number }) else { return }
            waiters.remove(at: index).proceed(nil)
        }
    }

    private func release(_ connection: ClientConnection) {
        if waiters.isEmpty { idle.append(connection) } else { waiters.removeFirst().proceed(connection) }
    }
}
