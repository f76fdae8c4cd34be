/// Web origins a deployment calls its own: `https://*.play.example.org`, `https://play.example.org`, `http://127.0.0.1:*`.
///
/// A leading `*.` stands for one label or more, a port `*` for any. The form is that of the host sources of a Content-Security-Policy
/// (https://www.w3.org/TR/CSP3/#framework-directive-source-list), and means the same.
package struct OriginPattern: Sendable, Hashable, CustomStringConvertible {
    private enum Port: Hashable {
        case any
        case number(UInt16)
    }

    /// `http` or `https`.
    package let scheme: String
    /// In lower case, without the `*.`.
    private let host: String
    private let isWildcard: Bool
    private let port: Port

    /// - Returns: nil for anything else than scheme, host and port; also for a `*.` in front of less than two labels.
    package init?(_ text: String) {
        guard let parts = Self.parse(text, allowsPatterns: true) else { return nil }
        self = parts
    }

    private init(scheme: String, host: String, isWildcard: Bool, port: Port) {
        self.scheme = scheme
        self.host = host
        self.isWildcard = isWildcard
        self.port = port
    }

    /// One address and no pattern.
    ///
    /// - Returns: the address in its shortest form; nil when it has a path, a star, or anything else an origin has not.
    package static func origin(_ text: String) -> String? { parse(text, allowsPatterns: false)?.description }

    /// - Parameter origin: as a browser's `Origin` header has it.
    package func admits(_ origin: String) -> Bool {
        guard let origin = Self.parse(origin, allowsPatterns: false), origin.scheme == scheme else { return false }
        if port != .any, origin.port != port { return false }
        return isWildcard ? origin.host.hasSuffix("." + host) : origin.host == host
    }

    /// As sources of `connect-src`: for requests, and for sockets.
    package var sources: [String] {
        [description, (scheme == "https" ? "wss" : "ws") + description.dropFirst(scheme.count)]
    }

    package var description: String {
        let name = scheme + "://" + (isWildcard ? "*." : "") + host
        switch port {
        case .any: return name + ":*"
        case .number(let number): return number == Self.usualPort(scheme) ? name : "\(name):\(number)"
        }
    }

    /// What addresses of one deployment have in common: the last two labels of a name, or a whole numeric address.
    ///
    /// Under a suffix of two labels, such as `co.uk`, this is one label too few; whoever sets the patterns knows better.
    package var site: String {
        let isNumeric = host.hasPrefix("[") || host.utf8.allSatisfy { $0.isDecimalDigit || $0 == UInt8(ascii: ".") }
        return isNumeric ? host : host.split(separator: ".").suffix(2).joined(separator: ".")
    }

    private static func usualPort(_ scheme: String) -> UInt16 { scheme == "https" ? 443 : 80 }

    private static func parse(_ text: String, allowsPatterns: Bool) -> OriginPattern? {
        let lower = text.lowercased()
        guard text.utf8.count <= 300,
            let scheme = ["https", "http"].first(where: { lower.hasPrefix($0 + "://") })
        else { return nil }
        var rest = lower.dropFirst(scheme.count + 3)
        let isWildcard = rest.hasPrefix("*.")
        if isWildcard { rest = rest.dropFirst(2) }
        // The colons of an IPv6 address stand in brackets.
        let name: Substring = rest.hasPrefix("[") ? rest.prefix { $0 != "]" } + "]" : rest.prefix { $0 != ":" }
        guard isHost(name), rest.hasPrefix(name) else { return nil }
        let port: Port
        switch rest.dropFirst(name.count) {
        case "": port = .number(usualPort(scheme))
        case ":*": port = .any
        case let tail:
            guard tail.hasPrefix(":"), tail.dropFirst().utf8.allSatisfy(\.isDecimalDigit),
                let number = UInt16(tail.dropFirst()), number > 0
            else { return nil }
            port = .number(number)
        }
        guard allowsPatterns || !isWildcard && port != .any else { return nil }
        if isWildcard, name.split(separator: ".").count < 2 || name.hasPrefix("[") { return nil }
        return OriginPattern(scheme: scheme, host: String(name), isWildcard: isWildcard, port: port)
    }

    private static func isHost(_ name: Substring) -> Bool {
        if name.hasPrefix("[") { return IPAddress.bytes(String(name.dropFirst().dropLast()))?.count == 16 }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { $0.isDecimalDigit || (97...122).contains($0) || $0 == UInt8(ascii: "-") }
        }
    }
}
