import Crypto
import NIOCore
import QuizModel

/// Versions of what nodes say to each other.
package enum MeshVersion {
    /// Spoken here. A node speaks its own version and the one before, so that a cluster is updated node by node.
    package static let spoken: ClosedRange<UInt8> = 1...1
}

/// Who connects and who is connected to. The word is part of what each proves, so that neither's proof can be handed back
/// to it as the other's.
enum MeshRole: String, Hashable, Sendable {
    case dialer, acceptor
}

/// What each side says first: who it is, what it speaks, and a number drawn for this connection alone. Nothing of it is
/// believed before the proof.
struct MeshHello: Hashable, Sendable {
    /// "QZMM": tells a node from whoever else connects to the port.
    static let magic: UInt32 = 0x515A_4D4D
    static let nameBytes = 1...255
    static let nonceBytes = 32

    var versions: ClosedRange<UInt8>
    var cluster: String
    var incarnation: Incarnation
    var name: String
    var nonce: [UInt8]

    func write(to writer: inout MeshWriter) {
        writer.fixed32(Self.magic)
        writer.byte(versions.lowerBound)
        writer.byte(versions.upperBound)
        writer.string(cluster, Self.nameBytes, "hello.cluster")
        writer.identifier(incarnation)
        writer.string(name, Self.nameBytes, "hello.name")
        writer.fixed(nonce, count: Self.nonceBytes, "hello.nonce")
    }

    init(from reader: inout MeshReader) throws(MeshCodecError) {
        guard try reader.integer("hello.magic") == Self.magic else { throw MeshCodecError(.unknownTag, "hello.magic") }
        let lowest = try reader.byte("hello.versions")
        let highest = try reader.byte("hello.versions")
        guard lowest <= highest else { throw MeshCodecError(.outOfRange, "hello.versions") }
        self.init(
            versions: lowest...highest,
            cluster: try reader.string(Self.nameBytes, "hello.cluster"),
            incarnation: try reader.identifier("hello.incarnation"),
            name: try reader.string(Self.nameBytes, "hello.name"),
            nonce: try reader.fixed(Self.nonceBytes, "hello.nonce"))
    }

    init(versions: ClosedRange<UInt8>, cluster: String, incarnation: Incarnation, name: String, nonce: [UInt8]) {
        self.versions = versions
        self.cluster = cluster
        self.incarnation = incarnation
        self.name = name
        self.nonce = nonce
    }

    /// The highest version that both speak; nil: there is none.
    func common(with other: MeshHello) -> UInt8? {
        let highest = min(versions.upperBound, other.versions.upperBound)
        return highest >= max(versions.lowerBound, other.versions.lowerBound) ? highest : nil
    }
}

/// What all nodes of a cluster know and nobody else. Never logged, never sent.
package struct MeshSecret: Sendable, CustomStringConvertible {
    package static let bytesMin = 32
    fileprivate let key: SymmetricKey

    /// - Returns: nil for fewer than `bytesMin` bytes: less can be guessed.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.bytesMin else { return nil }
        key = SymmetricKey(data: bytes)
    }

    package var description: String { "MeshSecret" }
}

/// Both hellos, and what each side proves with them: that it knows the secret, on this very connection.
///
/// A proof is the HMAC-SHA-256 (RFC 2104) over the role, both hellos with their lengths, and the version: so over the
/// cluster, both incarnations and names, both ranges of versions and both nonces. A proof of another connection has
/// another nonce of the verifying side in it; a proof of the other side has another role.
struct MeshTranscript: Hashable, Sendable {
    static let proofBytes = 32

    var dialer: MeshHello
    var acceptor: MeshHello
    var version: UInt8

    func proof(of role: MeshRole, by secret: MeshSecret) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: authenticated(role), using: secret.key))
    }

    /// Compares in constant time.
    func isProof(_ proof: [UInt8], of role: MeshRole, by secret: MeshSecret) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(proof, authenticating: authenticated(role), using: secret.key)
    }

    private func authenticated(_ role: MeshRole) -> [UInt8] {
        var bytes = Array("quizmania mesh \(role.rawValue)".utf8) + [0]
        for hello in [dialer, acceptor] {
            var writer = MeshWriter(capacity: 512)
            hello.write(to: &writer)
            let length = UInt32(writer.buffer.readableBytes)
            withUnsafeBytes(of: length.bigEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: writer.buffer.readableBytesView)
        }
        return bytes + [version]
    }
}
