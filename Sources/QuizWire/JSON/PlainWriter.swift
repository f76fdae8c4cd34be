internal import QuizModel

/// Writes one JSON object, member by member in the order of their keys.
///
/// What it does not know how to write as Foundation does, control characters, it leaves out and says so.
struct PlainWriter {
    private var bytes: [UInt8] = []
    private var isWhole = true

    init() { bytes.reserveCapacity(256) }

    /// The object; nil: it holds what is not for this writer.
    consuming func finished() -> [UInt8]? {
        guard isWhole else { return nil }
        close()
        return bytes
    }

    // MARK: Members

    mutating func text(_ key: StaticString, _ value: String) {
        begin(key)
        var value = value
        bytes.append(UInt8(ascii: "\""))
        value.withUTF8 { text in
            let isPlain = text.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            if isPlain { bytes.append(contentsOf: text) } else { escape(text) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func identifier(_ key: StaticString, _ value: some UniqueIdentifier) {
        begin(key)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: value.description.utf8)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func number(_ key: StaticString, _ value: some FixedWidthInteger) {
        begin(key)
        write(value)
    }

    mutating func numbers(_ key: StaticString, _ values: [Int]) {
        begin(key)
        bytes.append(UInt8(ascii: "["))
        for (position, value) in values.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            write(value)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    mutating func flag(_ key: StaticString, _ value: Bool) {
        begin(key)
        bytes.append(contentsOf: value ? "true".utf8 : "false".utf8)
    }

    /// A member that is an object itself, written by `write`.
    mutating func object(_ key: StaticString, _ write: (inout PlainWriter) -> Void) {
        begin(key)
        let start = bytes.count
        write(&self)
        if bytes.count == start { bytes.append(UInt8(ascii: "{")) }
        bytes.append(UInt8(ascii: "}"))
    }

    // MARK: Detail

    private mutating func begin(_ key: StaticString) {
        // Behind another member; else the object begins here.
        let isFirst = bytes.isEmpty || bytes[bytes.count - 1] == UInt8(ascii: ":")
        bytes.append(isFirst ? UInt8(ascii: "{") : UInt8(ascii: ","))
        bytes.append(UInt8(ascii: "\""))
        key.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func close() {
        if bytes.isEmpty { bytes.append(UInt8(ascii: "{")) }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func write(_ value: some FixedWidthInteger) {
        guard value >= 0 else { return bytes.append(contentsOf: value.description.utf8) }
        let start = bytes.count
        var rest = value
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    private mutating func escape(_ text: UnsafeBufferPointer<UInt8>) {
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
            case 0..<0x20: isWhole = false
            default: break
            }
            bytes.append(byte)
        }
    }
}
