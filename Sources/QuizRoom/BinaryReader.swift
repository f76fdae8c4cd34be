import QuizModel

/// Reads what `BinaryWriter` wrote and refuses everything else; no length is believed before it is checked.
struct BinaryReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private var remaining: Int { bytes.count - offset }

    /// - Throws: `trailingBytes`.
    func end(_ context: String) throws(RoomCodecError) {
        if remaining > 0 { throw RoomCodecError(.trailingBytes, context) }
    }

    mutating func byte(_ context: String) throws(RoomCodecError) -> UInt8 {
        guard remaining > 0 else { throw RoomCodecError(.truncated, context) }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func bool(_ context: String) throws(RoomCodecError) -> Bool {
        switch try byte(context) {
        case 0: return false
        case 1: return true
        default: throw RoomCodecError(.outOfRange, context)
        }
    }

    /// Refuses the longer forms of a number, so that equal values are equal bytes.
    mutating func varint(_ context: String) throws(RoomCodecError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            let byte = try byte(context)
            let part = UInt64(byte & 0x7F)
            if shift == 63 && part > 1 { throw RoomCodecError(.outOfRange, context) }
            value |= part << shift
            if byte & 0x80 == 0 {
                if byte == 0 && shift > 0 { throw RoomCodecError(.outOfRange, context) }
                return value
            }
        }
        throw RoomCodecError(.outOfRange, context)
    }

    mutating func int(_ range: ClosedRange<Int>, _ context: String) throws(RoomCodecError) -> Int {
        guard let value = Int(exactly: try varint(context)), range.contains(value) else {
            throw RoomCodecError(.outOfRange, context)
        }
        return value
    }

    /// A deadline may lie a stage beyond the end of room time.
    static let instants = 0...2 * Int(RoomTiming.end.milliseconds)

    mutating func instant(_ context: String) throws(RoomCodecError) -> RoomInstant {
        RoomInstant(milliseconds: Int64(try int(Self.instants, context)))
    }

    mutating func fixed(_ count: Int, _ context: String) throws(RoomCodecError) -> [UInt8] {
        guard remaining >= count else { throw RoomCodecError(.truncated, context) }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    mutating func data(_ lengths: ClosedRange<Int>, _ context: String) throws(RoomCodecError) -> [UInt8] {
        try fixed(try int(lengths, context), context)
    }

    /// - Parameter bytesMax: of UTF-8.
    mutating func string(
        bytesMax: Int = Limits.gameContentBytesMax, _ context: String
    ) throws(RoomCodecError) -> String {
        guard let text = String(validating: try data(0...bytesMax, context), as: UTF8.self) else {
            throw RoomCodecError(.outOfRange, context)
        }
        return text
    }

    /// Text that its type would have stored differently is refused too: one value, one form.
    mutating func text<Value: TextValue>(_ context: String) throws(RoomCodecError) -> Value {
        let text = try string(bytesMax: 4_096, context)
        guard let value = Value(text), value.text.utf8.elementsEqual(text.utf8) else {
            throw RoomCodecError(.outOfRange, context)
        }
        return value
    }

    mutating func identifier<Value: UniqueIdentifier>(_ context: String) throws(RoomCodecError) -> Value {
        Value(value: try fixed(16, context).reduce(0) { $0 << 8 | UInt128($1) })
    }

    mutating func word(_ context: String) throws(RoomCodecError) -> UInt64 {
        try fixed(8, context).reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func optional<Value>(
        _ context: String, _ read: (inout BinaryReader) throws(RoomCodecError) -> Value
    ) throws(RoomCodecError) -> Value? {
        try bool(context) ? try read(&self) : nil
    }

    mutating func array<Element>(
        max: Int, _ context: String, _ read: (inout BinaryReader) throws(RoomCodecError) -> Element
    ) throws(RoomCodecError) -> [Element] {
        let count = try int(0...max, context)
        // Every element takes a byte at least: a length beyond that is not worth the memory.
        guard count <= remaining else { throw RoomCodecError(.truncated, context) }
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try read(&self)) }
        return elements
    }

    /// Indices into the choices of a question.
    mutating func choice(_ context: String) throws(RoomCodecError) -> [Int] {
        let choices = 0...Limits.choicesPerQuestion.upperBound - 1
        return try array(max: choices.count, context) { reader throws(RoomCodecError) in
            try reader.int(choices, context)
        }
    }
}
