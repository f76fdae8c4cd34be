import QuizCluster
import QuizModel
import QuizPostgres
import QuizRedis
import QuizRoomHost
import QuizShards
import QuizTelemetry

extension CheckRun {
    /// - Parameter reason: nil: nothing is done, only shown.
    func repair(_ report: inout CheckReport, reason: String?) async throws {
        for breach in report.breaches {
            guard let action = breach.action else { continue }
            guard let reason else {
                report.repairs.append(.init(breach, action, outcome: .planned))
                continue
            }
            let record = PostgresRepairs.Record(
                rule: breach.rule, subject: breach.subject, action: action.sentence, reason: reason)
            do {
                if let why = try await perform(action, record) {
                    report.repairs.append(.init(breach, action, outcome: .failed, why: why))
                } else {
                    report.repairs.append(.init(breach, action, outcome: .done))
                }
            } catch {
                report.repairs.append(.init(breach, action, outcome: .failed, why: "\(error)"))
            }
        }
    }

    /// - Returns: why it could not be done; nil: done.
    private func perform(_ action: RepairAction, _ record: PostgresRepairs.Record) async throws -> String? {
        if let changed = try await repairs.perform(action, record) {
            return changed ? nil : "There was nothing to change any more."
        }
        switch action {
        case .publish(let shards):
            if let why = try await publish(shards) { return why }
        case .replaceInMap(let shard):
            if let shard = ShardID(index: shard) { try await redis.dropFromMap(shard) }
            if let why = try await publish([shard]) { return why }
        case .storeResult(let room, let game):
            if let why = try await storeResult(of: game, in: room) { return why }
        case .deleteSnapshot, .quarantine, .release, .lendCode, .dropPlan: return nil
        }
        try await repairs.note(record)
        return nil
    }

    private func publish(_ shards: [Int]) async throws -> String? {
        let fences = try await database.cluster.fences()
        let terms = shards.compactMap { ShardID(index: $0) }.compactMap { fences.terms[$0] }
        return await directory.publish(terms) ? nil : "Redis did not take it."
    }

    /// As the owner would when it brings the room back: under the shard's term, once per game, and only if the journal has the game's end.
    private func storeResult(of game: GameID, in room: RoomID) async throws -> String? {
        guard let signer else { return "There is no signing.key." }
        guard let (record, rows) = try await database.rooms.journal(of: room, through: .max) else {
            return "The room is not there any more."
        }
        let fold = try await database.rooms.fold(of: room)
        let stored = try GameReplay.result(
            of: game, in: record, base: fold?.base, rows: rows.filter { $0.number > fold?.head.number ?? 0 },
            signer: signer, nowMs: LogTime.nowMs())
        guard let stored else { return "The journal does not end this game." }
        guard let term = try await database.cluster.fences().terms[record.shard] else {
            return "Nobody has ever owned the room's shard; start a node first."
        }
        return try await database.journal.save(stored, term: term, lane: 0)
            ? nil : "The shard has just moved; try again."
    }
}
