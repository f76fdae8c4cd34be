import QuizModel

/// Writes the compact form of journal rows, snapshots and results: every value has exactly one form.
struct BinaryWriter {
    private(set) var bytes: [UInt8] = []

    /// - Parameter capacity: bytes to make room for at once.
    init(capacity: Int = 256) { bytes.reserveCapacity(capacity) }

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func bool(_ value: Bool) { bytes.append(value ? 1 : 0) }

    /// Seven bits a byte, lowest first; the high bit says that more follow (LEB128).
    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// A number that is 0 or more. A negative one is written too, and refused when it is read.
    mutating func int(_ value: Int) { varint(UInt64(bitPattern: Int64(value))) }

    mutating func instant(_ value: RoomInstant) { varint(UInt64(bitPattern: value.milliseconds)) }

    /// Bytes whose number the reader knows.
    mutating func fixed(_ value: [UInt8]) { bytes.append(contentsOf: value) }

    mutating func data(_ value: [UInt8]) {
        int(value.count)
        bytes.append(contentsOf: value)
    }

    mutating func string(_ value: String) {
        int(value.utf8.count)
        bytes.append(contentsOf: value.utf8)
    }

    mutating func text(_ value: some TextValue) { string(value.text) }

    /// 16 bytes, big-endian.
    mutating func identifier(_ value: some UniqueIdentifier) {
        withUnsafeBytes(of: value.value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// 8 bytes, big-endian.
    mutating func word(_ value: UInt64) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func optional<Value>(_ value: Value?, _ write: (inout BinaryWriter, Value) -> Void) {
        bool(value != nil)
        if let value { write(&self, value) }
    }

    mutating func array<Element>(_ elements: [Element], _ write: (Element, inout BinaryWriter) -> Void) {
        int(elements.count)
        for element in elements { write(element, &self) }
    }

    mutating func ints(_ values: [Int]) { array(values) { $1.int($0) } }
}
