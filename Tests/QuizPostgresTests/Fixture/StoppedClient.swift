import CLibPQ

@testable import QuizPostgres

/// A client that was stopped after it had sent a statement and before it sent Sync: the server has executed the
/// statement, holds its locks, and waits.
final class StoppedClient {
    private let handle: OpaquePointer
    let pid: Int

    init(_ conninfo: String, statement: PostgresStatement, parameters: [PostgresParameter]) throws {
        guard let handle = PQconnectdb(conninfo), PQstatus(handle) == CONNECTION_OK else {
            throw TestServer.Failure(what: "A client could not connect.")
        }
        self.handle = handle
        pid = Int(PQbackendPID(handle))
        // None of them ends a transaction that waits for its client inside a pipeline.
        for setting in ["statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout"] {
            PQclear(PQexec(handle, "SET \(setting) = '3s'"))
        }
        guard PQenterPipelineMode(handle) == 1 else { throw TestServer.Failure(what: "No pipeline mode.") }
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
        let count = Int32(parameters.count)
        guard
            PQsendQueryParams(handle, statement.sql, count, nil, values.map { UnsafePointer($0) }, lengths, formats, 1)
                == 1,
            PQsendFlushRequest(handle) == 1
        else { throw TestServer.Failure(what: "The statement was not sent.") }
        // Its answer says that it has been executed.
        guard let result = PQgetResult(handle) else {
            throw TestServer.Failure(what: "The statement was not executed.")
        }
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_TUPLES_OK else {
            throw TestServer.Failure(what: String(cString: PQresultErrorMessage(result)))
        }
    }

    deinit { PQfinish(handle) }
}
