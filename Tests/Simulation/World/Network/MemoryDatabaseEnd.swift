internal import QuizCluster
internal import QuizModel
internal import QuizRoomHost
internal import QuizShards
internal import QuizTestKit

/// One node's way to a `MemoryDatabase`.
final class MemoryDatabaseEnd: RoomJournal, RoomStore, ClusterStore, @unchecked Sendable {  // the simulator's thread
    private let database: MemoryDatabase
    private let process: SimulatedProcess

    init(_ database: MemoryDatabase, of process: SimulatedProcess) {
        self.database = database
        self.process = process
    }

    /// Asks, and waits for the answer as long as a client does.
    private func request<Answer: Sendable>(
        _ body: @escaping @Sendable (MemoryDatabase) async throws -> Answer
    ) async throws(JournalFailure) -> Answer {
        let (database, process) = (database, process)
        let outcome = await withUnsafeContinuation {
            (continuation: UnsafeContinuation<Result<Answer, JournalFailure>, Never>) in
            let answer = OneAnswer(continuation)
            database.simulator.after(ms: MemoryDatabase.patienceMs, in: process) {
                answer.give(.failure(JournalFailure(code: "timeout", context: "The database does not answer.")))
            }
            database.arrive(from: process) {
                Task(executorPreference: database.simulator.outside.executor) {
                    let result: Result<Answer, JournalFailure>
                    do {
                        result = .success(try await body(database))
                    } catch {
                        result = .failure(
                            error as? JournalFailure ?? JournalFailure(code: "error", context: "\(error)"))
                    }
                    database.answer(to: process) { answer.give(result) }
                }
            }
        }
        return try outcome.get()
    }

    // MARK: - RoomJournal

    func append(_ batch: JournalBatch, lane: Int, completion: @escaping @Sendable (BatchOutcome) -> Void) {
        let answer = OneCompletion(completion)
        database.simulator.after(ms: MemoryDatabase.patienceMs, in: process) {
            answer.give(.unknown(JournalFailure(code: "timeout", context: "The database does not answer.")))
        }
        database.arrive(from: process) { [database, process] in
            let outcome = database.append(batch)
            database.answer(to: process) { answer.give(outcome) }
        }
    }

    func terms(of shards: [ShardID], lane: Int) async throws(JournalFailure) -> [ShardID: Term] {
        try await request { try await $0.journal.terms(of: shards, lane: lane) }
    }

    func save(_ snapshot: StoredSnapshot, term: Term, lane: Int) async throws(JournalFailure) -> Bool {
        try await request { try await $0.journal.save(snapshot, term: term, lane: lane) }
    }

    func save(_ result: StoredResult, term: Term, lane: Int) async throws(JournalFailure) -> Bool {
        try await request { try await $0.journal.save(result, term: term, lane: lane) }
    }

    func close(_ room: RoomID, term: Term, lane: Int) async throws(JournalFailure) -> Bool {
        try await request { try await $0.journal.close(room, term: term, lane: lane) }
    }

    // MARK: - RoomStore

    func create(_ record: RoomRecord, term: Term) async throws(JournalFailure) -> RoomCreation {
        try await request { try await $0.journal.create(record, term: term) }
    }

    func load(shards: [ShardID]) async throws(JournalFailure) -> [StoredRoom] {
        try await request { try await $0.journal.load(shards: shards) }
    }

    func take(_ shards: [ShardID], owner: Incarnation) async throws(JournalFailure) -> [Term] {
        try await request { try await $0.journal.take(shards, owner: owner) }
    }

    func result(of game: GameID) async throws(JournalFailure) -> StoredResult? {
        try await request { try await $0.journal.result(of: game) }
    }

    func played(_ player: PlayerID, in game: GameID) async throws(JournalFailure) -> Bool {
        try await request { try await $0.journal.played(player, in: game) }
    }

    func history(
        of player: PlayerID, beforeMs: Int64?, limit: Int
    ) async throws(JournalFailure) -> [GameSummary] {
        try await request { try await $0.journal.history(of: player, beforeMs: beforeMs, limit: limit) }
    }

    func journal(
        of room: RoomID, through number: Int64
    ) async throws(JournalFailure) -> (record: RoomRecord, rows: [JournalRow])? {
        try await request { try await $0.journal.journal(of: room, through: number) }
    }

    // MARK: - ClusterStore

    func fences() async throws(JournalFailure) -> ClusterFences { try await request { try await $0.cluster.fences() } }

    func takeCoordinator(
        expected: CoordinatorTerm?, owner: Incarnation
    ) async throws(JournalFailure) -> CoordinatorTerm? {
        try await request { try await $0.cluster.takeCoordinator(expected: expected, owner: owner) }
    }

    func write(plan: [ShardMove], coordinator: CoordinatorTerm) async throws(JournalFailure) -> Bool {
        try await request { try await $0.cluster.write(plan: plan, coordinator: coordinator) }
    }

    func pendingPlan() async throws(JournalFailure) -> [ShardMove] {
        try await request { try await $0.cluster.pendingPlan() }
    }

    func move(
        _ expected: [Term], to owner: Incarnation, reason: MoveReason, note: String
    ) async throws(JournalFailure) -> [Term] {
        try await request { try await $0.cluster.move(expected, to: owner, reason: reason, note: note) }
    }

    func heads(of shards: [ShardID]) async throws(JournalFailure) -> [RoomID: JournalHead] {
        try await request { try await $0.cluster.heads(of: shards) }
    }

    func settings() async throws(JournalFailure) -> ClusterSettings {
        try await request { try await $0.cluster.settings() }
    }

    func apply(_ change: ClusterSettingChange, reason: String) async throws(JournalFailure) {
        try await request { try await $0.cluster.apply(change, reason: reason) }
    }

    func history(of shard: ShardID?, limit: Int) async throws(JournalFailure) -> [ShardMoveRecord] {
        try await request { try await $0.cluster.history(of: shard, limit: limit) }
    }
}

/// The first answer counts.
private final class OneCompletion: @unchecked Sendable {  // the simulator's thread
    private var completion: (@Sendable (BatchOutcome) -> Void)?

    init(_ completion: @escaping @Sendable (BatchOutcome) -> Void) { self.completion = completion }

    func give(_ outcome: BatchOutcome) {
        let completion = completion
        self.completion = nil
        completion?(outcome)
    }
}
