package import QuizModel

/// Who an access token speaks for.
package struct GuestIdentity: Sendable, Hashable {
    package var player: PlayerID
    package var nickname: Nickname
    /// Milliseconds since 1970.
    package var issuedAtMs: Int64
    /// Milliseconds since 1970; at most 15 minutes after `issuedAtMs`.
    package var expiresAtMs: Int64

    package init(player: PlayerID, nickname: Nickname, issuedAtMs: Int64, expiresAtMs: Int64) {
        self.player = player
        self.nickname = nickname
        self.issuedAtMs = issuedAtMs
        self.expiresAtMs = expiresAtMs
    }
}

/// A session as it is handed to its client.
package struct GuestSession: Sendable, Hashable {
    package var identity: GuestIdentity
    /// Goes into `Authorization: Bearer` and the socket's `auth.token`.
    package var token: String
    /// 32 random bytes, base64url; good once.
    package var refresh: String
    /// Milliseconds since 1970.
    package var refreshExpiresAtMs: Int64
    /// Belongs to `refresh`; see `GuestAccounts.isCSRF(_:of:)`.
    package var csrf: String

    package init(identity: GuestIdentity, token: String, refresh: String, refreshExpiresAtMs: Int64, csrf: String) {
        self.identity = identity
        self.token = token
        self.refresh = refresh
        self.refreshExpiresAtMs = refreshExpiresAtMs
        self.csrf = csrf
    }

    /// The part of it that goes into an HTTP body.
    package var response: SessionResponse {
        SessionResponse(
            player: identity.player, nickname: identity.nickname, token: token,
            expiresInSeconds: Int((identity.expiresAtMs - identity.issuedAtMs) / 1_000), csrf: csrf)
    }
}
