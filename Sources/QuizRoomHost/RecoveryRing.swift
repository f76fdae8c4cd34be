internal import Crypto
internal import DequeModule
package import NIOCore
package import QuizModel

/// One server event of a room, encoded once for everybody.
package struct RoomEvent: Sendable, Equatable {
    /// For example `game:question`.
    package var name: String
    /// The payload, one JSON object.
    package var payload: ByteBuffer
    /// The watermark "you have game events up to here"; see `OffsetMark`.
    package var offset: String
    /// Events with the same key replace one another in a slow reader's queue; nil: must arrive.
    package var conflation: Int?

    package init(name: String, payload: ByteBuffer, offset: String, conflation: Int? = nil) {
        self.name = name
        self.payload = payload
        self.offset = offset
        self.conflation = conflation
    }
}

/// `code.seq.h`: what a client has seen of a room's game events.
///
/// h is 8 hexadecimal digits of an HMAC under the room's key over a hash chain of the *events* up to seq. It proves that the client's history is this
/// room's history. It does not cover the journal, whose hashes depend on right answers that are still secret (Decision 0003).
package struct OffsetMark: Sendable, Hashable {
    package var code: RoomCode
    package var seq: Int
    package var proof: String

    package init(code: RoomCode, seq: Int, proof: String) {
        self.code = code
        self.seq = seq
        self.proof = proof
    }

    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= 64, parts.count == 3, let code = RoomCode(String(parts[0])), let seq = Int(parts[1]),
            seq >= 0, parts[2].utf8.count == 8
        else { return nil }
        self.init(code: code, seq: seq, proof: String(parts[2]))
    }

    package var text: String { "\(code).\(seq).\(proof)" }
}

/// A room's last game events, for clients that come back.
package struct RecoveryRing: Sendable {
    /// Hash over all events so far, and how many there were; what a snapshot keeps of the ring.
    package struct Mark: Sendable, Hashable {
        package var seq: Int
        /// 32 bytes.
        package var chain: [UInt8]

        package init(seq: Int, chain: [UInt8]) {
            self.seq = seq
            self.chain = chain
        }

        package static let start = Mark(seq: 0, chain: [UInt8](repeating: 0, count: 32))
    }

    private let code: RoomCode
    private let key: SymmetricKey
    private var events: Deque<RoomEvent> = []
    private var proofs: Deque<String> = []
    /// Proof at the seq before the first event kept.
    private var firstProof: String
    package private(set) var mark: Mark
    /// Offset of the newest event.
    package private(set) var offset: String

    /// - Parameter key: the room's own, 32 bytes.
    package init(code: RoomCode, key: [UInt8], from mark: Mark = .start) {
        self.code = code
        self.key = SymmetricKey(data: key)
        self.mark = mark
        firstProof = Self.proof(mark, key: self.key)
        offset = OffsetMark(code: code, seq: mark.seq, proof: firstProof).text
    }

    /// Adds the event with the next seq and gives it its offset.
    package mutating func append(name: String, payload: ByteBuffer) -> RoomEvent {
        var hash = SHA256()
        hash.update(data: mark.chain)
        hash.update(data: Array(name.utf8))
        hash.update(data: [0])
        hash.update(data: payload.readableBytesView)
        mark = Mark(seq: mark.seq + 1, chain: Array(hash.finalize()))
        let proof = Self.proof(mark, key: key)
        offset = OffsetMark(code: code, seq: mark.seq, proof: proof).text
        let event = RoomEvent(name: name, payload: payload, offset: offset)
        events.append(event)
        proofs.append(proof)
        if events.count > Limits.recoveryRingEventsMax {
            events.removeFirst()
            firstProof = proofs.removeFirst()
        }
        return event
    }

    /// What a client with this offset has missed; nil when the ring does not reach back that far, or the history is another one.
    package func missed(since offset: OffsetMark) -> [RoomEvent]? {
        let first = mark.seq - events.count
        guard offset.code == code, (first...mark.seq).contains(offset.seq) else { return nil }
        let index = offset.seq - first
        let proof = index == 0 ? firstProof : proofs[index - 1]
        guard proof == offset.proof else { return nil }
        return Array(events.dropFirst(index))
    }

    private static func proof(_ mark: Mark, key: SymmetricKey) -> String {
        var authentication = HMAC<SHA256>(key: key)
        authentication.update(data: JournalChain.bigEndian(UInt64(mark.seq)))
        authentication.update(data: mark.chain)
        return Array(authentication.finalize().prefix(4)).hexadecimal
    }
}
