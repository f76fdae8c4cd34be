internal import CLibPQ

/// The rows a statement gave, in PostgreSQL's binary format.
package final class PostgresResult {
    private let handle: OpaquePointer

    /// - Parameter handle: a `PGresult` that belongs to this object from now on.
    package init(adopting handle: OpaquePointer) { self.handle = handle }

    deinit { PQclear(handle) }

    var count: Int { Int(PQntuples(handle)) }
    var columnCount: Int { Int(PQnfields(handle)) }
    package var rows: some Sequence<PostgresRow> { (0..<count).lazy.map { PostgresRow(result: self, index: $0) } }
    package var first: PostgresRow? { count > 0 ? PostgresRow(result: self, index: 0) : nil }

    /// Nil: NULL, or no such column.
    func withField<Value>(row: Int, column: Int, _ body: (UnsafeRawBufferPointer) -> Value) -> Value? {
        let row = Int32(row)
        let column = Int32(column)
        guard column < PQnfields(handle), PQgetisnull(handle, row, column) == 0,
            let start = PQgetvalue(handle, row, column)
        else { return nil }
        return body(UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(handle, row, column))))
    }

    // MARK: What libpq says of a result that may be an error

    package enum Outcome {
        case rows
        /// `state` is nil when libpq made the error itself, because the connection broke.
        case refused(state: String?, message: String)
    }

    package var outcome: Outcome {
        switch PQresultStatus(handle) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: .rows
        default: .refused(state: field(Int32(UInt8(ascii: "C"))), message: field(Int32(UInt8(ascii: "M"))) ?? "")
        }
    }

    /// `PG_DIAG_SQLSTATE` is "C" and `PG_DIAG_MESSAGE_PRIMARY` "M". The detail is left out: it quotes values.
    private func field(_ code: Int32) -> String? {
        PQresultErrorField(handle, code).map { String(cString: $0) }
    }
}

/// One row; columns count from 0.
package struct PostgresRow {
    private let result: PostgresResult
    private let index: Int

    fileprivate init(result: PostgresResult, index: Int) {
        self.result = result
        self.index = index
    }
}

extension PostgresRow {
    func isNull(_ column: Int) -> Bool { result.withField(row: index, column: column) { _ in () } == nil }

    package func int4(_ column: Int) throws(PostgresError) -> Int { Int(try number(column, as: Int32.self)) }
    package func int8(_ column: Int) throws(PostgresError) -> Int64 { try number(column, as: Int64.self) }
    func bool(_ column: Int) throws(PostgresError) -> Bool { try number(column, as: UInt8.self) != 0 }
    package func uuid(_ column: Int) throws(PostgresError) -> UInt128 { try number(column, as: UInt128.self) }

    func optionalInt4(_ column: Int) throws(PostgresError) -> Int? { isNull(column) ? nil : try int4(column) }
    func optionalInt8(_ column: Int) throws(PostgresError) -> Int64? { isNull(column) ? nil : try int8(column) }
    func optionalText(_ column: Int) throws(PostgresError) -> String? { isNull(column) ? nil : try text(column) }

    package func bytes(_ column: Int) throws(PostgresError) -> [UInt8] {
        guard let bytes = result.withField(row: index, column: column, { Array($0) }) else { return try refuse(column) }
        return bytes
    }

    package func text(_ column: Int) throws(PostgresError) -> String {
        String(decoding: try bytes(column), as: UTF8.self)
    }

    func texts(_ column: Int) throws(PostgresError) -> [String] {
        let elements = try elements(column)
        return elements.map { String(decoding: $0, as: UTF8.self) }
    }

    package func int4s(_ column: Int) throws(PostgresError) -> [Int] {
        let elements = try elements(column)
        return elements.map { element in Int(Int32(bitPattern: element.reduce(UInt32(0)) { $0 << 8 | UInt32($1) })) }
    }

    private func number<Number: FixedWidthInteger>(_ column: Int, as type: Number.Type) throws(PostgresError) -> Number
    {
        let value = result.withField(row: index, column: column) { field -> Number? in
            guard field.count == MemoryLayout<Number>.size else { return nil }
            return Number(bigEndian: field.loadUnaligned(as: Number.self))
        }
        guard let number = value ?? nil else { return try refuse(column) }
        return number
    }

    /// The elements of a one-dimensional array without NULLs; see `PostgresParameter.array`.
    private func elements(_ column: Int) throws(PostgresError) -> [ArraySlice<UInt8>] {
        let field = try bytes(column)
        var position = 0
        func word() -> Int? {
            guard position + 4 <= field.count else { return nil }
            defer { position += 4 }
            return Int(Int32(bitPattern: field[position..<position + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }))
        }
        guard let dimensions = word(), word() != nil, word() != nil else { return try refuse(column) }
        if dimensions == 0 { return [] }
        guard dimensions == 1, let count = word(), word() != nil else { return try refuse(column) }
        var elements: [ArraySlice<UInt8>] = []
        for _ in 0..<count {
            guard let length = word(), length >= 0, position + length <= field.count else { return try refuse(column) }
            elements.append(field[position..<position + length])
            position += length
        }
        return elements
    }

    private func refuse<Value>(_ column: Int) throws(PostgresError) -> Value {
        throw PostgresError(.unexpectedAnswer, "Column \(column) of the answer is missing, NULL or of another type.")
    }
}
