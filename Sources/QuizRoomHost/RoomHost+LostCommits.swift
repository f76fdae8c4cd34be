internal import Logging
internal import QuizModel
internal import QuizTelemetry

/// Commits PostgreSQL acknowledged and does not have any more, as after a failover to a standby that had not waited for them.
///
/// Nothing brings them back: an owner keeps no inputs it has committed (Decision 0017). They are counted, an operator is told, and the rooms' clients are
/// given the state as it is: what they had seen beyond it is not this room's history, so that none of them is recovered.
extension RoomHost {
    /// - Parameters:
    ///   - heads: what the owner before had committed when it stopped the rooms.
    ///   - stored: what was loaded behind its last commit.
    func noticeLost(_ heads: [RoomID: JournalHead], in stored: [StoredRoom]) {
        guard !heads.isEmpty else { return }
        let rooms = Dictionary(stored.map { ($0.record.room, $0) }, uniquingKeysWith: { first, _ in first })
        for (room, expected) in heads {
            let found = rooms[room].map(Self.head)
            if let lost = Self.lost(expected, found: found) { tell(lost, room) }
        }
    }

    /// The journal refused a room although the term is ours: either its head is behind what was committed, or something else is wrong.
    func noticeLost(behind committed: JournalHead, of room: RoomID) {
        parts.work.submit { [parts] in
            // An unreadable database says nothing about what it holds.
            guard let head = try? await parts.store.head(of: room) else { return }
            if let lost = Self.lost(committed, found: head) { self.tell(lost, room) }
        }
    }

    /// How many inputs are missing; at least 1 where another stands in the last one's place. Nil: none.
    ///
    /// A room that went on behind the expected head has lost nothing.
    static func lost(_ expected: JournalHead, found: JournalHead?) -> Int64? {
        guard let found else { return max(1, expected.number) }
        if found.number < expected.number { return expected.number - found.number }
        return found.number == expected.number && found.chain != expected.chain ? 1 : nil
    }

    private static func head(of stored: StoredRoom) -> JournalHead {
        if let last = stored.tail.last { return JournalHead(number: last.number, chain: last.chain) }
        return stored.snapshot?.head
            ?? JournalHead(number: 0, chain: JournalChain.start(room: stored.record.room, rules: stored.record.rules))
    }

    private func tell(_ lost: Int64, _ room: RoomID) {
        parts.metrics.lostCommits.increment(by: Int(lost))
        log.error(
            "Committed inputs of a room are gone: PostgreSQL does not hold what it acknowledged.",
            metadata: .keys([.roomID: "\(room)", .count: "\(lost)"]))
    }
}
