internal import Logging
package import QuizModel
package import QuizRoomHost
package import QuizShards

/// The journal in PostgreSQL: `lanes` connections, each with one batch in flight.
package final class PostgresRoomJournal: RoomJournal {
    private let lanes: [PostgresLane]

    init(
        configuration: PostgresConfiguration, log: Logger,
        verify: @escaping @Sendable (PostgresLink) throws(PostgresError) -> Void
    ) {
        lanes = (0..<configuration.lanes).map {
            PostgresLane(index: $0, configuration: configuration, log: log, verify: verify)
        }
    }

    /// Lanes there are; a larger number stands for its remainder.
    package var laneCount: Int { lanes.count }

    package func append(_ batch: JournalBatch, lane: Int, completion: @escaping @Sendable (BatchOutcome) -> Void) {
        self[lane].append(batch, completion: completion)
    }

    package func terms(of shards: [ShardID], lane: Int) async throws(JournalFailure) -> [ShardID: Term] {
        try await self[lane].run(JournalStatements.terms, [.int4s(shards.map(\.index))]) {
            result throws(PostgresError) in
            var terms: [ShardID: Term] = [:]
            for row in result.rows {
                let term = try row.term()
                terms[term.shard] = term
            }
            return terms
        }
    }

    package func save(_ snapshot: StoredSnapshot, term: Term, lane: Int) async throws(JournalFailure) -> Bool {
        let parameters: [PostgresParameter] = [
            .uuid(snapshot.room), .int8(snapshot.head.number), .bytea(snapshot.head.chain), .bytea(snapshot.bytes),
        ]
        return try await write(JournalStatements.saveSnapshot, term, parameters, lane: lane)
    }

    package func save(_ result: StoredResult, term: Term, lane: Int) async throws(JournalFailure) -> Bool {
        try await write(JournalStatements.saveResult, term, JournalStatements.parameters(of: result), lane: lane)
    }

    package func close(_ room: RoomID, term: Term, lane: Int) async throws(JournalFailure) -> Bool {
        try await write(JournalStatements.close, term, [.uuid(room)], lane: lane)
    }

    func close() async {
        for lane in lanes { await lane.close() }
    }

    private subscript(lane: Int) -> PostgresLane { lanes[Int(lane.magnitude % UInt(lanes.count))] }

    /// - Throws: `head_not_committed` when the head the write speaks of is not in the journal; `fence_locked` when
    ///   somebody holds the fence row although the term is still ours: try again.
    private func write(
        _ statement: PostgresStatement, _ term: Term, _ parameters: [PostgresParameter], lane: Int
    ) async throws(JournalFailure) -> Bool {
        let answer = try await self[lane].run(statement, JournalStatements.term(term) + parameters) {
            result throws(PostgresError) -> FencedAnswer in try FencedAnswer(result)
        }
        if try LaneRules.fenced(locked: answer.locked, accepted: answer.accepted) == .written { return true }
        guard try await terms(of: [term.shard], lane: lane)[term.shard] == term else { return false }
        throw .fenceLocked
    }
}

/// What every fenced write but an append answers.
package struct FencedAnswer: Sendable {
    /// The term's fence row was there and free.
    package var locked: Bool
    /// The statement's other condition held; true when it has none.
    package var accepted: Bool

    package init(_ result: PostgresResult) throws(PostgresError) {
        guard let row = result.first else { throw PostgresError(.unexpectedAnswer, "A fenced write gave no row.") }
        locked = try row.bool(0)
        accepted = result.columnCount > 1 ? try row.bool(1) : true
    }
}

extension PostgresRow {
    /// Columns shard, epoch, owner.
    func term() throws(PostgresError) -> Term {
        guard let shard = ShardID(index: try int4(0)) else {
            throw PostgresError(.unexpectedAnswer, "The fence holds a shard that does not exist.")
        }
        return Term(shard: shard, epoch: Epoch(try int8(1)), owner: Incarnation(value: try uuid(2)))
    }
}
