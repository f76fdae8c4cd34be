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
        if !bytes.append(quoted: value) { isWhole = false }
    }

    mutating func identifier(_ key: StaticString, _ value: some UniqueIdentifier) {
        begin(key)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: value.description.utf8)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func number(_ key: StaticString, _ value: some BinaryInteger) {
        begin(key)
        bytes.append(decimal: value)
    }

    mutating func numbers(_ key: StaticString, _ values: [Int]) {
        begin(key)
        bytes.append(UInt8(ascii: "["))
        for (position, value) in values.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(decimal: value)
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
}
