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
        bytes.append(quoted: value)
    }

    mutating func identifiers(_ key: StaticString, _ values: [some UniqueIdentifier]) {
        array(key, values) { json, value in json.bytes.append(quoted: value) }
    }

    mutating func number(_ key: StaticString, _ value: some BinaryInteger) {
        begin(key)
        bytes.append(decimal: value)
    }

    mutating func numbers(_ key: StaticString, _ values: [Int]) {
        array(key, values) { json, value in json.bytes.append(decimal: value) }
    }

    mutating func texts(_ key: StaticString, _ values: [String]) {
        array(key, values) { json, value in
            if !json.bytes.append(quoted: value) { json.isWhole = false }
        }
    }

    mutating func flag(_ key: StaticString, _ value: Bool) {
        begin(key)
        bytes.append(contentsOf: value ? "true".utf8 : "false".utf8)
    }

    /// A member that is an object itself, written by `write`.
    mutating func object(_ key: StaticString, _ write: (inout PlainWriter) -> Void) {
        begin(key)
        object(write)
    }

    /// A member that is an array of such objects.
    mutating func objects(_ key: StaticString, _ values: [some BurstPayload]) {
        array(key, values) { json, value in json.object { value.write(to: &$0) } }
    }

    /// A member that may be anything, by `JSONWriter`.
    mutating func value(_ key: StaticString, _ value: some Encodable) {
        begin(key)
        if let written = try? JSONWriter.bytes(value) {
            bytes.append(contentsOf: written)
        } else {
            isWhole = false
        }
    }

    // MARK: Detail

    private mutating func begin(_ key: StaticString) {
        bytes.append(isBehindValue ? UInt8(ascii: ",") : UInt8(ascii: "{"))
        bytes.append(UInt8(ascii: "\""))
        key.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    /// Whether an object has members already: it has none at the very beginning, behind its key, or as an element.
    private var isBehindValue: Bool {
        guard let last = bytes.last else { return false }
        return last != UInt8(ascii: ":") && last != UInt8(ascii: "[") && last != UInt8(ascii: ",")
    }

    private mutating func object(_ write: (inout PlainWriter) -> Void) {
        let start = bytes.count
        write(&self)
        if bytes.count == start { bytes.append(UInt8(ascii: "{")) }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func array<Element>(
        _ key: StaticString, _ values: [Element], _ write: (inout PlainWriter, Element) -> Void
    ) {
        begin(key)
        bytes.append(UInt8(ascii: "["))
        for (position, value) in values.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            write(&self, value)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func close() {
        if bytes.isEmpty { bytes.append(UInt8(ascii: "{")) }
        bytes.append(UInt8(ascii: "}"))
    }
}
