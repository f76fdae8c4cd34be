internal import QuizCluster
internal import QuizModel
internal import QuizPostgres
internal import QuizRoomHost
internal import QuizShards
internal import QuizSimulatedDatabase

/// The adapter's parameters for a statement, and its reading of the rows.
extension SimulatedStatement {
    var parameters: [PostgresParameter] {
        switch self {
        case .append(let batch): JournalStatements.parameters(of: batch)
        case .terms(let shards), .open(let shards), .heads(let shards), .readFences(let shards),
            .insertMissing(let shards):
            [.int4s(shards.map(\.index))]
        case .saveSnapshot(let stored, let term):
            JournalStatements.term(term) + [
                .uuid(stored.room), .int8(stored.head.number), .bytea(stored.head.chain), .bytea(stored.bytes),
            ]
        case .saveResult(let result, let term):
            JournalStatements.term(term) + JournalStatements.parameters(of: result)
        case .close(let room, let term): JournalStatements.term(term) + [.uuid(room)]
        case .createRoom(let record, let term):
            JournalStatements.term(term) + [.uuid(record.room), .text(record.code.text), .int4(record.rules)]
        case .tails(let requests): [.uuids(requests.map(\.room)), .int8s(requests.map(\.after))]
        case .record(let room): [.uuid(room)]
        case .journal(let room, let number): [.uuid(room), .int8(number)]
        case .result(let game), .players(let game): [.uuid(game)]
        case .gameHistory(let player, let beforeMs, let limit): [.uuid(player), .int8(beforeMs), .int4(limit)]
        case .confirm(let terms):
            [.int4s(terms.map(\.shard.index)), .int8s(terms.map(\.epoch.number)), .uuids(terms.map(\.owner))]
        case .compareAndSet(let wishes, let owner, let note):
            [
                .int4s(wishes.map(\.expected.shard.index)), .int8s(wishes.map(\.expected.epoch.number)),
                .uuids(wishes.map(\.expected.owner)), .texts(wishes.map(\.reason.rawValue)), .uuid(owner), .text(note),
            ]
        case .fences, .coordinator, .pendingPlan, .settings: []
        case .firstCoordinator(let owner): [.uuid(owner)]
        case .succeedCoordinator(let term, let owner): [.int8(term.epoch.number), .uuid(term.owner), .uuid(owner)]
        case .writePlan(let plan, let coordinator):
            [
                .int8(coordinator.epoch.number), .uuid(coordinator.owner), .int4s(plan.map(\.shard.index)),
                .uuids(plan.map(\.to)), .texts(plan.map(\.reason.rawValue)), .texts(plan.map(\.note)),
            ]
        case .history(let limit): [.int4(limit)]
        case .shardHistory(let shard, let limit): [.int4(limit), .int4(shard.index)]
        case .change(let change): ClusterStatements.change(change, reason: "").1
        case .terminateBackend(let pid): [.int4(pid), .int8(0), .int8(0)]
        case .terminateBlockers(let pid): [.int4(pid)]
        }
    }

    func read(_ result: PostgresResult) throws(PostgresError) -> SimulatedRows {
        let rows = Array(result.rows)
        switch self {
        case .append:
            var kept: [RoomID: Int] = [:]
            for row in rows { kept[RoomID(value: try row.uuid(0))] = try row.int4(1) }
            return .kept(kept)
        case .terms, .readFences, .compareAndSet, .confirm, .fences:
            return .fences(
                try rows.mapped { row throws(PostgresError) in
                    .init(
                        shard: try row.int4(0), epoch: try row.int8(1), owner: Incarnation(value: try row.uuid(2)))
                }.sorted { $0.shard < $1.shard })
        case .coordinator, .firstCoordinator, .succeedCoordinator:
            return .fences(
                try rows.mapped { row throws(PostgresError) in
                    .init(shard: -1, epoch: try row.int8(0), owner: Incarnation(value: try row.uuid(1)))
                })
        case .saveSnapshot, .saveResult, .close, .createRoom, .writePlan:
            let answer = try FencedAnswer(result)
            return .fenced(locked: answer.locked, accepted: answer.accepted)
        case .open:
            return .rooms(
                try rows.mapped { row throws(PostgresError) in
                    .init(record: try row.record(), snapshot: try row.snapshot())
                })
        case .tails:
            return .tails(
                try rows.mapped { row throws(PostgresError) in
                    .init(room: RoomID(value: try row.uuid(0)), row: try row.journalRow(from: 1))
                })
        case .record: return .record(try rows.first?.record())
        case .journal:
            return .journal(try rows.mapped { row throws(PostgresError) in try row.journalRow(from: 0) })
        case .result(let game): return .result(try rows.first?.result(game))
        case .players:
            return .players(try rows.mapped { row throws(PostgresError) in try row.leaderboardEntry() })
        case .gameHistory:
            return .summaries(try rows.mapped { row throws(PostgresError) in try row.summary() })
        case .pendingPlan:
            return .plan(try rows.mapped { row throws(PostgresError) in try row.plannedMove() })
        case .heads:
            var heads: [RoomID: JournalHead] = [:]
            for row in rows {
                heads[RoomID(value: try row.uuid(0))] = JournalHead(
                    number: try row.int8(1), chain: try row.bytes(2))
            }
            return .heads(heads)
        case .history, .shardHistory:
            return SimulatedRows.moves(
                try rows.mapped { row throws(PostgresError) in try row.moveRecord() }
            ).normalised
        case .settings:
            var settings = ClusterSettings()
            for row in rows { try row.add(to: &settings) }
            return .settings(settings)
        case .insertMissing, .change, .terminateBackend, .terminateBlockers: return .count(rows.count)
        }
    }
}

extension [PostgresRow] {
    fileprivate func mapped<Value>(
        _ read: (PostgresRow) throws(PostgresError) -> Value
    ) throws(PostgresError) -> [Value] {
        var values: [Value] = []
        for row in self { values.append(try read(row)) }
        return values
    }
}
