internal import QuizModel

/// JSON's values as Foundation writes them.
extension [UInt8] {
    mutating func append(decimal value: some BinaryInteger) {
        guard let small = Int(exactly: value), small >= 0 else {
            return append(contentsOf: value.description.utf8)
        }
        let start = count
        var rest = small
        repeat {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        self[start...].reverse()
    }

    /// Appends an identifier with its quotes.
    mutating func append(quoted identifier: some UniqueIdentifier) {
        append(UInt8(ascii: "\""))
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 36) { text in
            identifier.writeDescription(to: text)
            append(contentsOf: text)
        }
        append(UInt8(ascii: "\""))
    }

    /// Appends a text with its quotes.
    ///
    /// - Returns: false when there are control characters in it; what has been appended is then of no use.
    mutating func append(quoted text: String) -> Bool {
        var text = text
        append(UInt8(ascii: "\""))
        let isWritable = text.withUTF8 { text -> Bool in
            if text.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
                append(contentsOf: text)
                return true
            }
            for byte in text {
                if byte < 0x20 { return false }
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { append(UInt8(ascii: "\\")) }
                append(byte)
            }
            return true
        }
        append(UInt8(ascii: "\""))
        return isWritable
    }
}
