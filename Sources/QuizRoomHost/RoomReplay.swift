internal import QuizModel
package import QuizRoom
internal import QuizWire

/// Why a stored room cannot be folded.
package enum ReplayFault: Error, Sendable, Hashable {
    /// A row's number does not follow the one before.
    case gap(at: Int64)
    /// A row's hash is not that of its content: something was changed after it was written.
    case chainBroken(at: Int64)
    /// The fold came to another state than the one that was journaled.
    case digestDiffers(at: Int64)
    /// The machine refused an input it had accepted.
    case refused(at: Int64, String)
    case unreadable(String)
    /// The room is pinned to rules this node does not have.
    case rulesUnknown(Int)
    /// An operator took the room out of play.
    case setAside(String)
}

/// What a replay gives: the room as it was after its last journaled input.
package struct ReplayedRoom: Sendable {
    package var machine: RoomStateMachine
    package var ring: RecoveryRing
    package var head: JournalHead
    package var snapshotNumber: Int64
    /// Games that ended in the replayed part, with the journal's head at that input.
    package var finished: [(result: GameResult, head: JournalHead)]
}

/// Folds a room's journal (P4): the same inputs through the same pure machine, every hash and digest checked.
package enum RoomReplay {
    /// - Parameters:
    ///   - ringKey: the room's key for offsets, 32 bytes.
    ///   - rules: what this build can run; nil: what the machine can.
    package static func replay(
        _ stored: StoredRoom, ringKey: [UInt8], rules: ClosedRange<Int>? = nil
    ) throws(ReplayFault) -> ReplayedRoom {
        var replayed = try begin(stored.record, at: stored.snapshot, ringKey: ringKey, rules: rules)
        for row in stored.tail { try fold(row, into: &replayed) }
        return replayed
    }

    /// The room as it was at a snapshot, or before its first input; `fold` takes it on, row by row.
    ///
    /// - Parameter ringKey: has no part in the fold; only offsets depend on it.
    package static func begin(
        _ record: RoomRecord, at snapshot: StoredSnapshot?, ringKey: [UInt8], rules: ClosedRange<Int>? = nil
    ) throws(ReplayFault) -> ReplayedRoom {
        guard (rules ?? RoomStateMachine.supportedRules).contains(record.rules) else {
            throw .rulesUnknown(record.rules)
        }
        guard let snapshot else {
            let start = JournalHead(number: 0, chain: JournalChain.start(room: record.room, rules: record.rules))
            return ReplayedRoom(
                machine: RoomStateMachine(room: record.room), ring: RecoveryRing(code: record.code, key: ringKey),
                head: start, snapshotNumber: 0, finished: [])
        }
        let decoded = try RoomSnapshot(decoding: snapshot.bytes)
        return ReplayedRoom(
            machine: decoded.machine, ring: RecoveryRing(code: record.code, key: ringKey, from: decoded.events),
            head: snapshot.head, snapshotNumber: snapshot.head.number, finished: [])
    }

    package static func fold(_ row: JournalRow, into room: inout ReplayedRoom) throws(ReplayFault) {
        guard row.number == room.head.number + 1 else { throw .gap(at: row.number) }
        guard JournalChain.next(after: room.head.chain, number: row.number, payload: row.payload) == row.chain else {
            throw .chainBroken(at: row.number)
        }
        let input: RoomInput
        let at: RoomInstant
        let origin: InputOrigin?
        do { (input, at, origin) = try RoomInput.decode(row.payload) } catch {
            throw .unreadable("Input \(row.number): \(error).")
        }
        guard case .applied(let step) = room.machine.apply(input, at: at, from: origin) else {
            throw .refused(at: row.number, "The machine did not apply an input it had applied before.")
        }
        room.head = JournalHead(number: row.number, chain: row.chain)
        for effect in step.effects {
            switch effect {
            case .game(let event):
                do {
                    _ = room.ring.append(name: event.name.rawValue, payload: try event.payload())
                } catch {
                    throw .unreadable("An event of input \(row.number) cannot be encoded.")
                }
            case .finished(let result):
                room.finished.append((result, room.head))
            default:
                break
            }
        }
        if let digest = row.digest, digest != room.machine.digest { throw .digestDiffers(at: row.number) }
    }
}
