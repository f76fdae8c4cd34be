internal import QuizPostgres

/// A connection that is made when it is needed and made again when it broke; `PostgresConnection`'s part.
final class ClientConnection {
    enum Patience {
        /// The pause after a failed attempt is waited for, then it is tried again.
        case waits
        /// The last failure at once.
        case fails
    }

    let host: ClientHost
    let queue = ClientQueue()
    private let settings: SessionSettings
    private let patience: Patience
    private let timeoutMs: Int
    /// Runs after each successful connect, before anything else is sent; an error gives the link up.
    private let onConnect: (ClientLink, @escaping (PostgresError?) -> Void) -> Void

    private var current: ClientLink?
    private var failures = 0
    private var lastFailure: PostgresError?
    private var nextAttemptMs: Int64 = 0

    init(
        _ host: ClientHost, _ settings: SessionSettings, _ patience: Patience, timeoutMs: Int,
        onConnect: @escaping (ClientLink, @escaping (PostgresError?) -> Void) -> Void = { $1(nil) }
    ) {
        self.host = host
        self.settings = settings
        self.patience = patience
        self.timeoutMs = timeoutMs
        self.onConnect = onConnect
    }

    /// The link, made anew if need be. Call from a job of `queue` only.
    func link(_ done: @escaping (Result<ClientLink, PostgresError>) -> Void) {
        if let current, current.isUsable { return done(.success(current)) }
        discard()
        let pause = nextAttemptMs - host.nowMs
        if pause > 0 {
            if patience == .fails, let lastFailure { return done(.failure(lastFailure)) }
            return host.run(afterMs: Int(pause)) { [self] in connect(done) }
        }
        connect(done)
    }

    /// Gives the link up; the next use makes another.
    func discard() {
        current?.close()
        current = nil
    }

    private func connect(_ done: @escaping (Result<ClientLink, PostgresError>) -> Void) {
        ClientLink.connect(host, settings, timeoutMs: timeoutMs) { [self] result in
            switch result {
            case .failure(let error): done(.failure(failed(error)))
            case .success(let link):
                onConnect(link) { [self] error in
                    if let error {
                        link.close()
                        return done(.failure(failed(error)))
                    }
                    failures = 0
                    current = link
                    done(.success(link))
                }
            }
        }
    }

    private func failed(_ error: PostgresError) -> PostgresError {
        failures += 1
        let failure = PostgresError(.notConnected, error.context)
        lastFailure = failure
        let pause = host.scheduler.choose(in: ReconnectPause.rangeMs(failures: failures))
        nextAttemptMs = host.nowMs + Int64(pause)
        return failure
    }
}
