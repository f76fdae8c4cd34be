package import NIOCore

/// Checks that bytes are one JSON text (RFC 8259) and says where the elements of an array stand, without building it.
package struct JSONScanner {
    /// Arrays and objects inside each other; deeper text is refused, so that no input exhausts the stack.
    package static let depthMax = 64

    private let bytes: UnsafeRawBufferPointer
    private var index = 0

    private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The elements of a JSON array, as slices without the blanks around them.
    ///
    /// - Parameter countMax: more elements are refused.
    /// - Returns: nil when the text is not exactly one JSON array.
    package static func elements(of array: ByteBuffer, countMax: Int = 256) -> [ByteBuffer]? {
        let ranges: [Range<Int>]? = array.withUnsafeReadableBytes { bytes in
            var scanner = JSONScanner(bytes)
            return scanner.topLevelArray(countMax: countMax)
        }
        return ranges.map { found in
            found.compactMap { array.getSlice(at: array.readerIndex + $0.lowerBound, length: $0.count) }
        }
    }

    /// Whether the text is exactly one JSON object.
    package static func isObject(_ text: ByteBuffer) -> Bool {
        text.withUnsafeReadableBytes { bytes in
            var scanner = JSONScanner(bytes)
            scanner.skipBlanks()
            guard scanner.peek == UInt8(ascii: "{"), scanner.value(depth: 0) else { return false }
            scanner.skipBlanks()
            return scanner.peek == nil
        }
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private mutating func topLevelArray(countMax: Int) -> [Range<Int>]? {
        var ranges: [Range<Int>] = []
        skipBlanks()
        guard take(UInt8(ascii: "[")) else { return nil }
        skipBlanks()
        if !take(UInt8(ascii: "]")) {
            while true {
                skipBlanks()
                let start = index
                guard ranges.count < countMax, value(depth: 1) else { return nil }
                ranges.append(start..<index)
                skipBlanks()
                if take(UInt8(ascii: "]")) { break }
                guard take(UInt8(ascii: ",")) else { return nil }
            }
        }
        skipBlanks()
        return peek == nil ? ranges : nil
    }

    private mutating func value(depth: Int) -> Bool {
        guard depth < Self.depthMax, let byte = peek else { return false }
        switch byte {
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return array(depth: depth)
        case UInt8(ascii: "t"): return literal("true")
        case UInt8(ascii: "f"): return literal("false")
        case UInt8(ascii: "n"): return literal("null")
        default: return number()
        }
    }

    private mutating func literal(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard index + count <= bytes.count else { return false }
        for offset in 0..<count where bytes[index + offset] != word.utf8Start[offset] { return false }
        index += count
        return true
    }

    private mutating func array(depth: Int) -> Bool {
        index += 1
        skipBlanks()
        if take(UInt8(ascii: "]")) { return true }
        while true {
            skipBlanks()
            guard value(depth: depth + 1) else { return false }
            skipBlanks()
            if take(UInt8(ascii: "]")) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
        }
    }

    private mutating func object(depth: Int) -> Bool {
        index += 1
        skipBlanks()
        if take(UInt8(ascii: "}")) { return true }
        while true {
            skipBlanks()
            guard peek == UInt8(ascii: "\""), string() else { return false }
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { return false }
            skipBlanks()
            guard value(depth: depth + 1) else { return false }
            skipBlanks()
            if take(UInt8(ascii: "}")) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
        }
    }

    private mutating func string() -> Bool {
        index += 1
        while let byte = peek {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"):
                guard let escaped = peek else { return false }
                index += 1
                switch escaped {
                case UInt8(ascii: "u"):
                    for _ in 0..<4 {
                        guard let digit = peek, digit.isHexadecimalDigit else { return false }
                        index += 1
                    }
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
                    UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
                    break
                default: return false
                }
            case 0x00...0x1F: return false
            default: break
            }
        }
        return false
    }

    private mutating func number() -> Bool {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) {
            guard digits() else { return false }
        }
        if take(UInt8(ascii: ".")) {
            guard digits() else { return false }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard digits() else { return false }
        }
        return true
    }

    /// One digit or more.
    private mutating func digits() -> Bool {
        let start = index
        while let byte = peek, byte.isDecimalDigit { index += 1 }
        return index > start
    }
}

extension UInt8 {
    var isDecimalDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    var isHexadecimalDigit: Bool {
        isDecimalDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20)
    }
}
