/// What a client and this server agreed on about `permessage-deflate` (RFC 7692).
///
/// Neither side ever takes its context over, so that a broadcast is compressed once for everybody and an idle
/// connection costs no compressor.
package struct PerMessageDeflate: Sendable, Equatable {
    /// The largest window this server may use towards the client, 9...15 bits.
    package let serverWindowBits: Int
    /// The window the client promised not to exceed, 8...15 bits; nil when it was not mentioned.
    package let clientWindowBits: Int?

    /// The value of the response's `Sec-WebSocket-Extensions`.
    package var response: String {
        var text = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        if serverWindowBits < 15 { text += "; server_max_window_bits=\(serverWindowBits)" }
        if let clientWindowBits { text += "; client_max_window_bits=\(clientWindowBits)" }
        return text
    }

    /// Accepts the first offer that can be honoured; nil when there is none.
    ///
    /// - Parameter offers: the values of the request's `Sec-WebSocket-Extensions` headers, in order.
    package static func negotiate(_ offers: [String]) -> PerMessageDeflate? {
        for header in offers {
            for offer in split(header, at: ",") {
                if let agreement = accept(offer) { return agreement }
            }
        }
        return nil
    }

    private static func accept(_ offer: String) -> PerMessageDeflate? {
        let parts = split(offer, at: ";").map { $0.trimmingSpaces }
        guard parts.first?.lowercased() == "permessage-deflate" else { return nil }
        var seen: Set<String> = []
        var serverBits = 15
        var clientBits: Int?
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1).map { String($0).trimmingSpaces }
            guard let name = pair.first?.lowercased(), seen.insert(name).inserted else { return nil }
            let value = pair.count == 2 ? unquoted(pair[1]) : nil
            switch name {
            case "server_no_context_takeover", "client_no_context_takeover":
                guard value == nil else { return nil }
            case "server_max_window_bits":
                // zlib cannot make a raw stream with a window of 8 bits: such an offer is declined.
                guard let bits = windowBits(value), bits >= 9 else { return nil }
                serverBits = bits
            case "client_max_window_bits":
                guard let value else { continue }
                guard let bits = windowBits(value) else { return nil }
                clientBits = bits
            default: return nil
            }
        }
        return PerMessageDeflate(serverWindowBits: serverBits, clientWindowBits: clientBits)
    }

    private static func windowBits(_ text: String?) -> Int? {
        guard let text, (1...2).contains(text.utf8.count), !text.hasPrefix("0"),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let bits = Int(text), (8...15).contains(bits)
        else { return nil }
        return bits
    }

    /// Splits at a separator outside of quotes.
    private static func split(_ text: String, at separator: Character) -> [String] {
        var parts: [String] = [""]
        var isQuoted = false
        for character in text {
            if character == "\"" { isQuoted.toggle() }
            if character == separator, !isQuoted {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
        return String(text.dropFirst().dropLast())
    }
}

extension String {
    /// Without spaces and tabs at both ends.
    var trimmingSpaces: String {
        let isText: (UInt8) -> Bool = { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        guard let first = utf8.firstIndex(where: isText), let last = utf8.lastIndex(where: isText) else { return "" }
        return String(Substring(utf8[first...last]))
    }
}
