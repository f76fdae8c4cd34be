internal import Crypto
package import QuizModel

/// What brings a session back on any node: the `pid` of Socket.IO's connection state recovery.
package struct RecoveryToken: Sendable, Hashable {
    /// Longest session id; bytes.
    package static let sidBytesMax = 64

    package var player: PlayerID
    /// The Socket.IO session id that is to come back.
    package var sid: String
    /// When the access token behind the session was issued, milliseconds since 1970: a revocation after it ends this one too.
    package var issuedAtMs: Int64

    /// The state the session was last given whole; nil: it began with none.
    package var baseline: RecoveryBaseline?

    package init(player: PlayerID, sid: String, issuedAtMs: Int64, baseline: RecoveryBaseline? = nil) {
        self.player = player
        self.sid = sid
        self.issuedAtMs = issuedAtMs
        self.baseline = baseline
    }
}

/// Stock clients keep an old offset when a recovery fails. Without this mark, an offset from before the state they were given
/// instead would be taken for what they know.
package struct RecoveryBaseline: Sendable, Hashable {
    package var code: RoomCode
    /// Last game event of that state; 0 or more.
    package var seq: Int

    package init(code: RoomCode, seq: Int) {
        self.code = code
        self.seq = seq
    }
}

/// Seals and opens recovery tokens: base64url of version, player, time, baseline, session id and a truncated HMAC-SHA-256.
///
/// Any node with the secret can open what another one sealed. Revocation and membership are the caller's to check.
package struct RecoveryTokens: Sendable {
    private static let version: UInt8 = 1
    /// Version, player, time, the baseline's code (zeros: none) and seq.
    private static let headBytes = 1 + 16 + 8 + RoomCode.length + 8
    /// 128 bits of the code: as hard to guess as a player id.
    private static let codeBytes = 16

    private let key: SymmetricKey

    package init(secret: SessionSecret) { key = secret.derive(for: .recovery) }

    /// - Precondition: `sid` has at most `RecoveryToken.sidBytesMax` bytes; ours are made here.
    package func seal(_ token: RecoveryToken) -> String {
        precondition(token.sid.utf8.count <= RecoveryToken.sidBytesMax, "Session ids are short.")
        var bytes = [Self.version]
        bytes.reserveCapacity(Self.headBytes + token.sid.utf8.count + Self.codeBytes)
        for shift in stride(from: UInt128(120), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: token.player.value >> shift))
        }
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: token.issuedAtMs >> Int64(shift)))
        }
        bytes.append(
            contentsOf: token.baseline.map { Array($0.code.text.utf8) } ?? [UInt8](repeating: 0, count: RoomCode.length)
        )
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: (token.baseline?.seq ?? 0) >> shift))
        }
        bytes.append(contentsOf: token.sid.utf8)
        return Base64URL.encode(bytes + code(for: bytes))
    }

    /// Nil: not sealed with our key.
    package func open(_ text: String) -> RecoveryToken? {
        let sizeMax = Self.headBytes + RecoveryToken.sidBytesMax + Self.codeBytes
        guard text.utf8.count <= sizeMax * 2, let bytes = Base64URL.decode(text),
            (Self.headBytes + Self.codeBytes...sizeMax).contains(bytes.count), bytes[0] == Self.version
        else { return nil }
        let body = bytes.dropLast(Self.codeBytes)
        var difference: UInt8 = 0  // compared in constant time
        for (mine, theirs) in zip(code(for: Array(body)), bytes.suffix(Self.codeBytes)) { difference |= mine ^ theirs }
        guard difference == 0 else { return nil }
        let player = body[1..<17].reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        let issued = body[17..<25].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let codeEnd = 25 + RoomCode.length
        let seq = body[codeEnd..<Self.headBytes].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let baseline = RoomCode(String(decoding: body[25..<codeEnd], as: UTF8.self))
            .map { RecoveryBaseline(code: $0, seq: Int(truncatingIfNeeded: seq)) }
        guard let sid = String(validating: body[Self.headBytes...], as: UTF8.self) else { return nil }
        return RecoveryToken(
            player: PlayerID(value: player), sid: sid, issuedAtMs: Int64(bitPattern: issued), baseline: baseline)
    }

    private func code(for bytes: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key).prefix(Self.codeBytes))
    }
}
