internal import QuizModel
internal import QuizRoomHost
internal import QuizShards

/// `JournalStatements`, part by part.
extension Backend {
    // MARK: journal_append

    private struct Kept {
        var append: RoomAppend
        /// All of its rows were there.
        var isResent: Bool
    }

    func append(_ batch: JournalBatch, _ done: @escaping (SimulatedRows) -> Void) {
        let snapshot = takeSnapshot()
        lockTerms(of: batch, snapshot) { [self] held in
            var kept: [Kept] = []
            each(batch.appends) { [self] append, next in
                if held.contains(append.term), let judged = judge(append, snapshot) { kept.append(judged) }
                next()
            } then: { [self] in
                add(kept, done)
            }
        }
    }

    /// `term`: the batch's fence rows that say our terms, locked in shard order.
    private func lockTerms(of batch: JournalBatch, _ snapshot: Snapshot, _ then: @escaping (Set<Term>) -> Void) {
        let sabotage = server.sabotage
        var wanted: [Term] = []
        for append in batch.appends where !wanted.contains(append.term) { wanted.append(append.term) }
        if sabotage == .fenceOff { return then(Set(wanted)) }
        if sabotage != .lockOrder { wanted.sort { $0.shard < $1.shard } }
        let suiting = wanted.filter { row(\.fence, $0.shard.index, snapshot) == Tables.Fence($0) }
        if sabotage == .uncheckedTerm { return then(Set(suiting)) }
        let policy = sabotage == .waitForFence || sabotage == .lockOrder ? LockPolicy.wait : .skip
        let mode = sabotage == .keyShare ? LockMode.keyShare : .share
        var held: Set<Term> = []
        each(suiting) { [self] term, next in
            lockFence(term.shard.index, expecting: Tables.Fence(term), mode, policy) { row in
                if row != nil { held.insert(term) }
                next()
            }
        } then: {
            then(held)
        }
    }

    /// `kept`: the room is known, its predecessor is there, and its next row is not, or all of its rows are.
    private func judge(_ append: RoomAppend, _ snapshot: Snapshot) -> Kept? {
        guard row(\.rooms, append.room, snapshot)?.record.shard == append.term.shard else { return nil }
        let previous = append.previous
        if previous.number != 0, server.sabotage != .pipelinedCommits {
            let behind = row(\.journal, .init(append.room, previous.number), snapshot)
            guard behind?.row.chain == previous.chain else { return nil }
        }
        guard row(\.journal, .init(append.room, previous.number + 1), snapshot) != nil else {
            return Kept(append: append, isResent: false)
        }
        guard let last = append.rows.last,
            row(\.journal, .init(append.room, last.number), snapshot)?.row.chain == last.chain
        else { return nil }
        return Kept(append: append, isResent: true)
    }

    /// `added`, and the answer.
    private func add(_ kept: [Kept], _ done: @escaping (SimulatedRows) -> Void) {
        var answer: [RoomID: Int] = [:]
        var rows: [(room: RoomID, epoch: Epoch, row: JournalRow)] = []
        for one in kept {
            if one.isResent {
                server.statistics.count(.resent)
                answer[one.append.room] = -1
            } else {
                rows += one.append.rows.map { (one.append.room, one.append.term.epoch, $0) }
            }
        }
        each(rows) { [self] item, next in
            if let state = server.poison[item.room] { return fail(state, "the row violates a constraint") }
            guard item.row.number > 0, item.row.chain.count == 32 else {
                return fail("23514", "new row for relation \"room_journal\" violates check constraint")
            }
            let entry = JournalEntry(row: item.row, epoch: item.epoch)
            insert(\.journal, .init(item.room, item.row.number), entry) { isAdded in
                if isAdded { answer[item.room, default: 0] += 1 }
                next()
            }
        } then: {
            done(.kept(answer))
        }
    }

    // MARK: What the other fenced writes begin with

    /// `held`: FOR SHARE SKIP LOCKED of one term.
    private func hold(_ term: Term, _ snapshot: Snapshot, _ then: @escaping (Bool) -> Void) {
        if server.sabotage == .fenceOff { return then(true) }
        guard row(\.fence, term.shard.index, snapshot) == Tables.Fence(term) else { return then(false) }
        if server.sabotage == .uncheckedTerm { return then(true) }
        let mode = server.sabotage == .keyShare ? LockMode.keyShare : .share
        lockFence(term.shard.index, expecting: Tables.Fence(term), mode, .skip) { then($0 != nil) }
    }

