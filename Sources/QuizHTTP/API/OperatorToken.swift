internal import Crypto

/// The secret that operators show. Only its digest is kept; two digests are compared in constant time.
package struct OperatorToken: Sendable {
    /// A shorter one could be guessed within the door's rate limit sooner or later.
    package static let lengthMin = 24

    private let digest: SHA256Digest

    /// - Returns: nil when it is shorter than `lengthMin` or holds anything but visible ASCII, which no header would carry.
    package init?(_ text: String) {
        guard text.utf8.count >= Self.lengthMin, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return nil
        }
        digest = SHA256.hash(data: Array(text.utf8))
    }

    func matches(_ shown: String) -> Bool { SHA256.hash(data: Array(shown.utf8)) == digest }
}
