internal import CLibPQ
internal import Foundation
internal import QuizModel
internal import QuizPostgres
internal import QuizSimulatedDatabase

/// A schedule's sessions on a real server, through libpq's pipeline mode: statement and Sync are sent apart.
final class ServerSessions {
    private final class Session {
        let handle: OpaquePointer
        let pid: Int
        var isClosed = false
        /// Sent and not answered: statements, and nil for a Sync.
        var awaited: [SimulatedStatement?] = []
        var answers: [AgreementAnswer] = []

        init(_ conninfo: String, deadlockTimeoutMs: Int) throws {
            guard let handle = PQconnectdb(conninfo), PQstatus(handle) == CONNECTION_OK else {
                throw AgreementFailure(what: "A session could not connect.")
            }
            self.handle = handle
            pid = Int(PQbackendPID(handle))
            PQclear(PQexec(handle, "SET deadlock_timeout = '\(deadlockTimeoutMs)ms'"))
            guard PQenterPipelineMode(handle) == 1, PQsetnonblocking(handle, 1) == 0 else {
                throw AgreementFailure(what: "No pipeline mode.")
            }
        }

        func close() {
            guard !isClosed else { return }
            isClosed = true
            PQfinish(handle)
        }
    }

    private let observer: PlainSession
    private var sessions: [Session] = []
    /// Whom each session waited for when everything stood still last.
    private var waited: [[Int]]
    /// How long a new wait is left alone, so that a deadlock would have been seen.
    private let patienceMs: Int

    private static let timeout = Duration.seconds(30)

    /// - Parameters:
    ///   - observer: a session of the same database, which looks and ends others.
    ///   - slowness: 1, or more where the machine is busy.
    init(_ conninfo: String, observer: PlainSession, count: Int, slowness: Int) throws {
        self.observer = observer
        patienceMs = 40 * slowness
        waited = Array(repeating: [], count: count)
        for _ in 0..<count {
            sessions.append(try Session(conninfo, deadlockTimeoutMs: 10))
        }
    }

    deinit { for session in sessions { session.close() } }

    func play(_ step: AgreementStep) throws -> [SessionView] {
        switch step {
        case .execute(let session, let statement): try send(statement, sessions[session])
        case .sync(let session):
            guard PQpipelineSync(sessions[session].handle) == 1 else { break }
            sessions[session].awaited.append(nil)
        case .terminate(let session):
            _ = try observer.ask("SELECT pg_terminate_backend(\(sessions[session].pid), 10000)")
        case .close(let session): sessions[session].close()
        }
        return try settle()
    }

    private func send(_ statement: SimulatedStatement, _ session: Session) throws {
        let parameters = statement.parameters
        let values = parameters.map { parameter in
            parameter.bytes.map { bytes in
                let copy = UnsafeMutablePointer<CChar>.allocate(capacity: max(bytes.count, 1))
                for (index, byte) in bytes.enumerated() { copy[index] = CChar(bitPattern: byte) }
                return copy
            }
        }
        defer { for value in values { value?.deallocate() } }
        let lengths = parameters.map { Int32($0.bytes?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: parameters.count)
        let sent = PQsendQueryParams(
            session.handle, statement.sent.sql, Int32(parameters.count), nil, values.map { UnsafePointer($0) }, lengths,
            formats, 1)
        guard sent == 1, PQsendFlushRequest(session.handle) == 1 else {
            throw AgreementFailure(what: "A statement was not sent.")
        }
        session.awaited.append(statement)
    }

    // MARK: Until everything stands still

    private struct Stand: Equatable {
        var there: [Bool]
        var blockers: [[Int]]
    }

    private func settle() throws -> [SessionView] {
        let deadline = ContinuousClock.now + Self.timeout
        var last: Stand?
        while ContinuousClock.now < deadline {
            for session in sessions where !session.isClosed { try receive(session) }
            let stand = try look()
            let isStill = sessions.indices.allSatisfy { index in
                !stand.blockers[index].isEmpty || sessions[index].awaited.isEmpty && !sessions[index].isClosed
                    || !stand.there[index]
            }
            // Also one that goes on from one wait to the next: each has a time of its own until it looks for a deadlock.
            let hasNewWait = sessions.indices.contains { index in
                !stand.blockers[index].isEmpty && stand.blockers[index] != waited[index]
            }
            if isStill, hasNewWait {
                waited = stand.blockers
                last = nil
                Thread.sleep(forTimeInterval: Double(patienceMs) / 1_000)
                continue
            }
            if isStill, stand == last {
                waited = stand.blockers
                return view(stand)
            }
            last = isStill ? stand : nil
            Thread.sleep(forTimeInterval: 0.002)
        }
        throw AgreementFailure(what: "The sessions did not come to rest.")
    }

    private func view(_ stand: Stand) -> [SessionView] {
        sessions.indices.map { index in
            defer { sessions[index].answers = [] }
            return SessionView(
                answers: sessions[index].answers,
                waitsFor: Set(stand.blockers[index].compactMap { pid in sessions.firstIndex { $0.pid == pid } }),
                isThere: stand.there[index])
        }
    }

    private func look() throws -> Stand {
        let pids = sessions.map { "\($0.pid)" }.joined(separator: ", ")
        let rows = try observer.ask(
            """
            SELECT a.pid, CASE WHEN a.wait_event_type = 'Lock' THEN array_to_string(pg_blocking_pids(a.pid), ' ') ELSE '' END
            FROM pg_stat_activity a WHERE a.pid IN (\(pids))
            """)
        var stand = Stand(there: sessions.map { _ in false }, blockers: sessions.map { _ in [] })
        for row in rows {
            guard let index = sessions.firstIndex(where: { "\($0.pid)" == row[0] }) else { continue }
            stand.there[index] = true
            stand.blockers[index] = row[1].split(separator: " ").compactMap { Int($0) }.sorted()
        }
        return stand
    }

    // MARK: Answers

    private func receive(_ session: Session) throws {
        guard PQflush(session.handle) >= 0, PQconsumeInput(session.handle) == 1,
            PQstatus(session.handle) == CONNECTION_OK
        else { return lost(session) }
        while !session.awaited.isEmpty, PQisBusy(session.handle) == 0 {
            // Nil ends one statement's results.
            guard let handle = PQgetResult(session.handle) else {
                if PQstatus(session.handle) != CONNECTION_OK { return lost(session) }
                continue
            }
            let status = PQresultStatus(handle)
            let result = PostgresResult(adopting: handle)
            let statement = session.awaited.removeFirst()
            switch (status, statement) {
            case (PGRES_PIPELINE_SYNC, _): session.answers.append(.ready)
            // Skipped behind an error; the simulated server does not mention it.
            case (PGRES_PIPELINE_ABORTED, _): break
            case (PGRES_TUPLES_OK, let statement?), (PGRES_COMMAND_OK, let statement?):
                session.answers.append(.rows(try statement.read(result)))
            default:
                guard case .refused(let state?, _) = result.outcome, !state.hasPrefix("57P") else {
                    return lost(session)
                }
                session.answers.append(.refused(state))
            }
        }
    }

    private func lost(_ session: Session) {
        session.awaited = []
        if session.answers.last != .closed { session.answers.append(.closed) }
        session.close()
    }
}
