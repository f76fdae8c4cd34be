/// Writes a value as compact JSON, keys in the order of their bytes.
///
/// The bytes are those of Foundation's `JSONEncoder` with `sortedKeys` and `withoutEscapingSlashes`, without the tree it builds first and sorts in the end:
/// objects are written as they come, and one whose keys came in another order is put in order once it is complete. What payloads seldom have
/// (fractions, control characters, nested containers, a key twice) it leaves to Foundation; see `WireJSON`.
final class JSONWriter {
    /// The value at hand is not for this writer.
    struct Unsuitable: Error {}

    private enum Shape {
        case nothing, object, array, single
    }

    /// The value being written.
    private struct Frame {
        var shape = Shape.nothing
        /// Where it begins.
        let start: Int
        /// Its first entry in `members`.
        let firstMember: Int
        var elements = 0
        var isInOrder = true
    }

    /// `"key":value` of an object that is not complete.
    private struct Member {
        let start: Int
        let keyBytes: Int
        var end: Int
    }

    private var bytes: [UInt8] = []
    private var members: [Member] = []
    private var frame = Frame(start: 0, firstMember: 0)
    /// A container was asked for that cannot be refused in another way.
    private var isUnsuitable = false

    private init() { bytes.reserveCapacity(256) }

    /// - Returns: nil when the value is not for this writer.
    /// - Throws: what the value throws.
    static func bytes(_ value: some Encodable) throws -> [UInt8]? {
        let writer = JSONWriter()
        do {
            try writer.write(value)
        } catch is Unsuitable {
            return nil
        }
        return writer.isUnsuitable ? nil : writer.bytes
    }

    // MARK: Values

    fileprivate func write(_ value: some Encodable) throws {
        let outer = frame
        frame = Frame(start: bytes.count, firstMember: members.count)
        try value.encode(to: self)
        switch frame.shape {
        case .nothing: throw Unsuitable()
        case .object: try endObject()
        case .array: bytes.append(UInt8(ascii: "]"))
        case .single: break
        }
        frame = outer
    }

    fileprivate func writeNull() { bytes.append(contentsOf: "null".utf8) }

    fileprivate func write(_ value: Bool) { bytes.append(contentsOf: value ? "true".utf8 : "false".utf8) }

    fileprivate func write(whole value: some BinaryInteger) { bytes.append(decimal: value) }

    fileprivate func write(_ value: String) throws {
        guard bytes.append(quoted: value) else { throw Unsuitable() }
    }

    // MARK: Objects and arrays

    private func begin(_ shape: Shape, _ byte: UInt8) {
        // Several containers of one kind go into the same object: `Accepted` and what it holds.
        if frame.shape == shape { return }
        if frame.shape != .nothing { isUnsuitable = true }
        frame.shape = shape
        bytes.append(byte)
    }

    fileprivate func beginMember(_ key: String) throws {
        if members.count > frame.firstMember { bytes.append(UInt8(ascii: ",")) }
        let start = bytes.count
        try write(key)
        let member = Member(start: start, keyBytes: bytes.count - start, end: 0)
        if members.count > frame.firstMember, let last = members.last, !isBefore(last, member) {
            frame.isInOrder = false
        }
        members.append(member)
        bytes.append(UInt8(ascii: ":"))
    }

    fileprivate func endMember() { members[members.count - 1].end = bytes.count }

    fileprivate var elements: Int { frame.elements }

    fileprivate func beginElement() {
        if frame.elements > 0 { bytes.append(UInt8(ascii: ",")) }
        frame.elements += 1
    }

    private func endObject() throws {
        if !frame.isInOrder { try putInOrder() }
        members.removeSubrange(frame.firstMember...)
        bytes.append(UInt8(ascii: "}"))
    }

    private func putInOrder() throws {
        let ordered = members[frame.firstMember...].sorted(by: isBefore)
        for (one, next) in zip(ordered, ordered.dropFirst()) where !isBefore(one, next) { throw Unsuitable() }
        let unordered = Array(bytes[frame.start...])
        bytes.removeSubrange((frame.start + 1)...)
        for (position, member) in ordered.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: unordered[(member.start - frame.start)..<(member.end - frame.start)])
        }
    }

    /// Compares keys without the quotes behind them, so that a key comes before those it begins.
    private func isBefore(_ one: Member, _ other: Member) -> Bool {
        let (oneCount, otherCount) = (one.keyBytes - 1, other.keyBytes - 1)
        return bytes.withUnsafeBytes { bytes in
            for index in 0..<min(oneCount, otherCount) {
                let (left, right) = (bytes[one.start + index], bytes[other.start + index])
                if left != right { return left < right }
            }
            return oneCount < otherCount
        }
    }
}

