package import NIOCore

/// Strings in and out of JSON text, where nothing more is needed.
package enum JSONText {
    /// Reads a JSON string that `JSONScanner` has accepted, quotes included.
    ///
    /// - Returns: nil when the text is not a string. A lone surrogate becomes U+FFFD.
    package static func string(_ text: ByteBuffer) -> String? {
        let bytes = Array(text.readableBytesView)
        guard bytes.count >= 2, bytes.first == UInt8(ascii: "\""), bytes.last == UInt8(ascii: "\"") else { return nil }
        let inner = bytes[1..<(bytes.count - 1)]
        guard inner.contains(UInt8(ascii: "\\")) else { return String(decoding: inner, as: UTF8.self) }
        var units: [UInt16] = []
        var index = inner.startIndex
        var plainStart = index
        func plain(_ upTo: Int) { units += String(decoding: inner[plainStart..<upTo], as: UTF8.self).utf16 }
        while index < inner.endIndex {
            guard inner[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            plain(index)
            guard index + 1 < inner.endIndex else { return nil }
            let escaped = inner[index + 1]
            index += 2
            switch escaped {
            case UInt8(ascii: "b"): units.append(0x08)
            case UInt8(ascii: "f"): units.append(0x0C)
            case UInt8(ascii: "n"): units.append(0x0A)
            case UInt8(ascii: "r"): units.append(0x0D)
            case UInt8(ascii: "t"): units.append(0x09)
            case UInt8(ascii: "u"):
                guard index + 4 <= inner.endIndex,
                    let unit = UInt16(String(decoding: inner[index..<(index + 4)], as: UTF8.self), radix: 16)
                else { return nil }
                units.append(unit)
                index += 4
            default: units.append(UInt16(escaped))
            }
            plainStart = index
        }
        plain(inner.endIndex)
        return String(decoding: units, as: UTF16.self)
    }

    /// Appends a string with its quotes, escaping what must be escaped and nothing else.
    package static func write(_ string: String, into buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt8(ascii: "\""))
        let isPlain = string.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        if isPlain { buffer.writeString(string) } else { escape(string, into: &buffer) }
        buffer.writeInteger(UInt8(ascii: "\""))
    }

    private static func escape(_ string: String, into buffer: inout ByteBuffer) {
        let digits = Array("0123456789abcdef".utf8)
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): buffer.writeStaticString("\\\"")
            case UInt8(ascii: "\\"): buffer.writeStaticString("\\\\")
            case 0x0A: buffer.writeStaticString("\\n")
            case 0x0D: buffer.writeStaticString("\\r")
            case 0x09: buffer.writeStaticString("\\t")
            case 0x00..<0x20:
                buffer.writeStaticString("\\u00")
                buffer.writeInteger(digits[Int(byte >> 4)])
                buffer.writeInteger(digits[Int(byte & 0xF)])
            default: buffer.writeInteger(byte)
            }
        }
    }
}
