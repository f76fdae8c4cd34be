internal import Crypto
package import QuizModel

/// What takes a session from one node to the node its room is on: the `resume` of a redirect.
///
/// It names the player, the room and the one process that may take it, and is good once, for a short time (Decision 0019). Who holds it is the player: it
/// is never logged, stored, or put into a cookie or an address.
package struct ResumeTicket: Sendable, Hashable {
    /// Drawn at random; tells tickets apart.
    package var number: UInt128
    /// The process that may redeem it. One that was restarted is another one.
    package var target: Incarnation
    package var room: RoomCode
    package var nickname: Nickname
    /// The session that moves; its player is the ticket's.
    package var session: RecoveryToken
    /// Milliseconds since 1970, by the clock of the node that made it.
    package var expiresAtMs: Int64

    package init(
        number: UInt128, target: Incarnation, room: RoomCode, nickname: Nickname, session: RecoveryToken,
        expiresAtMs: Int64
    ) {
        self.number = number
        self.target = target
        self.room = room
        self.nickname = nickname
        self.session = session
        self.expiresAtMs = expiresAtMs
    }
}

/// Seals and opens tickets: base64url of version, number, target, time, room, nickname, the sealed session and a truncated HMAC-SHA-256.
///
/// Any node with the secret can make one. Whether it may be redeemed here and now is for `TicketBook` to say, revocation and membership for the caller.
package struct ResumeTickets: Sendable {
    private static let version: UInt8 = 1
    /// Version, number, target, time, room, and the length of the nickname.
    private static let headBytes = 1 + 16 + 16 + 8 + RoomCode.length + 1
    /// 128 bits of the code.
    private static let codeBytes = 16
    /// A longer text is none of ours; characters.
    private static let textMax = 1_024

    private let key: SymmetricKey
    private let sessions: RecoveryTokens

    package init(secret: SessionSecret) {
        key = secret.derive(for: .ticket)
        sessions = RecoveryTokens(secret: secret)
    }

    package func seal(_ ticket: ResumeTicket) -> String {
        let nickname = Array(ticket.nickname.text.utf8)
        var bytes = [Self.version]
        bytes += Self.bigEndian(ticket.number) + Self.bigEndian(ticket.target.value)
        bytes += Self.bigEndian(ticket.expiresAtMs)
        bytes += Array(ticket.room.text.utf8)
        // At most 60 scalars, so that a byte tells its length.
        bytes.append(UInt8(nickname.count))
        bytes += nickname
        bytes += Array(sessions.seal(ticket.session).utf8)
        return Base64URL.encode(bytes + code(for: bytes))
    }

    /// Nil: not sealed with our key.
    package func open(_ text: String) -> ResumeTicket? {
        guard text.utf8.count <= Self.textMax, let bytes = Base64URL.decode(text),
            bytes.count > Self.headBytes + Self.codeBytes, bytes[0] == Self.version
        else { return nil }
        let body = Array(bytes.dropLast(Self.codeBytes))
        var difference: UInt8 = 0  // compared in constant time
        for (mine, theirs) in zip(code(for: body), bytes.suffix(Self.codeBytes)) { difference |= mine ^ theirs }
        guard difference == 0 else { return nil }
        let rest = body.dropFirst(Self.headBytes)
        let nicknameBytes = Int(body[Self.headBytes - 1])
        guard nicknameBytes <= rest.count,
            let room = RoomCode(String(decoding: body[41..<41 + RoomCode.length], as: UTF8.self)),
            let nickname = String(validating: rest.prefix(nicknameBytes), as: UTF8.self).flatMap({ Nickname($0) }),
            let session = sessions.open(String(decoding: rest.dropFirst(nicknameBytes), as: UTF8.self))
        else { return nil }
        return ResumeTicket(
            number: Self.number(body[1..<17]), target: Incarnation(value: Self.number(body[17..<33])), room: room,
            nickname: nickname, session: session,
            expiresAtMs: Int64(truncatingIfNeeded: Self.number(body[33..<41])))
    }

    private func code(for bytes: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key).prefix(Self.codeBytes))
    }

    private static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt128 {
        bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
    }
}
