/// Tells, byte by byte, whether text is well-formed UTF-8 (RFC 3629), across any number of pieces.
///
/// It refuses at the first byte that no continuation could repair, so a connection is failed as early as it is certain.
package struct UTF8Validator: Sendable, Equatable {
    /// Continuation bytes still owed by the character under way, 0...3.
    private var owed: UInt8 = 0
    /// Bounds of the next continuation byte; narrower than 80...BF after E0, ED, F0 and F4.
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    package init() {}

    /// True when the text seen so far does not end inside a character.
    package var isAtBoundary: Bool { owed == 0 }

    /// - Returns: false once the text cannot be UTF-8 any more; the validator is of no use after that.
    /// - Complexity: O(n), eight bytes at a time in runs of ASCII.
    package mutating func consume(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        let count = bytes.count
        while index < count {
            guard owed == 0 else {
                guard (lower...upper).contains(bytes[index]) else { return false }
                lower = 0x80
                upper = 0xBF
                owed -= 1
                index += 1
                continue
            }
            while index + 8 <= count,
                bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                index += 8
            }
            guard index < count else { break }
            guard begin(bytes[index]) else { return false }
            index += 1
        }
        return true
    }

    /// Takes the first byte of a character.
    private mutating func begin(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x00...0x7F: break
        case 0xC2...0xDF: owed = 1
        case 0xE0: (owed, lower) = (2, 0xA0)
        case 0xED: (owed, upper) = (2, 0x9F)
        case 0xE1...0xEF: owed = 2
        case 0xF0: (owed, lower) = (3, 0x90)
        case 0xF1...0xF3: owed = 3
        case 0xF4: (owed, upper) = (3, 0x8F)
        default: return false
        }
        return true
    }
}
