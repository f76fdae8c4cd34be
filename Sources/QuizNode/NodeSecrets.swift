internal import Foundation
internal import QuizHTTP
internal import QuizMesh
package import QuizRoomHost
internal import QuizSocial

/// The keys of a deployment, each in a file of its own outside the database.
package struct NodeSecrets: Sendable {
    /// Signs access, recovery and CSRF tokens, and tickets; 32 bytes or more.
    var session: SessionSecret
    /// Keys of rooms: offsets and password digests; 32 bytes or more.
    var rooms: RoomKeys
    /// Nodes prove to one another that they know it; 32 bytes or more.
    var mesh: MeshSecret
    /// Signs results; made when it is missing.
    var signer: ResultSigner
    /// Lets operators use the HTTP API; nil: there is no `admin.token`, and the API is off.
    var admin: OperatorToken?

    init(directory: String) throws {
        session = try SessionSecret(file: "\(directory)/token.key")
        let room = try SecretFile.bytes("\(directory)/room.key")
        guard room.count >= 32 else {
            throw SettingsFault("The secret file \(directory)/room.key is shorter than 32 bytes.")
        }
        rooms = RoomKeys(secret: room)
        guard let secret = MeshSecret(try SecretFile.bytes("\(directory)/mesh.key")) else {
            throw SettingsFault("The secret file \(directory)/mesh.key is shorter than 32 bytes.")
        }
        mesh = secret
        signer = try Self.signer("\(directory)/signing.key")
        let token = "\(directory)/admin.token"
        guard FileManager.default.fileExists(atPath: token) else { return }
        admin = OperatorToken(try SecretFile.text(token))
        guard admin != nil else {
            throw SettingsFault(
                "The secret file \(token) holds fewer than \(OperatorToken.lengthMin) characters, or others than letters, digits and signs."
            )
        }
    }

    /// The key in a file, made when there is none. Nodes that share a directory may start at the same moment: one of them makes the key, and
    /// all of them sign with it.
    ///
    /// - Parameter path: 32 bytes, an Ed25519 private key.
    package static func signer(_ path: String) throws -> ResultSigner {
        if let signer = try storedSigner(path) { return signer }
        let made = try ResultSigner(secret: nil)
        let draft = "\(path).\(UUID().uuidString)"
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
        guard FileManager.default.createFile(atPath: draft, contents: Data(made.secret), attributes: attributes) else {
            throw SettingsFault("The signing key \(path) cannot be written.")
        }
        // A link appears whole, and never in the place of a key that is there; it fails where another node was first.
        try? FileManager.default.linkItem(atPath: draft, toPath: path)
        try? FileManager.default.removeItem(atPath: draft)  // left behind, it is a spare key
        guard let signer = try storedSigner(path) else {
            throw SettingsFault("The signing key \(path) cannot be written.")
        }
        return signer
    }

    private static func storedSigner(_ path: String) throws -> ResultSigner? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        do {
            return try ResultSigner(secret: Array(data))
        } catch {
            throw SettingsFault("The secret file \(path) does not hold the 32 bytes of an Ed25519 key.")
        }
    }
}
