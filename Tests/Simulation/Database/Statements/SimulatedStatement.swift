package import QuizCluster
package import QuizModel
package import QuizPostgres
package import QuizRoomHost
package import QuizShards

/// The adapter's statements with their parameters as values. `PostgresStatement` names each of them; see `sent`.
package enum SimulatedStatement: Sendable {
    // The journal.
    case append(JournalBatch)
    case terms([ShardID])
    case saveSnapshot(StoredSnapshot, Term)
    case saveResult(StoredResult, Term)
    case close(RoomID, Term)
    case createRoom(RoomRecord, Term)
    // Rooms and results.
    case open([ShardID])
    case tails([TailRequest])
    case record(RoomID)
    case journal(RoomID, through: Int64)
    case result(GameID)
    case players(GameID)
    case gameHistory(PlayerID, beforeMs: Int64?, limit: Int)
    // The fence.
    case readFences([ShardID])
    case insertMissing([ShardID])
    case confirm([Term])
    case compareAndSet([FenceRules.Wish], owner: Incarnation, note: String)
    // The cluster.
    case fences
    case coordinator
    case firstCoordinator(Incarnation)
    case succeedCoordinator(CoordinatorTerm, Incarnation)
    /// Each shard once, in shard order.
    case writePlan([ShardMove], CoordinatorTerm)
    case pendingPlan
    case heads([ShardID])
    case history(limit: Int)
    case shardHistory(ShardID, limit: Int)
    case settings
    case change(ClusterSettingChange)
    // Sessions, by the number of their process.
    case terminateBackend(Int)
    case terminateBlockers(of: Int)

    package struct TailRequest: Sendable, Hashable {
        package var room: RoomID
        package var after: Int64

        package init(room: RoomID, after: Int64) {
            self.room = room
            self.after = after
        }
    }

    /// What the adapter sends for it.
    package var sent: PostgresStatement {
        switch self {
        case .append: JournalStatements.append
        case .terms: JournalStatements.terms
        case .saveSnapshot: JournalStatements.saveSnapshot
        case .saveResult: JournalStatements.saveResult
        case .close: JournalStatements.close
        case .createRoom: JournalStatements.createRoom
        case .open: RoomStatements.open
        case .tails: RoomStatements.tails
        case .record: RoomStatements.record
        case .journal: RoomStatements.journal
        case .result: RoomStatements.result
        case .players: RoomStatements.players
        case .gameHistory: RoomStatements.history
        case .readFences: FenceStatements.read
        case .insertMissing: FenceStatements.insertMissing
        case .confirm: FenceStatements.confirm
        case .compareAndSet: FenceStatements.compareAndSet
        case .fences: ClusterStatements.fences
        case .coordinator: ClusterStatements.coordinator
        case .firstCoordinator: ClusterStatements.firstCoordinator
        case .succeedCoordinator: ClusterStatements.succeedCoordinator
        case .writePlan: ClusterStatements.writePlan
        case .pendingPlan: ClusterStatements.pendingPlan
        case .heads: ClusterStatements.heads
        case .history: ClusterStatements.history
        case .shardHistory: ClusterStatements.shardHistory
        case .settings: ClusterStatements.settings
        case .change(let change):
            switch change {
            case .weight: ClusterStatements.setWeight
            case .drain, .undrain: ClusterStatements.setDraining
            case .pin: ClusterStatements.pin
            case .unpin: ClusterStatements.unpin
            case .rebalance: ClusterStatements.rebalance
            }
        case .terminateBackend: SessionStatements.terminate
        case .terminateBlockers: SessionStatements.terminateBlockers
        }
    }
}

/// What a statement gives.
package enum SimulatedRows: Sendable, Hashable {
    /// Rows added for each room kept, or −1.
    case kept([RoomID: Int])
    case fences([FenceRow])
    /// What a fenced write answers; `accepted` is true where the statement has no such column.
    case fenced(locked: Bool, accepted: Bool)
    case rooms([OpenRoom])
    case tails([TailRow])
    case record(RoomRecord?)
    case journal([JournalRow])
    /// Without entries.
    case result(StoredResult?)
    case players([LeaderboardEntry])
    case summaries([GameSummary])
    case plan([ShardMove])
    case heads([RoomID: JournalHead])
    /// Newest first.
    case moves([ShardMoveRecord])
    case settings(ClusterSettings)
    /// Rows that say nothing but how many they are.
    case count(Int)

    package struct FenceRow: Sendable, Hashable {
        /// −1: the coordinator's.
        package var shard: Int
        package var epoch: Int64
        package var owner: Incarnation

        package init(shard: Int, epoch: Int64, owner: Incarnation) {
            self.shard = shard
            self.epoch = epoch
            self.owner = owner
        }

        package var term: Term? {
            ShardID(index: shard).map { Term(shard: $0, epoch: Epoch(epoch), owner: owner) }
        }
    }

    package struct OpenRoom: Sendable, Hashable {
        package var record: RoomRecord
        package var snapshot: StoredSnapshot?

        package init(record: RoomRecord, snapshot: StoredSnapshot?) {
            self.record = record
            self.snapshot = snapshot
        }
    }

    package struct TailRow: Sendable, Hashable {
        package var room: RoomID
        package var row: JournalRow

        package init(room: RoomID, row: JournalRow) {
            self.room = room
            self.row = row
        }
    }
}
