package import QuizModel
internal import QuizPostgres
package import QuizRoomHost
package import QuizShards

extension SimulatedDatabase: RoomJournal {
    package func append(
        _ batch: JournalBatch, lane: Int, completion: @escaping @Sendable (BatchOutcome) -> Void
    ) {
        enter { $0.lane(lane).append(batch, completion) }
    }

    package func terms(of shards: [ShardID], lane: Int) async throws(JournalFailure) -> [ShardID: Term] {
        try await call { $0.terms(of: shards, lane: lane, $1) }
    }

    package func save(_ snapshot: StoredSnapshot, term: Term, lane: Int) async throws(JournalFailure) -> Bool {
        try await call { $0.write(.saveSnapshot(snapshot, term), term, lane: lane, $1) }
    }

    package func save(_ result: StoredResult, term: Term, lane: Int) async throws(JournalFailure) -> Bool {
        try await call { $0.write(.saveResult(result, term), term, lane: lane, $1) }
    }

    package func close(_ room: RoomID, term: Term, lane: Int) async throws(JournalFailure) -> Bool {
        try await call { $0.write(.close(room, term), term, lane: lane, $1) }
    }

    // MARK: With callbacks

    func terms(of shards: [ShardID], lane: Int, _ done: @escaping Done<[ShardID: Term]>) {
        self.lane(lane).run(.terms(shards)) { result in
            done(
                result.map { rows in
                    Dictionary(rows.terms.map { ($0.shard, $0) }, uniquingKeysWith: { first, _ in first })
                }
                .mapError(JournalFailure.init))
        }
    }

    /// - Returns: false: the term is over.
    func write(_ statement: SimulatedStatement, _ term: Term, lane: Int, _ done: @escaping Done<Bool>) {
        self.lane(lane).run(statement) { [self] result in
            switch result {
            case .failure(let error): done(.failure(JournalFailure(error)))
            case .success(let rows):
                do throws(JournalFailure) {
                    guard case .fenced(let locked, let accepted) = rows else { throw .wrongRows }
                    if try LaneRules.fenced(locked: locked, accepted: accepted) == .written {
                        return done(.success(true))
                    }
                } catch {
                    return done(.failure(error))
                }
                terms(of: [term.shard], lane: lane) { result in
                    done(
                        result.flatMap { terms in
                            guard terms[term.shard] == term else {
                                self.server.statistics.count(.fenced)
                                return .success(false)
                            }
                            return .failure(.fenceLocked)
                        })
                }
            }
        }
    }
}

extension SimulatedDatabase: RoomStore {
    package func create(_ record: RoomRecord, term: Term) async throws(JournalFailure) -> RoomCreation {
        let answer = try await rows(.createRoom(record, term))
        guard case .fenced(let locked, let accepted) = answer else { throw .wrongRows }
        if locked { return accepted ? .created : .codeTaken }
        guard try await rows(.terms([term.shard])).terms.first == term else { return .termOver }
        throw .fenceLocked
    }

    package func take(_ shards: [ShardID], owner: Incarnation) async throws(JournalFailure) -> [Term] {
        try await call { database, done in
            database.ownership.take(shards, owner: owner) { done($0.mapError(JournalFailure.init)) }
        }
    }

    package func load(shards: [ShardID]) async throws(JournalFailure) -> [StoredRoom] {
        try await call { $0.load(shards, $1) }
    }

    func load(_ shards: [ShardID], _ done: @escaping Done<[StoredRoom]>) {
        query(.open(shards), pool: .web) { [self] result in
            guard case .success(.rooms(let open)) = result else { return done(result.failure()) }
            let requests = open.map {
                SimulatedStatement.TailRequest(room: $0.record.room, after: $0.snapshot?.head.number ?? 0)
            }
            query(.tails(requests), pool: .web) { result in
                guard case .success(.tails(let rows)) = result else { return done(result.failure()) }
                let tails = Dictionary(grouping: rows, by: \.room).mapValues { $0.map(\.row) }
                done(
                    .success(
                        open.map {
                            StoredRoom(record: $0.record, snapshot: $0.snapshot, tail: tails[$0.record.room] ?? [])
                        }))
            }
        }
    }

    package func result(of game: GameID) async throws(JournalFailure) -> StoredResult? {
        guard case .result(var stored?) = try await rows(.result(game)) else { return nil }
        guard case .players(let entries) = try await rows(.players(game)) else { throw .wrongRows }
        stored.entries = entries
        return stored
    }

    package func history(
        of player: PlayerID, beforeMs: Int64?, limit: Int
    ) async throws(JournalFailure) -> [GameSummary] {
        let answer = try await rows(.gameHistory(player, beforeMs: beforeMs, limit: limit))
        guard case .summaries(let summaries) = answer else { throw .wrongRows }
        return summaries
    }

    package func journal(
        of room: RoomID, through number: Int64
    ) async throws(JournalFailure) -> (record: RoomRecord, rows: [JournalRow])? {
        guard case .record(let record?) = try await rows(.record(room)) else { return nil }
        guard case .journal(let rows) = try await rows(.journal(room, through: number)) else { throw .wrongRows }
        return (record, rows)
    }

    private func rows(_ statement: SimulatedStatement) async throws(JournalFailure) -> SimulatedRows {
        try await call { $0.query(statement, pool: .web, $1) }
    }
}

extension Result where Success == SimulatedRows, Failure == JournalFailure {
    /// The failure; rows of another shape are one too.
    func failure<Value>() -> Result<Value, JournalFailure> { flatMap { _ in .failure(.wrongRows) } }
}

extension JournalFailure {
    static let wrongRows = JournalFailure(
        code: "unexpected_answer", context: "The answer has another shape than its reader expects.")
}
