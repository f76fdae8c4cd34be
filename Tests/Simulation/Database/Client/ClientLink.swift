internal import QuizPostgres

/// One connection of a node; `PostgresLink`'s part.
///
/// It knows that a statement has ended only from the server's word that its transaction has: rows alone do not say that
/// they were committed. After a timeout or a lost connection it is not used again.
final class ClientLink {
    typealias Answer = (Result<SimulatedRows, PostgresError>) -> Void

    let wire: Wire
    /// The process that serves it.
    let backend: Int
    private let host: ClientHost
    private(set) var isUsable = true
    /// Since the last statement was sent.
    private(set) var warnings: [String] = []
    private var answer: Answer?
    private var rows: SimulatedRows?
    private var refusal: PostgresError?
    private var sent = 0

    private init(_ wire: Wire, _ backend: Int, _ host: ClientHost) {
        self.wire = wire
        self.backend = backend
        self.host = host
        wire.toClient.receive = { [weak self] message in
            guard let self else { return }
            host.run { self.receive(message) }
        }
    }

    // MARK: Connecting

    static func connect(
        _ host: ClientHost, _ settings: SessionSettings, timeoutMs: Int,
        _ done: @escaping (Result<ClientLink, PostgresError>) -> Void
    ) {
        let server = host.server
        let refuse = { (reason: String) in
            host.count(.notConnected)
            done(.failure(PostgresError(.notConnected, reason)))
        }
        host.run(afterMs: server.scheduler.choose(in: server.timing.connectMs)) {
            if server.isCut(host.node) || server.isStalled {
                return host.run(afterMs: timeoutMs) { refuse("timeout expired") }
            }
            let wire = Wire(node: host.node, server: server)
            guard let backend = server.accept(wire, settings) else { return refuse("Connection refused") }
            let link = ClientLink(wire, backend.id, host)
            host.opened(link)
            done(.success(link))
        }
    }

    /// Closes the client's end. The server notices when these bytes arrive.
    func close() {
        isUsable = false
        answer = nil
        guard !wire.clientIsGone else { return }
        wire.clientIsGone = true
        host.closed(self)
        wire.toServer.send(.closed)
    }

    // MARK: Statements

    var isBusy: Bool { answer != nil }

    func execute(_ statement: SimulatedStatement, timeoutMs: Int, _ done: @escaping Answer) {
        guard isUsable else { return done(.failure(PostgresError(.connectionLost, "The connection broke."))) }
        answer = done
        (rows, refusal, warnings) = (nil, nil, [])
        sent += 1
        let number = sent
        wire.toServer.send(.execute(statement))
        sendSync()
        host.run(afterMs: max(timeoutMs, 0)) { [weak self] in
            guard let self, sent == number, answer != nil else { return }
            host.count(.timedOut)
            isUsable = false
            finish(.failure(PostgresError(.timedOut, "The server did not answer in time.")))
        }
    }

    /// Nearly always together with the statement.
    private func sendSync() {
        let (scheduler, timing) = (host.scheduler, host.server.timing)
        guard timing.syncLateOnceIn > 0, scheduler.choose(timing.syncLateOnceIn) == 0 else {
            return wire.toServer.send(.sync)
        }
        host.count(.syncDelayed)
        host.run(afterMs: scheduler.choose(in: timing.syncDelayMs)) { [weak self] in
            guard let self, !wire.clientIsGone else { return }
            wire.toServer.send(.sync)
        }
    }

    // MARK: Answers

    private func receive(_ message: ServerMessage) {
        guard isUsable else { return }
        switch message {
        case .rows(let rows): self.rows = rows
        case .warning(let text): warnings.append(text)
        case .refused(let state, let text): refusal = refusal ?? PostgresError(.refused(state), text)
        case .ready:
            if let refusal { return finish(.failure(refusal)) }
            guard let rows else {
                return finish(.failure(PostgresError(.unexpectedAnswer, "The server gave no answer.")))
            }
            finish(.success(rows))
        case .closed(let lastWords):
            isUsable = false
            if isBusy { host.count(.connectionLost) }
            finish(.failure(PostgresError(.connectionLost, lastWords ?? "The connection broke.")))
        }
    }

    private func finish(_ result: Result<SimulatedRows, PostgresError>) {
        let done = answer
        answer = nil
        done?(result)
    }
}
