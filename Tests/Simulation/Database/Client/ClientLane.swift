internal import QuizModel
internal import QuizPostgres
internal import QuizRoomHost

/// One lane of the journal; `PostgresLane`'s part. What it makes of answers and errors is the adapter's `LaneRules`.
final class ClientLane {
    private let host: ClientHost
    private let connection: ClientConnection
    private let orphans: Orphans
    private let batchTimeoutMs: Int

    init(_ host: ClientHost, _ configuration: PostgresConfiguration) {
        self.host = host
        let orphans = Orphans(host)
        self.orphans = orphans
        batchTimeoutMs = configuration.batchTimeout.milliseconds
        connection = ClientConnection(
            host, SessionSettings(), .waits, timeoutMs: configuration.connectTimeout.milliseconds
        ) { link, done in
            // The naive form reads what is there and lets the old process be.
            if host.server.sabotage == .plainRead { return done(nil) }
            orphans.end(over: link, done)
        }
    }

    // MARK: Batches

    func append(_ batch: JournalBatch, _ completion: @escaping (BatchOutcome) -> Void) {
        connection.queue.add { [self] finished in
            let answer = { [self] (outcome: BatchOutcome) in
                count(outcome, batch)
                completion(outcome)
                finished()
            }
            if host.server.sabotage == .pipelinedCommits { return pipeline(batch, answer) }
            execute(.append(batch)) { [self] result in
                switch result {
                case .success(.kept(let added)):
                    answer(.committed(kept: LaneRules.kept(of: batch, added: added).kept))
                case .success:
                    answer(LaneRules.outcome(of: PostgresError(.unexpectedAnswer, "An append gave other rows.")))
                case .failure(let error):
                    let outcome = LaneRules.outcome(of: error)
                    if case .unknown = outcome, host.server.sabotage == .plainRead { return read(batch, answer) }
                    answer(outcome)
                }
            }
        }
    }

    /// The naive forms of E6: the next batch is sent before this one's answer is there.
    private func pipeline(_ batch: JournalBatch, _ answer: @escaping (BatchOutcome) -> Void) {
        execute(.append(batch)) { _ in }
        host.run(afterMs: 0) { answer(.committed(kept: Set(batch.appends.map(\.room)))) }
    }

    /// The naive form of E13: what is not there now counts as not written.
    private func read(_ batch: JournalBatch, _ answer: @escaping (BatchOutcome) -> Void) {
        guard let append = batch.appends.first, let last = append.rows.last else { return answer(.committed(kept: [])) }
        execute(.journal(append.room, through: last.number)) { [self] result in
            switch result {
            case .success(.journal(let rows)) where rows.last?.chain == last.chain:
                answer(.committed(kept: Set(batch.appends.map(\.room))))
            case .success: answer(.failed(JournalFailure(code: "22000", context: "The rows are not there.")))
            case .failure: host.run(afterMs: 100) { [self] in read(batch, answer) }
            }
        }
    }

    private func count(_ outcome: BatchOutcome, _ batch: JournalBatch) {
        switch outcome {
        case .committed(let kept):
            for append in batch.appends { host.count(kept.contains(append.room) ? .kept : .refused) }
        case .failed: host.count(.batchRefused)
        case .unknown: host.count(.unknown)
        }
    }

    // MARK: Other statements of the lane

    func run(
        _ statement: SimulatedStatement, _ done: @escaping (Result<SimulatedRows, PostgresError>) -> Void
    ) {
        connection.queue.add { [self] finished in
            execute(statement) { result in
                done(result)
                finished()
            }
        }
    }

    private func execute(
        _ statement: SimulatedStatement, _ done: @escaping (Result<SimulatedRows, PostgresError>) -> Void
    ) {
        attempt(statement, LaneRules.Attempts(), done)
    }

    private func attempt(
        _ statement: SimulatedStatement, _ attempts: LaneRules.Attempts,
        _ done: @escaping (Result<SimulatedRows, PostgresError>) -> Void
    ) {
        connection.link { [self] result in
            guard case .success(let link) = result else {
                return done(result.flatMap { _ in .failure(PostgresError(.notConnected, "")) })
            }
            link.execute(statement, timeoutMs: batchTimeoutMs) { [self] result in
                var result = result
                if case .success = result, let doubt = LaneRules.doubt(warnings: link.warnings),
                    host.server.sabotage != .warningIgnored
                {
                    result = .failure(doubt)
                }
                guard case .failure(let error) = result else { return done(result) }
                var attempts = attempts
                switch attempts.failed(error) {
                case .again:
                    host.count(.transientRetried)
                    attempt(statement, attempts, done)
                case .giveUp: done(result)
                case .abandon:
                    orphans.insert(link.backend)
                    connection.discard()
                    done(result)
                }
            }
        }
    }
}

/// Processes of the server that may still be at work for a lane that has lost them.
final class Orphans {
    private let host: ClientHost
    private var backends: Set<Int> = []

    init(_ host: ClientHost) { self.host = host }

    func insert(_ backend: Int) { backends.insert(backend) }

    func end(over link: ClientLink, _ done: @escaping (PostgresError?) -> Void) {
        guard let backend = backends.min() else { return done(nil) }
        let deadlineMs = host.nowMs + Int64(LaneRules.endingTimeout.milliseconds)
        end(backend, over: link, deadlineMs) { [self] error in
            if let error { return done(error) }
            backends.remove(backend)
            end(over: link, done)
        }
    }

    private func end(
        _ backend: Int, over link: ClientLink, _ deadlineMs: Int64, _ done: @escaping (PostgresError?) -> Void
    ) {
        guard host.nowMs < deadlineMs else {
            return done(PostgresError(.timedOut, "The server's process of a lost connection does not end."))
        }
        link.execute(.terminateBackend(backend), timeoutMs: LaneRules.endingTimeout.milliseconds) { [self] result in
            switch result {
            case .success(.count(0)): done(nil)
            case .success: end(backend, over: link, deadlineMs, done)
            case .failure(let error): done(error)
            }
        }
    }
}

extension Duration {
    var milliseconds: Int { Int(components.seconds) * 1_000 + Int(components.attoseconds / 1_000_000_000_000_000) }
}
