/// Draws the names of Engine.IO sessions and Socket.IO connections.
///
/// 160 random bits in 27 URL-safe characters: nobody guesses another's. In front of them may stand the tag of the node.
enum SessionIdentifier {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let length = 27

    /// - Parameter tag: of the node the session lives on; see `PollForwarder`.
    static func draw(tag: String = "") -> String {
        var generator = SystemRandomNumberGenerator()
        var characters: [UInt8] = []
        characters.reserveCapacity(length)
        while characters.count < length {
            var bits: UInt64 = generator.next()
            for _ in 0..<min(10, length - characters.count) {
                characters.append(alphabet[Int(bits & 63)])
                bits >>= 6
            }
        }
        return tag + String(decoding: characters, as: UTF8.self)
    }
}
