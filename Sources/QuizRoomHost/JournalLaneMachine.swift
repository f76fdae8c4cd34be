internal import DequeModule
package import QuizModel
package import QuizShards

/// Decides what a journal lane sends next; group commit as a value.
///
/// A lane is one database connection with one batch in flight. Whatever rooms hand over while a batch is under way becomes the next
/// batch, so batches grow with the load by themselves.
///
/// **Normal path**: `enqueue` → `send` → `outcome(.committed)` → `committed` for every room.
///
/// **Failure paths**
/// - *Unknown outcome* (connection lost, timeout): the very same batch is sent again until it is committed or refused. It is never
///   shortened or renumbered: it may already be durable, and somebody may have read it.
/// - *The whole batch failed* for a reason that lies in its data: it is halved until the room is found, and that
///   room alone is quarantined. For a reason that lies in the server (full, shutting down, not reachable) it is sent
///   again after a pause.
/// - *A room was not kept*: its fence row is read. Another term → the shard is lost, its rooms are dropped whole. Our term → sent
///   again; after `refusalsMax` refusals the room is quarantined, since its journal is not what the owner thinks.
///
/// **Invariants** (tested by random runs): rows of a room are sent in order, without gap or repetition except the same batch again; at most one
/// batch is in flight; nothing is committed that was not reported `kept`.
package struct JournalLaneMachine: Sendable {
    package enum Action: Sendable, Equatable {
        case send(JournalBatch)
        /// Send the batch in flight again, after a pause of so many milliseconds.
        case sendAgain(JournalBatch, afterMs: Int)
        /// Read these fence rows and report them with `terms`.
        case readTerms([ShardID])
        case committed(RoomID, JournalHead)
        /// This term is over: drop the shard's rooms, release nothing.
        case lost(Term)
        case quarantine(RoomID, why: String)
    }

    /// How often a room may be refused under its own term before it is quarantined; pauses lie between, because a fencer
    /// that stalled in its transaction looks the same.
    static let refusalsMax = 4
    static let pausesMs = [0, 100, 300, 700, 1_500]

    private var waiting: [RoomID: RoomAppend] = [:]
    /// Rooms of `waiting` in order of arrival.
    private var order: Deque<RoomID> = []
    /// Parts of a halved batch, and rooms to be tried again alone; sent before anything else.
    private var parts: Deque<JournalBatch> = []
    private var inFlight: JournalBatch?
    private var suspects: [RoomAppend] = []
    private var refusals: [RoomID: Int] = [:]
    private var attempts = 0

    package init() {}

    /// Bytes and rows handed over and not yet committed.
    package private(set) var backlogRows = 0
    package private(set) var backlogBytes = 0
    package var isIdle: Bool { inFlight == nil && suspects.isEmpty && waiting.isEmpty && parts.isEmpty }

    // MARK: - Door

    /// Rows of one room, behind those it handed over before.
    package mutating func enqueue(_ append: RoomAppend) {
        backlogRows += append.rows.count
        backlogBytes += append.bytes
        if waiting[append.room] != nil {
            waiting[append.room]?.rows.append(contentsOf: append.rows)
        } else {
            waiting[append.room] = append
            order.append(append.room)
        }
    }

    /// The next batch if none is under way; call at the end of a tick and after every other door.
    package mutating func next() -> Action? {
        guard inFlight == nil, suspects.isEmpty else { return nil }
        if let part = parts.popFirst() {
            inFlight = part
            return .send(part)
        }
        var batch = JournalBatch(appends: [])
        var rows = 0
        var bytes = 0
        while let room = order.first, let append = waiting[room] {
            // A room alone may exceed the bounds (its own limit is far below them together with the row limit).
            let fits =
                rows + append.rows.count <= Limits.rowsPerBatchMax && bytes + append.bytes <= Limits.bytesPerBatchMax
            guard fits || batch.appends.isEmpty else { break }
            order.removeFirst()
            waiting[room] = nil
            batch.appends.append(append)
            rows += append.rows.count
            bytes += append.bytes
        }
        guard !batch.appends.isEmpty else { return nil }
        inFlight = batch
        attempts = 0
        return .send(batch)
    }

    package mutating func outcome(_ outcome: BatchOutcome) -> [Action] {
        guard let batch = inFlight else { return [] }
        switch outcome {
        case .unknown:
            attempts += 1
            return [.sendAgain(batch, afterMs: pauseMs)]
        case .failed(let failure) where !failure.liesInTheData:
            attempts += 1
            return [.sendAgain(batch, afterMs: pauseMs)]
        case .failed(let failure):
            inFlight = nil
            return split(batch, failure: failure)
        case .committed(let kept):
            inFlight = nil
            attempts = 0
            return settle(batch, kept: kept)
        }
    }

    /// The fence rows asked for by `readTerms`; nil when they could not be read.
    package mutating func terms(_ terms: [ShardID: Term]?) -> [Action] {
        guard let terms else { return [.readTerms(suspectShards)] }
        var actions: [Action] = []
        var lost: Set<Term> = []
        let judged = suspects
        suspects = []
        for append in judged {
            if terms[append.term.shard] != append.term {
                if lost.insert(append.term).inserted { actions.append(.lost(append.term)) }
                forget(append)
                continue
            }
            let count = (refusals[append.room] ?? 0) + 1
            refusals[append.room] = count
            if count >= Self.refusalsMax {
                actions.append(.quarantine(append.room, why: "The journal refused its rows \(count) times."))
                forget(append)
            } else {
                parts.append(JournalBatch(appends: [append]))
            }
        }
        return actions
    }

    /// Forgets everything of a room that is no longer ours; rows in flight may still be answered.
    package mutating func drop(_ room: RoomID) {
        if let append = waiting.removeValue(forKey: room) {
            order.removeAll { $0 == room }
            backlogRows -= append.rows.count
            backlogBytes -= append.bytes
        }
        refusals[room] = nil
    }

    // MARK: - Detail

    private var pauseMs: Int { Self.pausesMs[min(attempts, Self.pausesMs.count - 1)] }

    private var suspectShards: [ShardID] { Set(suspects.map(\.term.shard)).sorted() }

    private mutating func settle(_ batch: JournalBatch, kept: Set<RoomID>) -> [Action] {
        var actions: [Action] = []
        for append in batch.appends {
            guard kept.contains(append.room), let last = append.rows.last else {
                suspects.append(append)
                continue
            }
            refusals[append.room] = nil
            backlogRows -= append.rows.count
            backlogBytes -= append.bytes
            actions.append(.committed(append.room, JournalHead(number: last.number, chain: last.chain)))
        }
        if !suspects.isEmpty { actions.append(.readTerms(suspectShards)) }
        return actions
    }

    private mutating func split(_ batch: JournalBatch, failure: JournalFailure) -> [Action] {
        guard batch.appends.count > 1 else {
            for append in batch.appends { forget(append) }
            return batch.appends.map { .quarantine($0.room, why: "\(failure.code): \(failure.context)") }
        }
        let middle = batch.appends.count / 2
        parts.prepend(JournalBatch(appends: Array(batch.appends[middle...])))
        parts.prepend(JournalBatch(appends: Array(batch.appends[..<middle])))
        return []
    }

    private mutating func forget(_ append: RoomAppend) {
        backlogRows -= append.rows.count
        backlogBytes -= append.bytes
        // The room may be back under a new term by now, with rows of its own.
        if waiting[append.room]?.term == append.term { drop(append.room) }
        refusals[append.room] = nil
    }
}

extension JournalFailure {
    /// Whether the same statement without one of its rooms might succeed: SQLSTATE classes 22 (data), 23 (constraints)
    /// and 54 (program limits). Everything else is the server's or the connection's.
    var liesInTheData: Bool { code.count == 5 && ["22", "23", "54"].contains(code.prefix(2)) }
}
