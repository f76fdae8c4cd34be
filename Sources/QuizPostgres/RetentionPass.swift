internal import QuizCluster
package import QuizModel
internal import QuizRoom
package import QuizRoomHost

/// One pass over everything that has run out.
///
/// A journal is folded in four steps, each of which may be the last one before a crash: it is replayed, every hash, digest and stored result compared
/// (`RoomAudit`); what it was folded into is written; its inputs are removed, batch by batch; what stood beside it goes with the last of them. A
/// journal that does not give what is stored is evidence and stays: it is reported, and an operator's `quizmania check` says what is wrong.
package struct RetentionPass: Sendable {
    /// What a pass did; also what it hands to the next one.
    package struct Report: Sendable, Hashable {
        /// This node is not the coordinator, or ceased to be.
        package var isTermOver = false
        package var folded = 0
        package var removed = PostgresRetention.Removal(rows: 0, bytes: 0, rooms: 0)
        package var trimmed: [Retention.Trim: Int] = [:]
        package var oldestSeconds: Int64?
    }

    /// Rooms that are folded in one pass; the next one goes on.
    private static let foldsMax = 500
    /// Batches of one kind in one pass.
    private static let batchesMax = 200
    /// Rooms whose journal was refused that are remembered; a room beyond is looked at again.
    private static let refusedMax = 1_000

    let retention: PostgresRetention
    let rooms: PostgresRoomStore
    private let ages: Retention.Ages
    /// Lets others in between two batches.
    private let pause: Duration

    /// Rooms whose journal does not give what is stored, and why; not tried again by this value.
    package private(set) var refused: [RoomID: String] = [:]
    private var nextGuest: PlayerID?

    package init(_ database: PostgresDatabase, ages: Retention.Ages, pause: Duration = .milliseconds(50)) {
        retention = database.retention
        rooms = database.rooms
        self.ages = ages
        self.pause = pause
    }

    /// - Parameters:
    ///   - node: this process; only the coordinator removes anything.
    ///   - nowMs: milliseconds since 1970.
    package mutating func run(as node: Incarnation, nowMs: Int64) async throws(JournalFailure) -> Report {
        var report = Report()
        guard let term = try await retention.term(of: node) else {
            report.isTermOver = true
            return report
        }
        try await fold(before: nowMs.daysBefore(ages.journal), term: term, &report)
        if !report.isTermOver { try await removeFolded(term: term, &report) }
        for trim in Retention.Trim.allCases where !report.isTermOver {
            try await self.trim(trim, nowMs: nowMs, term: term, &report)
        }
        report.oldestSeconds = try await retention.oldestSeconds()
        return report
    }

    // MARK: - Folding

    private mutating func fold(
        before endMs: Int64, term: CoordinatorTerm, _ report: inout Report
    ) async throws(JournalFailure) {
        let candidates = try await retention.candidates(
            endMs: endMs, refused: Array(refused.keys), limit: Self.foldsMax)
        for candidate in candidates {
            let room = candidate.record.room
            switch try await judge(candidate) {
            case .sound(let fold):
                // What has changed since it was found is found again next time.
                if try await retention.write(fold, closedBeforeMs: endMs, term: term) { report.folded += 1 }
            case .refused(let why):
                if refused.count < Self.refusedMax { refused[room] = why }
            }
            if try await retention.term(of: term.owner) != term {
                report.isTermOver = true
                return
            }
            await rest()
        }
    }

    private enum Judgement {
        case sound(RoomFold)
        case refused(String)
    }

    private func judge(_ candidate: PostgresRetention.Candidate) async throws(JournalFailure) -> Judgement {
        let record = candidate.record
        let last = candidate.through ?? .max
        let before = try await rooms.fold(of: record.room)
        var audit = RoomAudit(record, base: before?.base)
        while true {
            let page = try await retention.page(of: record.room, behind: audit.head.number, through: last)
            for (row, epoch) in page {
                if let why = try await fault(in: audit.add(row, epoch: epoch)) { return .refused(why) }
            }
            if page.count < PostgresRetention.pageMax { break }
        }
        if let why = try await fault(in: audit.finish()) { return .refused(why) }
        guard let snapshot = audit.snapshot else { return .refused("The journal does not fold.") }
        if let through = candidate.through, audit.head.number != through {
            return .refused("The journal ends before input \(through), where a game is said to have ended.")
        }
        return .sound(
            RoomFold(
                room: record.room, head: audit.head, base: candidate.through == nil ? nil : snapshot, foldedAtMs: 0))
    }

    private func fault(in findings: [RoomAudit.Finding]) async throws(JournalFailure) -> String? {
        for finding in findings {
            switch finding {
            case .broken(let fault): return fault.sentence
            case .epochFell(let at, _, _): return "Input \(at) was written under a term that was over."
            // They go with the journal, and nothing is lost with them.
            case .snapshotDiffers, .snapshotAhead: continue
            case .ended(let result, let head):
                guard let stored = try await rooms.result(of: result.game) else {
                    return "The result of game \(result.game) is not stored."
                }
                if let why = GameReplay.difference(between: result, at: head, and: stored).first { return why }
            }
        }
        return nil
    }

    private func removeFolded(term: CoordinatorTerm, _ report: inout Report) async throws(JournalFailure) {
        for _ in 0..<Self.batchesMax {
            guard let removal = try await retention.removeFolded(term: term) else {
                report.isTermOver = true
                return
            }
            report.removed.rows += removal.rows
            report.removed.bytes += removal.bytes
            report.removed.rooms += removal.rooms
            if removal.rows < PostgresRetention.rowsMax, removal.rooms < PostgresRetention.roomsMax { return }
            await rest()
        }
    }

    // MARK: - Age

    private mutating func trim(
        _ trim: Retention.Trim, nowMs: Int64, term: CoordinatorTerm, _ report: inout Report
    ) async throws(JournalFailure) {
        let endMs =
            switch trim {
            case .chat: nowMs.daysBefore(ages.chat)
            case .moves, .settings: nowMs.daysBefore(ages.moves)
            case .guests: nowMs.daysBefore(ages.guests)
            // They say themselves when they run out.
            case .refreshTokens, .revocations: nowMs
            }
        for _ in 0..<Self.batchesMax {
            let next = trim == .guests ? nextGuest : nil
            guard
                case .removed(let count, let further) = try await retention.trim(
                    trim, endMs: endMs, next: next, term: term)
            else {
                report.isTermOver = true
                return
            }
            report.trimmed[trim, default: 0] += count
            if trim == .guests { nextGuest = further }
            guard further != nil || trim != .guests && count == PostgresRetention.rowsMax else { return }
            await rest()
        }
    }

    private func rest() async {
        try? await Task.sleep(for: pause)  // ends early only when cancelled
    }
}

extension Int64 {
    fileprivate func daysBefore(_ days: Int) -> Int64 { self - Int64(days) * 86_400_000 }
}
