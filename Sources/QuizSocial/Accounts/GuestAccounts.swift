internal import Crypto
package import QuizModel

/// Guests: sign-in with a nickname, short-lived access tokens, rotating refresh tokens, sign-out.
///
/// An access token is believed for at most 15 minutes without asking anybody but the revocation store. A refresh token is
/// good once; its successor comes with the next access token. When one comes back that has been used before, somebody
/// else has a copy, so all its successors and every access token of the player are revoked.
package struct GuestAccounts: Sendable {
    /// Life of an access token, milliseconds.
    package static let accessLifetimeMs: Int64 = 15 * 60_000
    /// Life of a refresh token, milliseconds.
    package static let refreshLifetimeMs: Int64 = 30 * 24 * 3_600_000

    private let accounts: any AccountStore
    private let revocations: any RevocationStore
    private let tokens: AccessTokens
    private let csrfKey: SymmetricKey
    private let nowMs: @Sendable () -> Int64

    /// - Parameter nowMs: wall clock, milliseconds since 1970.
    package init(
        accounts: any AccountStore, revocations: any RevocationStore, secret: SessionSecret,
        nowMs: @escaping @Sendable () -> Int64
    ) async {
        self.accounts = accounts
        self.revocations = revocations
        self.nowMs = nowMs
        tokens = await AccessTokens(secret: secret)
        csrfKey = secret.derive(for: .csrf)
    }

    // MARK: Getting in

    /// Makes a new guest.
    ///
    /// - Throws: `unavailable` when the store is away.
    package func signIn(nickname: Nickname) async throws(Rejection) -> GuestSession {
        let now = nowMs()
        let player = PlayerID.random()
        let refresh = RefreshToken.random()
        let record = RefreshRecord(
            tokenDigest: refresh.digest, family: UInt64.random(in: 1...UInt64(Int64.max)), player: player,
            expiresAtMs: now + Self.refreshLifetimeMs)
        do {
            try await accounts.createGuest(player: player, nickname: nickname, refresh: record)
        } catch {
            throw Rejection(.unavailable, message: Self.storeIsAway)
        }
        return try await session(player: player, nickname: nickname, refresh: refresh, now: now)
    }

    /// Replaces a refresh token.
    ///
    /// - Throws: `unauthorized` when it is unknown, expired, revoked or was used before; `unavailable` when the store is away.
    package func refresh(_ token: String) async throws(Rejection) -> GuestSession {
        guard let old = RefreshToken(token) else { throw Rejection(.unauthorized) }
        let now = nowMs()
        let new = RefreshToken.random()
        let rotation: RefreshRotation
        do {
            rotation = try await accounts.rotateRefresh(
                old: old.digest, new: new.digest, nowMs: now, expiresAtMs: now + Self.refreshLifetimeMs)
        } catch {
            throw Rejection(.unavailable, message: Self.storeIsAway)
        }
        switch rotation {
        case .rotated(let player, let nickname, _):
            return try await session(player: player, nickname: nickname, refresh: new, now: now)
        case .reused(let player):
            try await revokeAccess(of: player, now: now)
            throw Rejection(.unauthorized)
        case .unknown:
            throw Rejection(.unauthorized)
        }
    }

    /// Revokes a refresh token with its successors, and all access tokens of its player. Harmless for an unknown token.
    ///
    /// - Throws: `unavailable` when the store is away; nothing may be taken for revoked then.
    package func signOut(refresh token: String) async throws(Rejection) {
        guard let refresh = RefreshToken(token) else { return }
        let player: PlayerID?
        do {
            player = try await accounts.revokeRefresh(tokenDigest: refresh.digest)
        } catch {
            throw Rejection(.unavailable, message: Self.storeIsAway)
        }
        if let player { try await revokeAccess(of: player, now: nowMs()) }
    }

    /// Gives the player another nickname; tokens made before keep the old one.
    ///
    /// - Throws: `unavailable` when the store is away.
    package func rename(_ player: PlayerID, to nickname: Nickname) async throws(Rejection) {
        do {
            try await accounts.rename(player: player, nickname: nickname)
        } catch {
            throw Rejection(.unavailable, message: Self.storeIsAway)
        }
    }

    // MARK: Being let in

    /// Who an access token speaks for.
    ///
    /// - Throws: `unauthorized` when it is forged, expired or revoked; `unavailable` when nobody knows whether it is revoked.
    package func verify(_ token: String) async throws(Rejection) -> GuestIdentity {
        let identity = try await verifyAllowingExpired(token)
        guard nowMs() < identity.expiresAtMs else { throw Rejection(.unauthorized) }
        return identity
    }

    /// As `verify`, but an expired token is good enough: for those who come back to a game that is running.
    ///
    /// - Throws: as `verify`, except for age.
    package func verifyAllowingExpired(_ token: String) async throws(Rejection) -> GuestIdentity {
        guard let identity = await tokens.read(token) else { throw Rejection(.unauthorized) }
        // A clock that is a little ahead on the node which made it is no forgery; a day is.
        guard identity.issuedAtMs < nowMs() + 60_000 else { throw Rejection(.unauthorized) }
        guard try await isBelieved(player: identity.player, issuedAtMs: identity.issuedAtMs) else {
            throw Rejection(.unauthorized)
        }
        return identity
    }

    /// Whether what was issued to `player` at that time (an access token, a `RecoveryToken`) has not been revoked since.
    ///
    /// - Throws: `unavailable` when nobody knows.
    package func isBelieved(player: PlayerID, issuedAtMs: Int64) async throws(Rejection) -> Bool {
        do {
            guard let mark = try await revocations.revokedBefore(player: player) else { return true }
            return issuedAtMs >= mark
        } catch {
            throw Rejection(.unavailable, message: Self.storeIsAway)
        }
    }

    /// Whether `csrf` is the token that was handed out together with this refresh token.
    package func isCSRF(_ csrf: String, of refresh: String) -> Bool {
        RefreshToken(refresh)?.isCSRF(csrf, key: csrfKey) ?? false
    }

    // MARK: Detail

    private static let storeIsAway = "Sign-in is not possible at this moment. Try again."

    private func revokeAccess(of player: PlayerID, now: Int64) async throws(Rejection) {
        do {
            // One more than now, so that a token made in this very millisecond is revoked too.
            try await revocations.revoke(player: player, issuedBeforeMs: now + 1, untilMs: now + Self.accessLifetimeMs)
        } catch {
            throw Rejection(.unavailable, message: Self.storeIsAway)
        }
    }

    private func session(
        player: PlayerID, nickname: Nickname, refresh: RefreshToken, now: Int64
    ) async throws(Rejection) -> GuestSession {
        let identity = GuestIdentity(
            player: player, nickname: nickname, issuedAtMs: now,
            // Whole seconds, because that is what the token can say.
            expiresAtMs: now / 1_000 * 1_000 + Self.accessLifetimeMs)
        let token: String
        do {
            token = try await tokens.make(for: identity)
        } catch {
            throw Rejection(.busy)
        }
        return GuestSession(
            identity: identity, token: token, refresh: refresh.text,
            refreshExpiresAtMs: now + Self.refreshLifetimeMs, csrf: refresh.csrf(key: csrfKey))
    }
}
