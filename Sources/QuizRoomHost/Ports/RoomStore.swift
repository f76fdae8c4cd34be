package import QuizModel
package import QuizShards

/// A room as it is recorded beside its journal.
package struct RoomRecord: Hashable, Sendable {
    package var room: RoomID
    package var code: RoomCode
    package var shard: ShardID
    /// Version of the rules the room is pinned to.
    package var rules: Int

    package init(room: RoomID, code: RoomCode, shard: ShardID, rules: Int) {
        self.room = room
        self.code = code
        self.shard = shard
        self.rules = rules
    }
}

/// Everything a new owner needs to go on with a room.
package struct StoredRoom: Sendable {
    package var record: RoomRecord
    /// The *older* of the two snapshots kept, so that the replay also rebuilds the recovery ring; nil: replay from the start.
    package var snapshot: StoredSnapshot?
    /// All rows behind the snapshot, ascending.
    package var tail: [JournalRow]

    package init(record: RoomRecord, snapshot: StoredSnapshot?, tail: [JournalRow]) {
        self.record = record
        self.snapshot = snapshot
        self.tail = tail
    }
}

/// Rooms, fence rows and results outside the hot path.
package protocol RoomStore: Sendable {
    /// Records a new room if `term` holds.
    ///
    /// - Returns: `codeTaken` when another room had the code in the last 24 hours.
    func create(_ record: RoomRecord, term: Term) async throws(JournalFailure) -> RoomCreation

    /// Open rooms of these shards with snapshot and tail, in two bulk queries. Call only after `take`, in a new statement:
    /// a statement that began before the fence moved misses the old owner's last rows.
    func load(shards: [ShardID]) async throws(JournalFailure) -> [StoredRoom]

    /// Makes `owner` the owner of every given shard by compare-and-set, in shard order, ending sessions that block it.
    ///
    /// - Returns: the new terms of the shards that were won.
    func take(_ shards: [ShardID], owner: Incarnation) async throws(JournalFailure) -> [Term]

    /// A stored result; nil: no such game.
    func result(of game: GameID) async throws(JournalFailure) -> StoredResult?

    /// Whether this player took part in the game.
    func played(_ player: PlayerID, in game: GameID) async throws(JournalFailure) -> Bool

    /// A player's finished games before `beforeMs` (wall clock), newest first.
    func history(of player: PlayerID, beforeMs: Int64?, limit: Int) async throws(JournalFailure) -> [GameSummary]

    /// A room's whole journal from the first input to `number`, for a replay.
    func journal(of room: RoomID, through number: Int64) async throws(JournalFailure) -> (
        record: RoomRecord, rows: [JournalRow]
    )?
}

package enum RoomCreation: Sendable, Hashable {
    case created, codeTaken, termOver
}
