import CLibPQ
import Foundation
import QuizSimulatedDatabase

@testable import QuizPostgres

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
                throw TestServer.Failure(what: "A session could not connect.")
            }
            self.handle = handle
            pid = Int(PQbackendPID(handle))
            PQclear(PQexec(handle, "SET deadlock_timeout = '\(deadlockTimeoutMs)ms'"))
            guard PQenterPipelineMode(handle) == 1, PQsetnonblocking(handle, 1) == 0 else {
                throw TestServer.Failure(what: "No pipeline mode.")
            }
        }

        func close() {
            guard !isClosed else { return }
            isClosed = true
            PQfinish(handle)
        }
    }

    private let observer: PostgresLink
    private var sessions: [Session] = []
    private var waited: Set<Int> = []
    /// How long a new wait is left alone, so that a deadlock would have been seen.
    private let patience: Duration

    private static let timeout = Duration.seconds(30)

    /// - Parameter slowness: 1, or more where the machine is busy.
    init(_ database: TestDatabase, count: Int, slowness: Int) throws {
        observer = try PostgresLink(database.configuration.maintenanceEndpoint)
        patience = .milliseconds(40 * slowness)
        for _ in 0..<count {
            sessions.append(try Session(database.configuration.conninfo, deadlockTimeoutMs: 10))
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
            _ = try observer.execute(
                PostgresStatement("agreement_end", "SELECT pg_terminate_backend($1::int4, 10000)"),
                [.int4(sessions[session].pid)], timeout: Self.timeout)
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
            throw TestServer.Failure(what: "A statement was not sent.")
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
            let waiting = Set(sessions.indices.filter { !stand.blockers[$0].isEmpty })
            if isStill, !waiting.subtracting(waited).isEmpty {
                waited = waiting
                last = nil
                Thread.sleep(forTimeInterval: Double(patience.wholeMilliseconds) / 1_000)
                continue
            }
            if isStill, stand == last {
                waited = waiting
                return view(stand)
            }
            last = isStill ? stand : nil
            Thread.sleep(forTimeInterval: 0.002)
        }
        throw TestServer.Failure(what: "The sessions did not come to rest.")
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

    private static let look = PostgresStatement(
        "agreement_look",
        """
        SELECT a.pid, CASE WHEN a.wait_event_type = 'Lock' THEN pg_blocking_pids(a.pid) ELSE '{}' END
        FROM pg_stat_activity a WHERE a.pid = ANY ($1::int4[])
        """)

    private func look() throws -> Stand {
        let pids: [PostgresParameter] = [.int4s(sessions.map(\.pid))]
        var stand = Stand(
            there: sessions.map { _ in false }, blockers: sessions.map { _ in [] })
        for row in try observer.execute(Self.look, pids, timeout: Self.timeout).rows {
            let pid = try row.int4(0)
            guard let index = sessions.firstIndex(where: { $0.pid == pid }) else { continue }
            stand.there[index] = true
            stand.blockers[index] = try row.int4s(1).sorted()
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
