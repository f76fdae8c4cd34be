import Foundation
import QuizModel
import QuizRoomHost
import QuizShards

/// Passes everything on, and dies on the way when the plan says so.
struct FaultyJournal: RoomJournal {
    let inner: any RoomJournal
    let plan: FaultPlan

    func append(_ batch: JournalBatch, lane: Int, completion: @escaping @Sendable (BatchOutcome) -> Void) {
        plan.reach(.applied)
        if plan.acknowledgesEarly {
            // The planted bug: the players are told before the journal has it.
            completion(.committed(kept: Set(batch.appends.map(\.room))))
            // Long enough for the acknowledgement to leave before the process dies.
            if plan.isDue(.sent) {
                DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(20)) { plan.die() }
                return
            }
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(30)) {
                inner.append(batch, lane: lane) { _ in }
            }
            return
        }
        inner.append(batch, lane: lane) { outcome in
            if case .committed = outcome { plan.reach(.committed) }
            completion(outcome)
        }
        if plan.isDue(.sent) {
            // Somewhere between the first byte and the answer.
            let delay = Int.random(in: 0...1_200)
            DispatchQueue.global().asyncAfter(deadline: .now() + .microseconds(delay)) { plan.die() }
        }
    }

    func terms(of shards: [ShardID], lane: Int) async throws(JournalFailure) -> [ShardID: Term] {
        try await inner.terms(of: shards, lane: lane)
    }

    func save(_ snapshot: StoredSnapshot, term: Term, lane: Int) async throws(JournalFailure) -> Bool {
        if plan.isDue(.snapshot) {
            let delay = Int.random(in: 0...2_000)
            DispatchQueue.global().asyncAfter(deadline: .now() + .microseconds(delay)) { plan.die() }
        }
        return try await inner.save(snapshot, term: term, lane: lane)
    }

    func save(_ result: StoredResult, term: Term, lane: Int) async throws(JournalFailure) -> Bool {
        try await inner.save(result, term: term, lane: lane)
    }

    func close(_ room: RoomID, term: Term, lane: Int) async throws(JournalFailure) -> Bool {
        try await inner.close(room, term: term, lane: lane)
    }
}

/// Dies in the middle of bringing rooms back when the plan says so.
struct FaultyStore: RoomStore {
    let inner: any RoomStore
    let plan: FaultPlan

    func create(_ record: RoomRecord, term: Term) async throws(JournalFailure) -> RoomCreation {
        try await inner.create(record, term: term)
    }

    func load(shards: [ShardID]) async throws(JournalFailure) -> [StoredRoom] {
        let rooms = try await inner.load(shards: shards)
        if plan.isDue(.recovery) {
            let delay = Int.random(in: 0...4_000)
            DispatchQueue.global().asyncAfter(deadline: .now() + .microseconds(delay)) { plan.die() }
        }
        return rooms
    }

    func take(_ shards: [ShardID], owner: Incarnation) async throws(JournalFailure) -> [Term] {
        try await inner.take(shards, owner: owner)
    }

    func result(of game: GameID) async throws(JournalFailure) -> StoredResult? { try await inner.result(of: game) }

    func history(of player: PlayerID, beforeMs: Int64?, limit: Int) async throws(JournalFailure) -> [GameSummary] {
        try await inner.history(of: player, beforeMs: beforeMs, limit: limit)
    }

    func head(of room: RoomID) async throws(JournalFailure) -> JournalHead? { try await inner.head(of: room) }

    func fold(of room: RoomID) async throws(JournalFailure) -> RoomFold? { try await inner.fold(of: room) }

    func journal(
        of room: RoomID, through number: Int64
    ) async throws(JournalFailure) -> (record: RoomRecord, rows: [JournalRow])? {
        try await inner.journal(of: room, through: number)
    }
}