extension JSONWriter: Encoder {
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        begin(.object, UInt8(ascii: "{"))
        return KeyedEncodingContainer(Members<Key>(writer: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        begin(.array, UInt8(ascii: "["))
        return Elements(writer: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        if frame.shape != .nothing { isUnsuitable = true }
        frame.shape = .single
        return Single(writer: self)
    }

    fileprivate func refuse() { isUnsuitable = true }

    fileprivate func write(fraction value: some BinaryFloatingPoint) throws { throw Unsuitable() }
}

private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: JSONWriter
    var codingPath: [any CodingKey] { [] }

    private func member(_ key: Key, _ write: () throws -> Void) throws {
        try writer.beginMember(key.stringValue)
        try write()
        writer.endMember()
    }

    func encodeNil(forKey key: Key) throws { try member(key) { writer.writeNull() } }
    func encode(_ value: Bool, forKey key: Key) throws { try member(key) { writer.write(value) } }
    func encode(_ value: String, forKey key: Key) throws { try member(key) { try writer.write(value) } }
    func encode(_ value: Double, forKey key: Key) throws { try member(key) { try writer.write(fraction: value) } }
    func encode(_ value: Float, forKey key: Key) throws { try member(key) { try writer.write(fraction: value) } }
    func encode(_ value: Int, forKey key: Key) throws { try member(key) { writer.write(whole: value) } }
    func encode(_ value: Int8, forKey key: Key) throws { try member(key) { writer.write(whole: value) } }
    func encode(_ value: Int16, forKey key: Key) throws { try member(key) { writer.write(whole: value) } }
    func encode(_ value: Int32, forKey key: Key) throws { try member(key) { writer.write(whole: value) } }
    func encode(_ value: Int64, forKey key: Key) throws { try member(key) { writer.write(whole: value) } }
    func encode(_ value: UInt, forKey key: Key) throws { try member(key) { writer.write(whole: value) } }
    func encode(_ value: UInt8, forKey key: Key) throws { try member(key) { writer.write(whole: value) } }
    func encode(_ value: UInt16, forKey key: Key) throws { try member(key) { writer.write(whole: value) } }
    func encode(_ value: UInt32, forKey key: Key) throws { try member(key) { writer.write(whole: value) } }
    func encode(_ value: UInt64, forKey key: Key) throws { try member(key) { writer.write(whole: value) } }
    func encode(_ value: some Encodable, forKey key: Key) throws { try member(key) { try writer.write(value) } }

    func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type, forKey: Key) -> KeyedEncodingContainer<Nested> {
        writer.refuse()
        return KeyedEncodingContainer(Members<Nested>(writer: writer))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        writer.refuse()
        return Elements(writer: writer)
    }

    func superEncoder() -> any Encoder {
        writer.refuse()
        return writer
    }

    func superEncoder(forKey key: Key) -> any Encoder { superEncoder() }
}

private struct Elements: UnkeyedEncodingContainer {
    let writer: JSONWriter
    var codingPath: [any CodingKey] { [] }
    var count: Int { writer.elements }

    private func element(_ write: () throws -> Void) throws {
        writer.beginElement()
        try write()
    }

    func encodeNil() throws { try element { writer.writeNull() } }
    func encode(_ value: Bool) throws { try element { writer.write(value) } }
    func encode(_ value: String) throws { try element { try writer.write(value) } }
    func encode(_ value: Double) throws { try element { try writer.write(fraction: value) } }
    func encode(_ value: Float) throws { try element { try writer.write(fraction: value) } }
    func encode(_ value: Int) throws { try element { writer.write(whole: value) } }
    func encode(_ value: Int8) throws { try element { writer.write(whole: value) } }
    func encode(_ value: Int16) throws { try element { writer.write(whole: value) } }
    func encode(_ value: Int32) throws { try element { writer.write(whole: value) } }
    func encode(_ value: Int64) throws { try element { writer.write(whole: value) } }
    func encode(_ value: UInt) throws { try element { writer.write(whole: value) } }
    func encode(_ value: UInt8) throws { try element { writer.write(whole: value) } }
    func encode(_ value: UInt16) throws { try element { writer.write(whole: value) } }
    func encode(_ value: UInt32) throws { try element { writer.write(whole: value) } }
    func encode(_ value: UInt64) throws { try element { writer.write(whole: value) } }
    func encode(_ value: some Encodable) throws { try element { try writer.write(value) } }

    func nestedContainer<Nested: CodingKey>(keyedBy keyType: Nested.Type) -> KeyedEncodingContainer<Nested> {
        writer.refuse()
        return KeyedEncodingContainer(Members<Nested>(writer: writer))
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        writer.refuse()
        return self
    }

    func superEncoder() -> any Encoder {
        writer.refuse()
        return writer
    }
}

private struct Single: SingleValueEncodingContainer {
    let writer: JSONWriter
    var codingPath: [any CodingKey] { [] }

    func encodeNil() throws { writer.writeNull() }
    func encode(_ value: Bool) throws { writer.write(value) }
    func encode(_ value: String) throws { try writer.write(value) }
    func encode(_ value: Double) throws { try writer.write(fraction: value) }
    func encode(_ value: Float) throws { try writer.write(fraction: value) }
    func encode(_ value: Int) throws { writer.write(whole: value) }
    func encode(_ value: Int8) throws { writer.write(whole: value) }
    func encode(_ value: Int16) throws { writer.write(whole: value) }
    func encode(_ value: Int32) throws { writer.write(whole: value) }
    func encode(_ value: Int64) throws { writer.write(whole: value) }
    func encode(_ value: UInt) throws { writer.write(whole: value) }
    func encode(_ value: UInt8) throws { writer.write(whole: value) }
    func encode(_ value: UInt16) throws { writer.write(whole: value) }
    func encode(_ value: UInt32) throws { writer.write(whole: value) }
    func encode(_ value: UInt64) throws { writer.write(whole: value) }
    func encode(_ value: some Encodable) throws { try writer.write(value) }
}
