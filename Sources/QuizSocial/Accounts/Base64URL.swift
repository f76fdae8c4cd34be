internal import Foundation

/// Base64 with the URL alphabet and without padding (RFC 4648, section 5).
enum Base64URL {
    static func encode(_ bytes: some Collection<UInt8>) -> String {
        var text = Data(bytes).base64EncodedData()
        while text.last == UInt8(ascii: "=") { text.removeLast() }
        for position in text.indices {
            switch text[position] {
            case UInt8(ascii: "+"): text[position] = UInt8(ascii: "-")
            case UInt8(ascii: "/"): text[position] = UInt8(ascii: "_")
            default: break
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for anything that `encode` would not have made.
    static func decode(_ text: String) -> [UInt8]? {
        var padded = Data(capacity: text.utf8.count + 3)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "-"): padded.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): padded.append(UInt8(ascii: "/"))
            case _ where byte.isBase64Letter: padded.append(byte)
            default: return nil
            }
        }
        while padded.count % 4 != 0 { padded.append(UInt8(ascii: "=")) }
        guard let data = Data(base64Encoded: padded), encode(data) == text else { return nil }
        return Array(data)
    }
}

extension UInt8 {
    /// A digit that both alphabets have.
    fileprivate var isBase64Letter: Bool {
        switch self {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
