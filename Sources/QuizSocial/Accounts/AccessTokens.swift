internal import Crypto
internal import Foundation
internal import JWTKit
internal import QuizModel

/// Makes and reads access tokens: JWTs signed with HS256.
///
/// Reading one checks its signature, issuer and audience, never its age or revocation: those are the caller's to judge.
package struct AccessTokens: Sendable {
    package static let issuer = "quizmania"
    package static let audience = "quizmania-players"
    /// A longer token is not looked at; bytes.
    static let bytesMax = 2_048

    private let keys: JWTKeyCollection

    package init(secret: SessionSecret) async {
        keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(key: secret.derive(for: .accessToken)), digestAlgorithm: .sha256)
    }

    /// - Throws: what the signer throws; it has no reason to.
    package func make(for identity: GuestIdentity) async throws -> String {
        try await keys.sign(Claims(identity))
    }

    /// The identity a token was made for; nil: it was not made with our key, or not as an access token.
    package func read(_ token: String) async -> GuestIdentity? {
        guard token.utf8.count <= Self.bytesMax else { return nil }
        // A token is a stranger's word: every way in which it can be wrong has the same answer.
        return try? await keys.verify(token, as: Claims.self).identity
    }

    private struct Claims: JWTPayload {
        var sub: PlayerID
        var name: Nickname
        /// Seconds since 1970, as the registered claims want it.
        var iat: Int64
        var exp: Int64
        /// Milliseconds since 1970: revocations are finer than a second.
        var iatMs: Int64
        var jti: UUID
        var iss: String
        var aud: String

        init(_ identity: GuestIdentity) {
            sub = identity.player
            name = identity.nickname
            iat = identity.issuedAtMs / 1_000
            exp = identity.expiresAtMs / 1_000
            iatMs = identity.issuedAtMs
            jti = UUID()
            iss = AccessTokens.issuer
            aud = AccessTokens.audience
        }

        var identity: GuestIdentity {
            GuestIdentity(player: sub, nickname: name, issuedAtMs: iatMs, expiresAtMs: exp * 1_000)
        }

        func verify(using algorithm: some JWTAlgorithm) async throws {
            guard iss == AccessTokens.issuer, aud == AccessTokens.audience, iatMs / 1_000 == iat, exp >= iat,
                exp < Int64.max / 1_000
            else {
                throw JWTError.claimVerificationFailure(failedClaim: IssuerClaim(value: iss), reason: "Not made here.")
            }
        }
    }
}
