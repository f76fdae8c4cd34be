internal import Crypto
internal import Foundation

/// A refresh token and what is derived from it. Only the digest is stored.
struct RefreshToken: Sendable {
    static let bytes = 32

    let text: String
    /// SHA-256 of the 32 bytes.
    let digest: [UInt8]

    static func random() -> RefreshToken {
        var generator = SystemRandomNumberGenerator()
        return RefreshToken(raw: (0..<bytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }

    /// Nil: not the form of a refresh token.
    init?(_ text: String) {
        guard text.utf8.count <= 64, let raw = Base64URL.decode(text), raw.count == Self.bytes else { return nil }
        self.init(raw: raw)
    }

    private init(raw: [UInt8]) {
        text = Base64URL.encode(raw)
        digest = Array(SHA256.hash(data: raw))
    }

    /// The double-submit token that belongs to this refresh token: a page of another origin can neither read nor guess it.
    func csrf(key: SymmetricKey) -> String {
        Base64URL.encode(Array(HMAC<SHA256>.authenticationCode(for: digest, using: key)))
    }

    func isCSRF(_ text: String, key: SymmetricKey) -> Bool {
        guard let code = Base64URL.decode(text) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: digest, using: key)
    }
}
