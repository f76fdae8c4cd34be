package import QuizModel
package import QuizShards

/// The newest committed row of a room: its number and the hash chain up to it.
package struct JournalHead: Hashable, Sendable {
    /// 0 before the first input.
    package var number: Int64
    /// 32 bytes.
    package var chain: [UInt8]

    package init(number: Int64, chain: [UInt8]) {
        self.number = number
        self.chain = chain
    }
}

/// One journaled input.
package struct JournalRow: Hashable, Sendable {
    package var number: Int64
    /// SHA-256 over the chain before and this row; 32 bytes. See `JournalChain`.
    package var chain: [UInt8]
    /// The room's state digest after this row; only on the last row of a group.
    package var digest: UInt64?
    /// `RoomInput.encode(at:from:)`.
    package var payload: [UInt8]

    package init(number: Int64, chain: [UInt8], digest: UInt64?, payload: [UInt8]) {
        self.number = number
        self.chain = chain
        self.digest = digest
        self.payload = payload
    }
}

/// Consecutive rows of one room, to be appended behind `previous` or not at all.
package struct RoomAppend: Hashable, Sendable {
    package var room: RoomID
    package var term: Term
    package var previous: JournalHead
    /// At least one; numbers follow `previous` without a gap.
    package var rows: [JournalRow]

    package init(room: RoomID, term: Term, previous: JournalHead, rows: [JournalRow]) {
        self.room = room
        self.term = term
        self.previous = previous
        self.rows = rows
    }

    package var bytes: Int { rows.reduce(0) { $0 + $1.payload.count + 64 } }
}

/// One transaction: at most one append a room. It is never renumbered, shortened or cancelled once sent.
package struct JournalBatch: Hashable, Sendable {
    package var appends: [RoomAppend]
    package init(appends: [RoomAppend]) { self.appends = appends }
}

/// How a batch ended.
package enum BatchOutcome: Sendable, Equatable {
    /// Committed. `kept` are the rooms whose rows are durable now; a room of the batch that is missing was refused (another term, or
    /// its predecessor is not there) and nothing of it was written.
    case committed(kept: Set<RoomID>)
    /// The server refused the statement; nothing was written.
    case failed(JournalFailure)
    /// Nobody knows whether it was committed. The same bytes must be sent again until they are committed or fenced.
    case unknown(JournalFailure)
}

package struct JournalFailure: Error, Sendable, Hashable {
    /// SQLSTATE, or a word for what happened to the connection.
    package var code: String
    package var context: String

    package init(code: String, context: String) {
        self.code = code
        self.context = context
    }
}

/// Append-only, fenced storage of inputs.
///
/// A lane is one connection with one batch in flight: the caller sends the next batch of a lane only after the last one's outcome.
/// A shard's appends always take the same lane.
package protocol RoomJournal: Sendable {
    /// Sends one batch. After an `unknown` outcome the implementation first makes sure that the old connection's server side is gone.
    ///
    /// - Parameter completion: called exactly once, on any thread.
    func append(_ batch: JournalBatch, lane: Int, completion: @escaping @Sendable (BatchOutcome) -> Void)

    /// The fence rows of these shards as they are now; a shard without a row is missing from the answer.
    func terms(of shards: [ShardID], lane: Int) async throws(JournalFailure) -> [ShardID: Term]

    /// Stores a snapshot of committed state if `term` still holds; keeps the two newest of the room. False: the term is over.
    func save(_ snapshot: StoredSnapshot, term: Term, lane: Int) async throws(JournalFailure) -> Bool

    /// Stores a finished game once per game id, if `term` still holds; storing it again changes nothing. False: the term is over.
    func save(_ result: StoredResult, term: Term, lane: Int) async throws(JournalFailure) -> Bool

    /// Marks a room closed, if `term` still holds. False: the term is over.
    func close(_ room: RoomID, term: Term, lane: Int) async throws(JournalFailure) -> Bool
}

/// A room's committed state at one input.
package struct StoredSnapshot: Hashable, Sendable {
    package var room: RoomID
    package var head: JournalHead
    /// `RoomSnapshot.encode()`; versioned.
    package var bytes: [UInt8]

    package init(room: RoomID, head: JournalHead, bytes: [UInt8]) {
        self.room = room
        self.head = head
        self.bytes = bytes
    }
}

/// A finished game as it is kept for ever.
package struct StoredResult: Hashable, Sendable {
    package var game: GameID
    package var room: RoomID
    package var title: String
    /// Wall clock, milliseconds since 1970.
    package var finishedAtMs: Int64
    /// The journal up to the input that ended the game.
    package var head: JournalHead
    package var entries: [LeaderboardEntry]
    /// `GameResult.encode()`: what a replay must reproduce bit for bit.
    package var resultBytes: [UInt8]
    /// Ed25519 over `JournalSignature.message`; 64 bytes.
    package var signature: [UInt8]
    /// First 8 bytes of the SHA-256 of the public key, hexadecimal.
    package var keyID: String

    package init(
        game: GameID, room: RoomID, title: String, finishedAtMs: Int64, head: JournalHead, entries: [LeaderboardEntry],
        resultBytes: [UInt8], signature: [UInt8], keyID: String
    ) {
        self.game = game
        self.room = room
        self.title = title
        self.finishedAtMs = finishedAtMs
        self.head = head
        self.entries = entries
        self.resultBytes = resultBytes
        self.signature = signature
        self.keyID = keyID
    }
}
