internal import Logging
internal import QuizModel
internal import QuizRoomHost
internal import QuizTelemetry

/// One lane of the journal: a connection with one batch in flight.
///
/// **Normal path.** A batch is one statement and one Sync; its answer names the rooms kept.
///
/// **Failure paths.** The server refused the statement: nothing was written (`failed`). The connection broke, no answer
/// came in time, or the commit came with a WARNING ("committed locally, but might not have been replicated"): nobody
/// knows (`unknown`). The server's process may then still hold its locks and commit minutes later. So before anything
/// else is sent, the next connection ends that process and waits until it is gone; after that the same batch finds all
/// of its rows or none.
///
/// **Invariant.** At most one process of the server works for a lane, and a batch is never cancelled.
final class PostgresLane: Sendable {
    private let connection: PostgresConnection
    private let orphans: OrphanedBackends
    private let batchTimeout: Duration
    private let log: Logger

    /// - Parameter verify: looks at each new connection's server; see `PostgresSettings`.
    init(
        index: Int, configuration: PostgresConfiguration, log: Logger,
        verify: @escaping @Sendable (PostgresLink) throws(PostgresError) -> Void
    ) {
        var log = log
        log[.lane] = .of(index)
        self.log = log
        let orphans = OrphanedBackends(log: log)
        self.orphans = orphans
        batchTimeout = configuration.batchTimeout
        connection = PostgresConnection(
            name: "pg-lane-\(index)", endpoint: configuration.laneEndpoint, patience: .waits, log: log
        ) { link throws(PostgresError) in
            try orphans.end(over: link)
            try verify(link)
        }
    }

    func append(_ batch: JournalBatch, completion: @escaping @Sendable (BatchOutcome) -> Void) {
        let accepted = connection.thread.submit { completion(self.append(batch)) }
        guard !accepted else { return }
        completion(
            .unknown(JournalFailure(code: "closed", context: "The lane takes no more batches; this one was not sent.")))
    }

    /// Runs one fenced write or read.
    ///
    /// - Throws: also when its outcome is unknown; repeating every one of them is harmless.
    func run<Value: Sendable>(
        _ statement: PostgresStatement, _ parameters: [PostgresParameter],
        _ read: @escaping @Sendable (PostgresResult) throws(PostgresError) -> Value
    ) async throws(JournalFailure) -> Value {
        do throws(PostgresError) {
            return try await connection.thread.run { () throws(PostgresError) -> Value in
                try read(try self.execute(statement, parameters))
            }
        } catch {
            throw JournalFailure(error)
        }
    }

    func close() async { await connection.close() }

    // MARK: - On the connection's thread

    private func append(_ batch: JournalBatch) -> BatchOutcome {
        do throws(PostgresError) {
            return .committed(
                kept: try kept(
                    of: batch, in: try execute(JournalStatements.append, JournalStatements.parameters(of: batch))))
        } catch {
            return LaneRules.outcome(of: error)
        }
    }

    private func kept(of batch: JournalBatch, in result: PostgresResult) throws(PostgresError) -> Set<RoomID> {
        var added: [RoomID: Int] = [:]
        for row in result.rows { added[RoomID(value: try row.uuid(0))] = try row.int4(1) }
        let (kept, partly) = LaneRules.kept(of: batch, added: added)
        for room in partly {
            log.warning("The journal took only part of a room's rows.", metadata: .keys([.roomID: .of(room)]))
        }
        return kept
    }

    private func execute(_ statement: PostgresStatement, _ parameters: [PostgresParameter]) throws(PostgresError)
        -> PostgresResult
    {
        var attempts = LaneRules.Attempts()
        while true {
            let link = try connection.link()
            do throws(PostgresError) {
                let result = try link.execute(statement, parameters, timeout: batchTimeout)
                if let doubt = LaneRules.doubt(warnings: link.warnings) { throw doubt }
                return result
            } catch {
                switch attempts.failed(error) {
                case .again: continue
                case .giveUp: throw error
                case .abandon:
                    orphans.insert(link.backend)
                    connection.discard()
                    throw error
                }
            }
        }
    }
}

/// Processes of the server that may still be at work for a lane that has lost them.
private final class OrphanedBackends: @unchecked Sendable {  // touched on the lane's thread only
    private var backends: Set<PostgresLink.Backend> = []
    private let log: Logger

    /// How long one connection waits for one process to end.
    private static let timeout = LaneRules.endingTimeout

    init(log: Logger) { self.log = log }

    func insert(_ backend: PostgresLink.Backend) { backends.insert(backend) }

    /// - Throws: when one is still there; the connection is given up then and the next one tries again.
    func end(over link: PostgresLink) throws(PostgresError) {
        for backend in backends {
            try link.end(backend, timeout: Self.timeout)
            backends.remove(backend)
            log.info(
                "The server's process of a lost connection is gone.", metadata: .keys([.count: .of(backends.count)]))
        }
    }
}

extension PostgresLink {
    /// Ends another process of the server and waits until it has left the list of processes, which it does after its
    /// transaction has ended. A process that is not there (any more) has ended.
    ///
    /// - Throws: `timedOut` when it is still there.
    func end(_ backend: Backend, timeout: Duration) throws(PostgresError) {
        let deadline = ContinuousClock.now + timeout
        while ContinuousClock.now < deadline {
            let parameters: [PostgresParameter] = [.int4(backend.pid), .int8(backend.startedAt), .int8(500)]
            guard try execute(SessionStatements.terminate, parameters, timeout: timeout).count > 0 else { return }
        }
        throw PostgresError(.timedOut, "The server's process \(backend.pid) of a lost connection does not end.")
    }
}
