internal import QuizModel
internal import QuizRoomHost
internal import QuizShards

/// A node's journal with a bug in it.
final class SabotagedJournal: RoomJournal, @unchecked Sendable {  // the simulator's thread
    private let real: any RoomJournal
    private let bug: Sabotage
    private let world: WorldServices

    init(_ real: any RoomJournal, _ bug: Sabotage, _ world: WorldServices) {
        self.real = real
        self.bug = bug
        self.world = world
    }

    func append(_ batch: JournalBatch, lane: Int, completion: @escaping @Sendable (BatchOutcome) -> Void) {
        guard bug == .p1 else { return real.append(batch, lane: lane, completion: completion) }
        real.append(batch, lane: lane) { _ in }
        completion(.committed(kept: Set(batch.appends.map(\.room))))
    }

    func save(_ result: StoredResult, term: Term, lane: Int) async throws(JournalFailure) -> Bool {
        var result = result
        if bug == .p3, !world.savedGames.insert(result.game).inserted { result.game = .random() }
        if bug == .p4, !result.entries.isEmpty { result.entries[0].score += 1 }
        return try await real.save(result, term: term, lane: lane)
    }

    func terms(of shards: [ShardID], lane: Int) async throws(JournalFailure) -> [ShardID: Term] {
        try await real.terms(of: shards, lane: lane)
    }

    func save(_ snapshot: StoredSnapshot, term: Term, lane: Int) async throws(JournalFailure) -> Bool {
        try await real.save(snapshot, term: term, lane: lane)
    }

    func close(_ room: RoomID, term: Term, lane: Int) async throws(JournalFailure) -> Bool {
        try await real.close(room, term: term, lane: lane)
    }
}
