internal import QuizModel
internal import QuizRoomHost
internal import QuizShards

/// `RoomStatements` and `cluster_heads`: reads of one snapshot.
extension Backend {
    func read(_ statement: SimulatedStatement, _ snapshot: Snapshot) -> SimulatedRows {
        switch statement {
        case .open(let shards): .rooms(openRooms(shards, snapshot))
        case .tails(let requests):
            .tails(
                requests.flatMap { request in
                    journal(request.room, request.after + 1, .max, snapshot)
                        .map { SimulatedRows.TailRow(room: request.room, row: $0) }
                })
        case .record(let room): .record(row(\.rooms, room, snapshot)?.record)
        case .journal(let room, let number): .journal(journal(room, .min, number, snapshot))
        case .result(let game):
            .result(
                row(\.results, game, snapshot).map { result in
                    var result = result
                    result.entries = []
                    return result
                })
        case .players(let game): .players(row(\.results, game, snapshot)?.entries ?? [])
        case .gameHistory(let player, let beforeMs, let limit):
            .summaries(games(of: player, beforeMs, limit, snapshot))
        case .heads(let shards): .heads(heads(shards, snapshot))
        default: .count(0)
        }
    }

    private func rooms(of shards: [ShardID], _ snapshot: Snapshot) -> [RoomRecord] {
        let shards = Set(shards)
        return rows(\.rooms, snapshot).map(\.row)
            .filter { $0.closedAtMs == nil && shards.contains($0.record.shard) }.map(\.record)
    }

    private func openRooms(_ shards: [ShardID], _ snapshot: Snapshot) -> [SimulatedRows.OpenRoom] {
        rooms(of: shards, snapshot).map { record in
            let kept = rows(\.snapshots, snapshot, in: Tables.RowNumber.range(record.room))
            return SimulatedRows.OpenRoom(record: record, snapshot: kept.dropLast().last?.row)
        }
    }

    private func journal(
        _ room: RoomID, _ first: Int64, _ last: Int64, _ snapshot: Snapshot
    ) -> [JournalRow] {
        guard first <= last else { return [] }
        return rows(\.journal, snapshot, in: Tables.RowNumber.range(room, first, last)).map(\.row.row)
    }

    private func heads(_ shards: [ShardID], _ snapshot: Snapshot) -> [RoomID: JournalHead] {
        var heads: [RoomID: JournalHead] = [:]
        for record in rooms(of: shards, snapshot) {
            guard let last = journal(record.room, .min, .max, snapshot).last else { continue }
            heads[record.room] = JournalHead(number: last.number, chain: last.chain)
        }
        return heads
    }

    private func games(
        of player: PlayerID, _ beforeMs: Int64?, _ limit: Int, _ snapshot: Snapshot
    ) -> [GameSummary] {
        var found: [GameSummary] = []
        for (game, result) in rows(\.results, snapshot) {
            guard result.finishedAtMs < beforeMs ?? .max,
                let entry = result.entries.first(where: { $0.player == player })
            else { continue }
            found.append(
                GameSummary(
                    game: game, title: result.title, finishedAtMs: result.finishedAtMs,
                    players: result.entries.count, rank: entry.rank, score: entry.score))
        }
        found.sort { ($0.finishedAtMs, $0.game) > ($1.finishedAtMs, $1.game) }
        return Array(found.prefix(max(limit, 0)))
    }
}
