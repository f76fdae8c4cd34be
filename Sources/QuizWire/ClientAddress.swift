/// A range of IP addresses, written `10.0.0.0/8`, `2001:db8::/32`, or one address.
package struct AddressRange: Sendable, Hashable {
    private let network: [UInt8]
    private let prefixBits: Int

    /// - Returns: nil when the text is not an address or the prefix is out of range.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let network = IPAddress.bytes(String(parts[0])) else { return nil }
        if parts.count == 2 {
            guard let bits = Int(parts[1]), (0...(network.count * 8)).contains(bits) else { return nil }
            prefixBits = bits
        } else {
            prefixBits = network.count * 8
        }
        self.network = network
    }

    package func contains(_ address: String) -> Bool {
        IPAddress.bytes(address).map(contains) ?? false
    }

    fileprivate func contains(_ bytes: [UInt8]) -> Bool {
        guard bytes.count == network.count else { return false }
        for bit in stride(from: 0, to: prefixBits, by: 8) {
            let kept = min(8, prefixBits - bit)
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> kept)
            guard bytes[bit / 8] & mask == network[bit / 8] & mask else { return false }
        }
        return true
    }
}

/// Who a request really comes from.
package enum ClientAddress {
    /// Walks `X-Forwarded-For` from its end and believes it only as far as trusted proxies wrote it.
    ///
    /// - Parameters:
    ///   - peer: the address of the socket.
    ///   - forwardedFor: the values of the `X-Forwarded-For` headers, in order.
    package static func resolve(peer: String, forwardedFor: [String], trusted: [AddressRange]) -> String {
        guard !trusted.isEmpty, !forwardedFor.isEmpty, var bytes = IPAddress.bytes(peer) else { return peer }
        var current = peer
        let hops = forwardedFor.flatMap { $0.utf8.split(separator: UInt8(ascii: ",")) }
        for hop in hops.reversed() {
            let text = String(Substring(hop)).trimmingSpaces
            guard trusted.contains(where: { $0.contains(bytes) }), let next = IPAddress.bytes(text) else { break }
            (current, bytes) = (text, next)
        }
        return current
    }
}

/// Parses addresses without the resolver.
enum IPAddress {
    /// 4 or 16 bytes; an IPv4 address mapped into IPv6 gives 4. A zone is refused.
    static func bytes(_ text: String) -> [UInt8]? {
        if !text.utf8.contains(UInt8(ascii: ":")) { return v4(text) }
        guard let bytes = v6(text) else { return nil }
        let isMapped = bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return isMapped ? Array(bytes[12...]) : bytes
    }

    private static func v4(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        for part in text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 4, omittingEmptySubsequences: false) {
            guard part.allSatisfy(\.isDecimalDigit), let byte = UInt8(Substring(part)) else { return nil }
            bytes.append(byte)
        }
        return bytes.count == 4 ? bytes : nil
    }

    private static func v6(_ text: String) -> [UInt8]? {
        guard let gap = text.range(of: "::") else {
            let bytes = groups(text)
            return bytes?.count == 16 ? bytes : nil
        }
        let left = String(text[..<gap.lowerBound])
        let right = String(text[gap.upperBound...])
        guard !right.contains("::"),
            let head = left.isEmpty ? [] : groups(left), let tail = right.isEmpty ? [] : groups(right),
            head.count + tail.count <= 14
        else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    /// Colon-separated groups, the last of which may be an IPv4 address.
    private static func groups(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if part.contains("."), index == parts.count - 1 {
                guard let tail = v4(String(part)) else { return nil }
                bytes += tail
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(\.isHexadecimalDigit),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
            }
        }
        return bytes
    }
}

extension String {
    /// The first occurrence of a short separator.
    fileprivate func range(of separator: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(separator) { return start..<index(start, offsetBy: separator.count) }
            start = index(after: start)
        }
        return nil
    }
}
