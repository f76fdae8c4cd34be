internal import Crypto
internal import Foundation

/// The secret shared by all nodes from which every key of the session layer is derived.
///
/// It lives in a file of its own, outside the database. Whoever has it can speak as any guest.
package struct SessionSecret: Sendable {
    /// Shorter secrets are refused; bytes.
    package static let bytesMin = 32

    private let key: SymmetricKey

    /// - Throws: `SessionSecretFailure` when there are fewer than `bytesMin` bytes.
    package init(bytes: some Collection<UInt8>) throws(SessionSecretFailure) {
        guard bytes.count >= Self.bytesMin else {
            throw SessionSecretFailure(
                sentence: "The session secret has \(bytes.count) bytes; it needs \(Self.bytesMin) or more.")
        }
        key = SymmetricKey(data: Data(bytes))
    }

    /// Reads the whole file; a line feed at its end is part of the secret.
    ///
    /// - Throws: `SessionSecretFailure` when the file cannot be read or is too short.
    package init(file path: String) throws(SessionSecretFailure) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw SessionSecretFailure(
                sentence: "The session secret \(path) cannot be read. Make it with: head -c 32 /dev/urandom > \(path)")
        }
        try self.init(bytes: data)
    }

    /// What a derived key is for; each is useless for the others.
    enum Purpose: String {
        case accessToken = "quizmania access token v1"
        case csrf = "quizmania csrf v1"
        case recovery = "quizmania recovery v1"
        case ticket = "quizmania ticket v1"
    }

    func derive(for purpose: Purpose) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: key, info: Data(purpose.rawValue.utf8), outputByteCount: 32)
    }
}

/// The secret cannot be used; the sentence says what to do.
package struct SessionSecretFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package var sentence: String
    package var description: String { sentence }
}
