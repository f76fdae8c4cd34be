/// An origin taken apart.
struct ServerAddress: Sendable, Hashable {
    let text: String
    let host: String
    let port: Int
    let isSecure: Bool

    init(_ text: String) throws(QuizClientError) {
        let lower = text.lowercased()
        guard let scheme = ["https", "http"].first(where: { lower.hasPrefix($0 + "://") }) else {
            throw .addressUnusable(text)
        }
        isSecure = scheme == "https"
        let rest = lower.dropFirst(scheme.count + 3)
        let host = rest.hasPrefix("[") ? rest.dropFirst().prefix { $0 != "]" } : rest.prefix { $0 != ":" }
        let tail = rest.hasPrefix("[") ? rest.dropFirst(host.count + 2) : rest.dropFirst(host.count)
        guard !host.isEmpty, !host.contains(where: { "/?#@".contains($0) }) else { throw .addressUnusable(text) }
        if tail.isEmpty {
            port = isSecure ? 443 : 80
        } else {
            guard tail.hasPrefix(":"), let number = UInt16(tail.dropFirst()), number > 0 else {
                throw .addressUnusable(text)
            }
            port = Int(number)
        }
        self.text = text
        self.host = String(host)
    }
}
