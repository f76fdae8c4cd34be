package import QuizModel
package import QuizRoomHost
package import QuizShards

/// A row of the journal with the epoch under which it was written.
package struct JournalEntry: Hashable, Sendable {
    package var row: JournalRow
    package var epoch: Epoch
}

/// What stands in the database, for the checks of a simulation: no connection is needed, and nothing is disturbed.
extension SimulatedPostgres {
    private var now: Snapshot { Snapshot(sequence: transactions.sequence, xid: 0, command: 0) }

    /// The committed rows of a room behind one of them, ascending.
    package func journal(of room: RoomID, after number: Int64 = 0) -> [JournalEntry] {
        tables.journal.rows(now, transactions, in: Tables.RowNumber.range(room, number + 1)).map(\.row)
    }

    /// Nil: nobody has ever owned it.
    package func term(of shard: ShardID) -> Term? {
        guard let row = tables.fence.row(shard.index, now, transactions), row.epoch > 0 else { return nil }
        return Term(shard: shard, epoch: Epoch(row.epoch), owner: row.owner)
    }

    /// Called after each commit, as soon as others see it.
    package func watchCommits(_ watcher: @escaping () -> Void) { transactions.whenCommitted = watcher }

    package var rooms: [RoomRecord] { tables.rooms.rows(now, transactions).map(\.row.record) }

    /// The terms of all shards that were ever owned.
    package var terms: [ShardID: Term] {
        var terms: [ShardID: Term] = [:]
        for (index, row) in tables.fence.rows(now, transactions) where row.epoch > 0 {
            guard let shard = ShardID(index: index) else { continue }
            terms[shard] = Term(shard: shard, epoch: Epoch(row.epoch), owner: row.owner)
        }
        return terms
    }

    package var results: [StoredResult] { tables.results.rows(now, transactions).map(\.row) }

    /// Processes there are, those without a client included.
    package var backendCount: Int { backends.count }
}
