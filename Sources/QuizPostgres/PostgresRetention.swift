package import QuizCluster
package import QuizModel
package import QuizRoomHost
internal import QuizShards

/// Carries `Retention` out: removes what has run out, in batches, under the coordinator's term. What is to be folded is folded by its caller.
package final class PostgresRetention: Sendable {
    /// A journal whose time is over.
    package struct Candidate: Sendable, Hashable {
        package var record: RoomRecord
        /// The last input to fold; nil: the room has closed, and all of it is to go.
        package var through: Int64?
    }

    package struct Removal: Sendable, Hashable {
        package var rows: Int
        package var bytes: Int64
        package var rooms: Int
    }

    package enum Trimmed: Sendable, Hashable {
        /// The term is over, or about to be.
        case termOver
        /// - Parameter next: where to go on; nil: nothing is left for now.
        case removed(Int, next: PlayerID?)
    }

    /// Rows of one statement, so that none holds its locks for long.
    package static let rowsMax = 2_000
    /// Rooms of one statement.
    package static let roomsMax = 20
    /// Inputs of one page.
    package static let pageMax = 500

    private let pool: PostgresPool

    init(pool: PostgresPool) { self.pool = pool }

    /// The coordinator's term if `node` is the coordinator.
    package func term(of node: Incarnation) async throws(JournalFailure) -> CoordinatorTerm? {
        let term = try await query(ClusterStatements.coordinator) { result throws(PostgresError) in
            try result.first?.coordinatorTerm(from: 0)
        }
        return term?.owner == node ? term : nil
    }

    /// - Parameters:
    ///   - endMs: what is older goes; milliseconds since 1970.
    ///   - next: where the last look ended.
    package func trim(
        _ trim: Retention.Trim, endMs: Int64, next: PlayerID? = nil, term: CoordinatorTerm
    ) async throws(JournalFailure) -> Trimmed {
        let parameters =
            RetentionStatements.term(term) + [
                .int8(endMs), .int4(Self.rowsMax), next.map { PostgresParameter.uuid($0) } ?? .null,
            ]
        return try await query(RetentionStatements.trim(trim), parameters) {
            result throws(PostgresError) -> Trimmed in
            guard let row = result.first, try row.bool(0) else { return .termOver }
            return .removed(try row.int4(1), next: row.isNull(2) ? nil : PlayerID(value: try row.uuid(2)))
        }
    }

    /// Journals to fold, the oldest first, closed rooms before open ones.
    ///
    /// - Parameters:
    ///   - endMs: rooms that closed, and games that ended, before that; milliseconds since 1970.
    ///   - refused: rooms to leave out.
    package func candidates(
        endMs: Int64, refused: [RoomID], limit: Int
    ) async throws(JournalFailure) -> [Candidate] {
        var found: [Candidate] = []
        for statement in [RetentionStatements.closedRooms, RetentionStatements.openRooms] where found.count < limit {
            let parameters: [PostgresParameter] = [.int8(endMs), .uuids(refused), .int4(limit - found.count)]
            found += try await query(statement, parameters) { result throws(PostgresError) in
                var candidates: [Candidate] = []
                for row in result.rows {
                    candidates.append(Candidate(record: try row.record(), through: try row.optionalInt8(4)))
                }
                return candidates
            }
        }
        return found
    }

    /// At most `pageMax` rows behind an input, each with the epoch it was written in.
    package func page(
        of room: RoomID, behind number: Int64, through last: Int64
    ) async throws(JournalFailure) -> [(row: JournalRow, epoch: Int64)] {
        let parameters: [PostgresParameter] = [.uuid(room), .int8(number), .int8(last), .int4(Self.pageMax)]
        return try await query(RetentionStatements.page, parameters) { result throws(PostgresError) in
            try result.epochRows()
        }
    }

    /// - Returns: false when the term is over, the room is not any more as it was found, or (an open room) it has not two snapshots behind the fold.
    package func write(
        _ fold: RoomFold, closedBeforeMs: Int64, term: CoordinatorTerm
    ) async throws(JournalFailure) -> Bool {
        let parameters =
            RetentionStatements.term(term) + [
                .uuid(fold.room), .int8(fold.head.number), .bytea(fold.head.chain),
                fold.base.map { .bytea($0.bytes) } ?? .null, .int8(closedBeforeMs),
            ]
        return try await query(RetentionStatements.fold, parameters) { result throws(PostgresError) in
            let answer = try FencedAnswer(result)
            return answer.locked && answer.accepted
        }
    }

    /// - Returns: nil: the term is over.
    package func removeFolded(term: CoordinatorTerm) async throws(JournalFailure) -> Removal? {
        let parameters = RetentionStatements.term(term) + [.int4(Self.rowsMax), .int4(Self.roomsMax)]
        return try await query(RetentionStatements.removeFolded, parameters) {
            result throws(PostgresError) -> Removal? in
            guard let row = result.first, try row.bool(0) else { return nil }
            return Removal(rows: try row.int4(1), bytes: try row.int8(2), rooms: try row.int4(3))
        }
    }

    /// Seconds since the room closed whose journal has waited longest; nil: none waits.
    package func oldestSeconds() async throws(JournalFailure) -> Int64? {
        try await query(RetentionStatements.oldest) { result throws(PostgresError) in
            try result.first?.optionalInt8(0)
        }
    }

    private func query<Value: Sendable>(
        _ statement: PostgresStatement, _ parameters: [PostgresParameter] = [],
        _ read: @escaping @Sendable (PostgresResult) throws(PostgresError) -> Value
    ) async throws(JournalFailure) -> Value {
        do throws(PostgresError) {
            return try await pool.query(statement, parameters, read)
        } catch {
            throw JournalFailure(error)
        }
    }
}

extension PostgresResult {
    /// Rows of `RetentionStatements.page`.
    func epochRows() throws(PostgresError) -> [(row: JournalRow, epoch: Int64)] {
        var found: [(row: JournalRow, epoch: Int64)] = []
        for row in rows { found.append((try row.journalRow(from: 0), try row.int8(4))) }
        return found
    }
}
