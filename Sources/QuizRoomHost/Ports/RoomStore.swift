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
    /// Why an operator has taken the room out of play; nil: nobody has.
    package var quarantine: String?

    package init(record: RoomRecord, snapshot: StoredSnapshot?, tail: [JournalRow], quarantine: String? = nil) {
        self.record = record
        self.snapshot = snapshot
        self.tail = tail
        self.quarantine = quarantine
    }
}

/// What a room's journal was folded into: inputs up to `head` are gone, or about to be.
package struct RoomFold: Hashable, Sendable {
    package var room: RoomID
    /// The last input that was folded, and the chain there, so that what is behind it can still be checked.
    package var head: JournalHead
    /// The room at `head`, from which the rest is replayed; nil: the room had closed, and there is no rest.
    package var base: StoredSnapshot?
    /// Milliseconds since 1970, the database's clock.
    package var foldedAtMs: Int64

    package init(room: RoomID, head: JournalHead, base: StoredSnapshot?, foldedAtMs: Int64) {
        self.room = room
        self.head = head
        self.base = base
        self.foldedAtMs = foldedAtMs
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

    /// A player's finished games before `beforeMs` (wall clock), newest first.
    func history(of player: PlayerID, beforeMs: Int64?, limit: Int) async throws(JournalFailure) -> [GameSummary]

    /// The newest committed input of a room; nil: there is none, or the store cannot tell.
    func head(of room: RoomID) async throws(JournalFailure) -> JournalHead?

    /// What the beginning of the room's journal was folded into; nil: all of it is there.
    func fold(of room: RoomID) async throws(JournalFailure) -> RoomFold?

    /// A room's journal from the first input that is still there to `number`, for a replay.
    func journal(of room: RoomID, through number: Int64) async throws(JournalFailure) -> (
        record: RoomRecord, rows: [JournalRow]
    )?
}

extension RoomStore {
    /// A store that cannot tell.
    package func head(of room: RoomID) async throws(JournalFailure) -> JournalHead? { nil }

    /// A store that folds nothing.
    package func fold(of room: RoomID) async throws(JournalFailure) -> RoomFold? { nil }
}

package enum RoomCreation: Sendable, Hashable {
    case created, codeTaken, termOver
}
