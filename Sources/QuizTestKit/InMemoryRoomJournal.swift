internal import NIOConcurrencyHelpers
package import QuizModel
package import QuizRoomHost
package import QuizShards

/// A journal and room store in memory, with the same rules as the real one: fenced by term, rows behind their predecessor, the same
/// rows again are kept, others are refused.
///
/// Outcomes can be held back, to look at what a room does meanwhile. It says nothing about what PostgreSQL really does; that is tested there.
package final class InMemoryRoomJournal: RoomJournal, RoomStore {
    private struct State {
        var terms: [ShardID: Term] = [:]
        var records: [RoomID: RoomRecord] = [:]
        var closed: Set<RoomID> = []
        var rows: [RoomID: [JournalRow]] = [:]
        var snapshots: [RoomID: [StoredSnapshot]] = [:]
        var results: [GameID: StoredResult] = [:]
        var isHolding = false
        var held: [@Sendable () -> Void] = []
        var next: [BatchOutcome] = []
        var batches: [JournalBatch] = []
    }

    private let state = NIOLockedValueBox(State())

    package init() {}

    // MARK: What tests do

    /// Batches are taken and not answered until `release`.
    package func hold() { state.withLockedValue { $0.isHolding = true } }

    package func release() {
        let held = state.withLockedValue { state in
            state.isHolding = false
            defer { state.held = [] }
            return state.held
        }
        for answer in held { answer() }
    }

    /// The next batches end like this and nothing of them is written.
    package func fail(next outcomes: [BatchOutcome]) { state.withLockedValue { $0.next += outcomes } }

    package var batches: [JournalBatch] { state.withLockedValue(\.batches) }
    package func rows(of room: RoomID) -> [JournalRow] { state.withLockedValue { $0.rows[room] ?? [] } }
    package var results: [StoredResult] { state.withLockedValue { Array($0.results.values) } }
    package func snapshots(of room: RoomID) -> [StoredSnapshot] { state.withLockedValue { $0.snapshots[room] ?? [] } }

    /// Changes what is stored, as an intruder would.
    package func tamper(_ room: RoomID, _ body: (inout [JournalRow]) -> Void) {
        state.withLockedValue { body(&$0.rows[room, default: []]) }
    }

    // MARK: The fence, for `InMemoryClusterStore`

    /// Reads and changes the terms; no append, and nothing else that asks for a term, happens meanwhile.
    package func withFence<Answer>(_ body: (inout [ShardID: Term]) -> Answer) -> Answer {
        state.withLockedValue { body(&$0.terms) }
    }

    /// Heads of the open rooms of these shards.
    func heads(of shards: Set<ShardID>) -> [RoomID: JournalHead] {
        state.withLockedValue { state in
            state.records.filter { shards.contains($0.value.shard) && !state.closed.contains($0.key) }
                .mapValues { record in
                    guard let newest = state.rows[record.room]?.last else {
                        return JournalHead(
                            number: 0, chain: JournalChain.start(room: record.room, rules: record.rules))
                    }
                    return JournalHead(number: newest.number, chain: newest.chain)
                }
        }
    }

    // MARK: RoomJournal

    package func append(
        _ batch: JournalBatch, lane: Int, completion: @escaping @Sendable (BatchOutcome) -> Void
    ) {
        let outcome = state.withLockedValue { state -> BatchOutcome in
            state.batches.append(batch)
            if !state.next.isEmpty { return state.next.removeFirst() }
            return .committed(kept: Set(batch.appends.filter { Self.write($0, &state) }.map(\.room)))
        }
        let isHeld = state.withLockedValue { state in
            if state.isHolding { state.held.append { completion(outcome) } }
            return state.isHolding
        }
        if !isHeld { completion(outcome) }
    }

    private static func write(_ append: RoomAppend, _ state: inout State) -> Bool {
        guard state.terms[append.term.shard] == append.term, state.records[append.room] != nil else { return false }
        var rows = state.rows[append.room] ?? []
        let known = rows.filter { row in append.rows.contains { $0.number == row.number } }
        if !known.isEmpty { return known.map(\.chain) == append.rows.map(\.chain) }
        guard append.previous.number == Int64(rows.count),
            rows.isEmpty || rows.last?.chain == append.previous.chain
        else { return false }
        rows += append.rows
        state.rows[append.room] = rows
        return true
    }

    package func terms(of shards: [ShardID], lane: Int) async throws(JournalFailure) -> [ShardID: Term] {
        state.withLockedValue { state in state.terms.filter { shards.contains($0.key) } }
    }

    package func save(_ snapshot: StoredSnapshot, term: Term, lane: Int) async throws(JournalFailure) -> Bool {
        state.withLockedValue { state in
            guard state.terms[term.shard] == term else { return false }
            state.snapshots[snapshot.room, default: []].append(snapshot)
            state.snapshots[snapshot.room] = state.snapshots[snapshot.room]?.suffix(2)
            return true
        }
    }

    package func save(_ result: StoredResult, term: Term, lane: Int) async throws(JournalFailure) -> Bool {
        state.withLockedValue { state in
            guard state.terms[term.shard] == term else { return false }
            if state.results[result.game] == nil { state.results[result.game] = result }
            return true
        }
    }

    package func close(_ room: RoomID, term: Term, lane: Int) async throws(JournalFailure) -> Bool {
        state.withLockedValue { state in
            guard state.terms[term.shard] == term else { return false }
            state.closed.insert(room)
            return true
        }
    }

    // MARK: RoomStore

    package func create(_ record: RoomRecord, term: Term) async throws(JournalFailure) -> RoomCreation {
        state.withLockedValue { state in
            guard state.terms[term.shard] == term else { return .termOver }
            guard !state.records.values.contains(where: { $0.code == record.code }) else { return .codeTaken }
            state.records[record.room] = record
            return .created
        }
    }

    package func load(shards: [ShardID]) async throws(JournalFailure) -> [StoredRoom] {
        state.withLockedValue { state in
            state.records.values.filter { shards.contains($0.shard) && !state.closed.contains($0.room) }
                .sorted { $0.room < $1.room }
                .map { record in
                    let kept = state.snapshots[record.room] ?? []
                    let snapshot = kept.count == 2 ? kept.first : nil
                    let tail = (state.rows[record.room] ?? []).filter { $0.number > snapshot?.head.number ?? 0 }
                    return StoredRoom(record: record, snapshot: snapshot, tail: tail)
                }
        }
    }

    package func take(_ shards: [ShardID], owner: Incarnation) async throws(JournalFailure) -> [Term] {
        state.withLockedValue { state in
            shards.sorted().map { shard in
                let epoch = state.terms[shard]?.epoch.next ?? Epoch(1)
                let term = Term(shard: shard, epoch: epoch, owner: owner)
                state.terms[shard] = term
                return term
            }
        }
    }

    package func result(of game: GameID) async throws(JournalFailure) -> StoredResult? {
        state.withLockedValue { $0.results[game] }
    }

    package func head(of room: RoomID) async throws(JournalFailure) -> JournalHead? {
        state.withLockedValue { $0.rows[room]?.last.map { JournalHead(number: $0.number, chain: $0.chain) } }
    }

    package func history(
        of player: PlayerID, beforeMs: Int64?, limit: Int
    ) async throws(JournalFailure) -> [GameSummary] {
        state.withLockedValue { state in
            state.results.values
                .filter { $0.finishedAtMs < beforeMs ?? .max }
                .sorted { $0.finishedAtMs > $1.finishedAtMs }
                .compactMap { result in
                    guard let entry = result.entries.first(where: { $0.player == player }) else { return nil }
                    return GameSummary(
                        game: result.game, title: result.title, finishedAtMs: result.finishedAtMs,
                        players: result.entries.count, rank: entry.rank, score: entry.score)
                }
                .prefix(limit).map(\.self)
        }
    }

    package func journal(
        of room: RoomID, through number: Int64
    ) async throws(JournalFailure) -> (record: RoomRecord, rows: [JournalRow])? {
        state.withLockedValue { state in
            guard let record = state.records[room] else { return nil }
            return (record, (state.rows[room] ?? []).filter { $0.number <= number })
        }
    }
}
