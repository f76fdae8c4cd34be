internal import CLibPQ

struct AgreementFailure: Error {
    var what: String
}

/// A blocking session of a real server, for what is said in plain SQL.
final class PlainSession {
    private let handle: OpaquePointer

    init(_ conninfo: String) throws {
        guard let handle = PQconnectdb(conninfo) else { throw AgreementFailure(what: "libpq has no memory.") }
        self.handle = handle
        guard PQstatus(handle) == CONNECTION_OK else {
            throw AgreementFailure(what: "The server refuses: \(String(cString: PQerrorMessage(handle)))")
        }
        // A session that has ended by itself cannot be ended: that is said as a warning.
        try ask("SET client_min_messages = error")
    }

    deinit { PQfinish(handle) }

    /// - Returns: the rows of the last statement, NULL as an empty text.
    @discardableResult
    func ask(_ sql: String) throws -> [[String]] {
        let result = PQexec(handle, sql)
        defer { PQclear(result) }
        guard [PGRES_TUPLES_OK, PGRES_COMMAND_OK].contains(PQresultStatus(result)) else {
            throw AgreementFailure(what: "The server says: \(String(cString: PQerrorMessage(handle)))")
        }
        return (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in PQgetvalue(result, row, column).map { String(cString: $0) } ?? "" }
        }
    }
}
