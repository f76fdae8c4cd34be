internal import Crypto
internal import Foundation
package import QuizModel

/// The hash chain over a room's journal (P4): each row's hash covers the hash before it, so an edit anywhere changes
/// every hash behind it, and with the last one the signature given to the players.
package enum JournalChain {
    /// The chain before the first input: SHA-256 of a version mark, the room's id and its rules version.
    package static func start(room: RoomID, rules: Int) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: Array("quizmania journal 1\n".utf8))
        hash.update(data: bigEndian(UInt64(truncatingIfNeeded: room.value >> 64)))
        hash.update(data: bigEndian(UInt64(truncatingIfNeeded: room.value)))
        hash.update(data: bigEndian(UInt64(rules)))
        return Array(hash.finalize())
    }

    /// The chain after a row: SHA-256 of the chain before, the row's number and its payload.
    package static func next(after chain: [UInt8], number: Int64, payload: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: chain)
        hash.update(data: bigEndian(UInt64(bitPattern: number)))
        hash.update(data: payload)
        return Array(hash.finalize())
    }

    static func bigEndian(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
    }
}

/// What the server signs when a game is over, and how a signature is checked.
package enum JournalSignature {
    /// Game id, input number and chain in a fixed text form.
    package static func message(game: GameID, head: JournalHead) -> [UInt8] {
        Array("quizmania result 1\n\(game)\n\(head.number)\n\(head.chain.hexadecimal)\n".utf8)
    }

    /// - Parameter publicKey: 32 bytes, Ed25519.
    package static func isValid(_ signature: [UInt8], game: GameID, head: JournalHead, publicKey: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else {  // wrong length
            return false
        }
        return key.isValidSignature(signature, for: message(game: game, head: head))
    }
}

/// Signs results. The key lives in a file outside the database.
package struct ResultSigner: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    /// First 8 bytes of the SHA-256 of the public key, hexadecimal.
    package let keyID: String
    package var publicKey: [UInt8] { Array(key.publicKey.rawRepresentation) }
    /// 32 bytes to be stored.
    package var secret: [UInt8] { Array(key.rawRepresentation) }

    /// - Parameter secret: 32 bytes; nil draws a new key.
    /// - Throws: when `secret` is not 32 bytes.
    package init(secret: [UInt8]?) throws {
        key = try secret.map { try Curve25519.Signing.PrivateKey(rawRepresentation: $0) } ?? .init()
        keyID = Array(SHA256.hash(data: key.publicKey.rawRepresentation).prefix(8)).hexadecimal
    }

    func sign(game: GameID, head: JournalHead) throws -> [UInt8] {
        Array(try key.signature(for: JournalSignature.message(game: game, head: head)))
    }
}

extension [UInt8] {
    package var base64: String { Data(self).base64EncodedString() }

    /// Lower-case hexadecimal digits.
    package var hexadecimal: String {
        let digits = [UInt8]("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(count * 2)
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
