internal import QuizModel

/// Draws the names of Engine.IO and Socket.IO sessions.
///
/// 162 random bits in 27 URL-safe characters: nobody guesses another's. In front of them may stand the tag of the node.
enum SessionIdentifier {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let length = 27

    /// - Parameter tag: of the node the session lives on; see `PollForwarder`.
    static func draw(tag: String = "") -> String {
        var characters = [UInt8](repeating: 0, count: length)
        characters.withUnsafeMutableBytes { SystemRandom.fill($0) }
        for position in characters.indices { characters[position] = alphabet[Int(characters[position] & 63)] }
        return tag + String(decoding: characters, as: UTF8.self)
    }
}