    /// `held` and `committed`: the head is in the journal.
    private func holdCommitted(
        _ room: RoomID, _ head: JournalHead, _ term: Term, _ done: @escaping (SimulatedRows) -> Void,
        _ then: @escaping (Snapshot) -> Void
    ) {
        let snapshot = takeSnapshot()
        hold(term, snapshot) { [self] isHeld in
            guard isHeld else { return done(.fenced(locked: false, accepted: false)) }
            let isThere =
                head.number == 0
                || row(\.journal, .init(room, head.number), snapshot)?.row.chain == head.chain
            guard isThere else { return done(.fenced(locked: true, accepted: false)) }
            then(snapshot)
        }
    }

    // MARK: journal_save_snapshot, journal_save_result, journal_close, room_create

    func save(_ stored: StoredSnapshot, _ term: Term, _ done: @escaping (SimulatedRows) -> Void) {
        holdCommitted(stored.room, stored.head, term, done) { [self] snapshot in
            insert(\.snapshots, .init(stored.room, stored.head.number), stored) { [self] _ in
                let before = rows(\.snapshots, snapshot, in: Tables.RowNumber.range(stored.room))
                let numbers = Set(before.map(\.key.second) + [stored.head.number]).sorted(by: >)
                let second = numbers.dropFirst().first
                let old = before.map(\.key).filter { key in second.map { key.second < $0 } ?? false }
                each(old) { [self] key, next in
                    lockRow(\.snapshots, key, .update) { [self] row in
                        if row != nil { replace(\.snapshots, key, with: nil) }
                        next()
                    }
                } then: {
                    done(.fenced(locked: true, accepted: true))
                }
            }
        }
    }

    func save(_ result: StoredResult, _ term: Term, _ done: @escaping (SimulatedRows) -> Void) {
        holdCommitted(result.room, result.head, term, done) { [self] _ in
            insert(\.results, result.game, result) { _ in done(.fenced(locked: true, accepted: true)) }
        }
    }

    func close(_ room: RoomID, _ term: Term, _ done: @escaping (SimulatedRows) -> Void) {
        let snapshot = takeSnapshot()
        hold(term, snapshot) { [self] isHeld in
            let suits = { (row: Tables.Room) in row.record.shard == term.shard && row.closedAtMs == nil }
            guard isHeld, let known = row(\.rooms, room, snapshot), suits(known) else {
                return done(.fenced(locked: isHeld, accepted: true))
            }
            lockRow(\.rooms, room, .noKeyUpdate, where: suits) { [self] newest in
                if var newest {
                    newest.closedAtMs = nowMs
                    replace(\.rooms, room, with: newest)
                }
                done(.fenced(locked: true, accepted: true))
            }
        }
    }

    func create(_ record: RoomRecord, _ term: Term, _ done: @escaping (SimulatedRows) -> Void) {
        let snapshot = takeSnapshot()
        hold(term, snapshot) { [self] isHeld in
            guard isHeld else { return done(.fenced(locked: false, accepted: false)) }
            let lent = Tables.Code(room: record.room, lentAtMs: nowMs)
            // The newest row says who has the code, the snapshot whether that room is over.
            let change = { [self] (current: Tables.Code) in
                current.room == record.room || isFree(current, snapshot) ? lent : nil
            }
            upsert(\.codes, record.code.text, lent, change: change) { [self] code in
                guard code != nil else { return done(.fenced(locked: true, accepted: false)) }
                var record = record
                record.shard = term.shard
                insert(\.rooms, record.room, Tables.Room(record: record)) { _ in
                    done(.fenced(locked: true, accepted: true))
                }
            }
        }
    }

    private static let codeLentMs: Int64 = 24 * 3_600_000

    private func isFree(_ code: Tables.Code, _ snapshot: Snapshot) -> Bool {
        let limit = nowMs - Self.codeLentMs
        guard code.lentAtMs < limit, let room = row(\.rooms, code.room, snapshot) else { return code.lentAtMs < limit }
        return room.closedAtMs.map { $0 <= limit } ?? false
    }
}

extension Tables.Fence {
    init(_ term: Term) { self.init(epoch: term.epoch.number, owner: term.owner) }
}
