package import QuizRoom

/// A room's committed state as stored: the machine's snapshot and where the ring of events stood.
///
/// Layout, version 1: a byte `1`, the ring's seq (8 bytes, big-endian), its chain (32 bytes), the machine's snapshot.
package struct RoomSnapshot: Sendable {
    package var machine: RoomStateMachine
    package var events: RecoveryRing.Mark

    static let version: UInt8 = 1
    private static let headBytes = 1 + 8 + 32

    package init(machine: RoomStateMachine, events: RecoveryRing.Mark) {
        self.machine = machine
        self.events = events
    }

    package func encode() -> [UInt8] {
        [Self.version] + JournalChain.bigEndian(UInt64(events.seq)) + events.chain + machine.encodeSnapshot()
    }

    /// - Throws: `ReplayFault.unreadable` for another version or damaged bytes.
    package init(decoding bytes: [UInt8]) throws(ReplayFault) {
        guard bytes.count > Self.headBytes, bytes[0] == Self.version else {
            throw .unreadable("The snapshot has an unknown version.")
        }
        let seq = bytes[1..<9].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard seq <= UInt64(Int32.max) else { throw .unreadable("The snapshot's seq is out of range.") }
        events = RecoveryRing.Mark(seq: Int(seq), chain: Array(bytes[9..<Self.headBytes]))
        do {
            machine = try RoomStateMachine(snapshot: Array(bytes[Self.headBytes...]))
        } catch {
            throw .unreadable("The snapshot cannot be decoded: \(error).")
        }
    }
}
