internal import QuizModel
internal import QuizRoomHost
internal import QuizSocial
internal import QuizTelemetry

/// Who a connection is, and what it asks to have back.
struct Admission: Sendable {
    var player: PlayerID
    var nickname: Nickname
    /// When what it showed was issued; a recovery token made from it dies with its revocation.
    var issuedAtMs: Int64
    /// A guest made by this very connection.
    var guest: GuestSession?
    /// An opened and believed recovery token.
    var recovery: RecoveryToken?
    /// The `pid` it came in.
    var pid: String?
    /// What the client says it has seen.
    var offset: String?
    /// The room a ticket leads to.
    var room: RoomCode?
    /// The client wants to be told where its room is.
    var followsRedirects = false

    /// A token speaks for a player; a recovery token alone too, while the room it was in goes on, even if the access token has expired.
    /// A nickname alone makes a guest. A ticket speaks for itself, and beside it nothing else does.
    ///
    /// - Throws: `unauthorized`, `rate_limited`, `unavailable`; `invalid` when there is neither token nor nickname.
    static func decide(
        _ auth: HandshakeAuth, address: String, parts: GameApplication.Parts
    ) async throws(Rejection) -> Admission {
        var admission: Admission
        if let ticket = auth.resume {
            admission = try await byTicket(ticket, offset: auth.offset, parts: parts)
        } else {
            admission = try await byToken(auth, address: address, parts: parts)
        }
        admission.followsRedirects = auth.capabilities?.contains(redirectCapability) == true
        return admission
    }

    /// What a client that follows `cluster:redirect` says of itself.
    private static let redirectCapability = "redirect"

    /// The client stays where it was when this fails; so a ticket that is no good is no reason to make a guest.
    private static func byTicket(
        _ text: String, offset: String?, parts: GameApplication.Parts
    ) async throws(Rejection) -> Admission {
        let (ticket, verdict) = parts.redirects.redeem(text)
        parts.metrics.tickets[verdict].increment()
        guard let ticket,
            try await parts.accounts.isBelieved(
                player: ticket.session.player, issuedAtMs: ticket.session.issuedAtMs)
        else { throw Rejection(.unauthorized, message: "This redirect has run out; stay, or sign in.") }
        return Admission(
            player: ticket.session.player, nickname: ticket.nickname, issuedAtMs: ticket.session.issuedAtMs, guest: nil,
            recovery: ticket.session, pid: parts.recovery.seal(ticket.session), offset: offset, room: ticket.room)
    }

    private static func byToken(
        _ auth: HandshakeAuth, address: String, parts: GameApplication.Parts
    ) async throws(Rejection) -> Admission {
        var recovery: RecoveryToken?
        if let pid = auth.pid, let opened = parts.recovery.open(pid),
            try await parts.accounts.isBelieved(player: opened.player, issuedAtMs: opened.issuedAtMs)
        {
            recovery = opened
        }
        if let token = auth.token {
            let identity = try await identity(of: token, recovery: recovery, parts: parts)
            if recovery?.player != identity.player { recovery = nil }
            return Admission(
                player: identity.player, nickname: identity.nickname, issuedAtMs: identity.issuedAtMs, guest: nil,
                recovery: recovery, pid: recovery == nil ? nil : auth.pid, offset: auth.offset)
        }
        guard let nickname = auth.nickname else {
            throw Rejection(.invalid, message: "`auth` needs a `token` or a `nickname`.")
        }
        if let recovery {
            // A guest that comes back with its nickname and its pid is the same guest.
            return Admission(
                player: recovery.player, nickname: nickname, issuedAtMs: recovery.issuedAtMs, guest: nil,
                recovery: recovery, pid: auth.pid, offset: auth.offset)
        }
        if case .refused(let retryAfterMs) = await parts.limiter.take(.guestSignIn, key: address) {
            throw Rejection(.rateLimited, retry: .after(milliseconds: retryAfterMs))
        }
        let guest = try await parts.accounts.signIn(nickname: nickname)
        return Admission(
            player: guest.identity.player, nickname: guest.identity.nickname, issuedAtMs: guest.identity.issuedAtMs,
            guest: guest, recovery: nil, pid: nil, offset: nil)
    }

    private static func identity(
        of token: String, recovery: RecoveryToken?, parts: GameApplication.Parts
    ) async throws(Rejection) -> GuestIdentity {
        let identity = try await parts.accounts.verifyAllowingExpired(token)
        if identity.expiresAtMs > parts.wallClockMs() { return identity }
        // Expired: good enough only for coming back to where it was.
        guard recovery?.player == identity.player else { throw Rejection(.unauthorized) }
        return identity
    }
}
