internal import HTTPTypes
internal import Hummingbird
internal import QuizModel
internal import QuizSocial
internal import QuizWire

extension QuizAPI {
    @Sendable func signInAsGuest(
        _ body: GuestSignInRequest, _ call: APICall
    ) async throws(Rejection) -> APIReply<SessionResponse> {
        try await pass(.guestSignIn, call)
        let session = try await services.accounts.signIn(nickname: body.nickname)
        return APIReply(session.response, headers: cookies(for: session))
    }

    /// A refresh token in the body proves itself. One in a cookie was added by the browser, so the page must also show
    /// that it can read the other cookie.
    @Sendable func refreshSession(
        _ body: RefreshRequest, _ call: APICall
    ) async throws(Rejection) -> APIReply<SessionResponse> {
        try await pass(.refresh, call)
        let token: String
        if let sent = body.refresh {
            token = sent
        } else {
            token = try guardedCookie(call)
        }
        let session = try await services.accounts.refresh(token)
        return APIReply(session.response, headers: cookies(for: session))
    }

    @Sendable func signOut(_ body: NoBody, _ call: APICall) async throws(Rejection) -> APIReply<NoBody> {
        try await pass(.refresh, call)
        try await services.accounts.signOut(refresh: try guardedCookie(call))
        var headers = HTTPFields()
        headers[values: .setCookie] = [
            cookie(SessionCookies.refresh, "", lifeSeconds: 0, path: "/api/session", isHidden: true),
            cookie(SessionCookies.csrf, "", lifeSeconds: 0, path: "/", isHidden: false),
        ]
        return APIReply(NoBody(), headers: headers)
    }

    // MARK: Guards

    /// Counts a request at a door.
    ///
    /// - Throws: `rateLimited`.
    func pass(_ door: RateLimitedDoor, _ call: APICall) async throws(Rejection) {
        if case .refused(let retryAfterMs) = await services.limiter.take(door, key: call.clientAddress) {
            throw Rejection(.rateLimited, retry: .after(milliseconds: retryAfterMs))
        }
    }

    /// Who asks.
    ///
    /// - Throws: `unauthorized`, `unavailable`.
    func player(_ call: APICall) async throws(Rejection) -> GuestIdentity {
        guard let token = call.bearer else { throw Rejection(.unauthorized) }
        return try await services.accounts.verify(token)
    }

    private func guardedCookie(_ call: APICall) throws(Rejection) -> String {
        guard let token = call.cookie(SessionCookies.refresh) else { throw Rejection(.unauthorized) }
        guard let csrf = call.request.headers[.csrfToken], services.accounts.isCSRF(csrf, of: token) else {
            throw Rejection(.forbidden, message: "`X-CSRF-Token` is missing or does not belong to the cookie.")
        }
        return token
    }

    // MARK: Cookies

    private func cookies(for session: GuestSession) -> HTTPFields {
        let lifeSeconds = Int((session.refreshExpiresAtMs - session.identity.issuedAtMs) / 1_000)
        var headers = HTTPFields()
        headers[values: .setCookie] = [
            cookie(
                SessionCookies.refresh, session.refresh, lifeSeconds: lifeSeconds, path: "/api/session", isHidden: true),
            cookie(SessionCookies.csrf, session.csrf, lifeSeconds: lifeSeconds, path: "/", isHidden: false),
        ]
        return headers
    }

    /// Values are base64url, which needs no quoting.
    private func cookie(_ name: String, _ value: String, lifeSeconds: Int, path: String, isHidden: Bool) -> String {
        "\(name)=\(value); Max-Age=\(lifeSeconds); Path=\(path); SameSite=Strict" + (isHidden ? "; HttpOnly" : "")
            + (settings.isSecure ? "; Secure" : "")
    }
}
