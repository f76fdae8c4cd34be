internal import QuizModel
package import QuizRoom

/// Folds a room's journal as it is stored and says what does not fit, row by row, so that a journal of any length is looked at in bounded memory.
///
/// The same fold that brings rooms back (`RoomReplay`), with what a stored journal can be held against besides: the terms its rows were written
/// under, and the snapshots. It ends at the first row that does not fold: nothing behind it means anything.
package struct RoomAudit: Sendable {
    package enum Finding: Sendable, Hashable {
        /// The journal does not fold, from this fault on.
        case broken(ReplayFault)
        /// A row was written under an earlier term than the row before it.
        case epochFell(at: Int64, from: Int64, to: Int64)
        /// A snapshot is not what the fold gives at its head.
        case snapshotDiffers(number: Int64, why: String)
        /// A snapshot speaks of an input the journal does not have.
        case snapshotAhead(number: Int64)
        /// No fault: a game ended here; its result is to be compared with the stored one.
        case ended(GameResult, JournalHead)
    }

    private let record: RoomRecord
    private var room: ReplayedRoom?
    /// The last row that folded.
    package private(set) var head = JournalHead(number: 0, chain: [])
    package private(set) var isBroken = false
    private var epoch: Int64 = 0
    private var snapshots: [StoredSnapshot]
    private var first: [Finding] = []

    /// - Parameters:
    ///   - base: what the beginning of the journal was folded into; nil: it is all there.
    ///   - snapshots: those that are stored.
    package init(_ record: RoomRecord, base: StoredSnapshot?, snapshots: [StoredSnapshot] = []) {
        self.record = record
        // A snapshot from before the base has nothing left it could be compared with.
        self.snapshots = snapshots.filter { $0.head.number >= base?.head.number ?? 1 }
            .sorted { $0.head.number < $1.head.number }
        do {
            let room = try RoomReplay.begin(record, at: base, ringKey: Self.anyKey)
            self.room = room
            head = room.head
            first = compareSnapshots()
        } catch {
            isBroken = true
            first = [.broken(error)]
        }
    }

    /// Offsets are not compared, and nothing else depends on it.
    private static let anyKey = [UInt8](repeating: 0, count: 32)

    /// The next row, and the term's epoch it was written under.
    package mutating func add(_ row: JournalRow, epoch rowEpoch: Int64) -> [Finding] {
        guard !isBroken, var folded = room.take() else { return [] }
        var findings = begun()
        if rowEpoch < epoch { findings.append(.epochFell(at: row.number, from: epoch, to: rowEpoch)) }
        epoch = max(epoch, rowEpoch)
        do {
            try RoomReplay.fold(row, into: &folded)
        } catch {
            isBroken = true
            return findings + [.broken(error)]
        }
        findings += folded.finished.map { .ended($0.result, $0.head) }
        folded.finished = []
        head = folded.head
        room = folded
        return findings + compareSnapshots()
    }

    /// There are no more rows.
    package mutating func finish() -> [Finding] {
        defer { snapshots = [] }
        return begun() + (isBroken ? [] : snapshots.map { .snapshotAhead(number: $0.head.number) })
    }

    /// The room at `head` as it would be stored; nil: it does not fold.
    package var snapshot: StoredSnapshot? {
        room.map { room in
            StoredSnapshot(
                room: record.room, head: head,
                bytes: RoomSnapshot(machine: room.machine, events: room.ring.mark).encode())
        }
    }

    private mutating func begun() -> [Finding] {
        defer { first = [] }
        return first
    }

    private mutating func compareSnapshots() -> [Finding] {
        var findings: [Finding] = []
        while let next = snapshots.first, next.head.number == head.number {
            snapshots.removeFirst()
            if let why = difference(of: next) {
                findings.append(.snapshotDiffers(number: next.head.number, why: why))
            }
        }
        return findings
    }

    /// Read and written again before it is compared: a build before this one may have used an older format.
    private func difference(of stored: StoredSnapshot) -> String? {
        guard stored.head.chain == head.chain else { return "Its hash is not the journal's." }
        let decoded: RoomSnapshot
        do { decoded = try RoomSnapshot(decoding: stored.bytes) } catch { return error.sentence }
        guard let room else { return nil }
        if decoded.events != room.ring.mark { return "Its events are not those of the journal." }
        return decoded.machine.encodeSnapshot() == room.machine.encodeSnapshot()
            ? nil : "Its state is not the one the journal gives."
    }
}
