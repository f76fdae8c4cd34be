import NIOCore
import QuizModel
import QuizRoomHost
import QuizShards

/// Reads what `MeshWriter` wrote and refuses everything else; no length is believed before it is checked. Payloads are
/// slices of what was received, not copies.
struct MeshReader {
    private var buffer: ByteBuffer

    init(_ buffer: ByteBuffer) { self.buffer = buffer }

    /// - Throws: `trailingBytes`.
    func end(_ context: String) throws(MeshCodecError) {
        if buffer.readableBytes > 0 { throw MeshCodecError(.trailingBytes, context) }
    }

    mutating func byte(_ context: String) throws(MeshCodecError) -> UInt8 { try integer(context) }

    mutating func bool(_ context: String) throws(MeshCodecError) -> Bool {
        switch try byte(context) {
        case 0: return false
        case 1: return true
        default: throw MeshCodecError(.outOfRange, context)
        }
    }

    mutating func integer<Value: FixedWidthInteger>(_ context: String) throws(MeshCodecError) -> Value {
        guard let value = buffer.readInteger(as: Value.self) else { throw MeshCodecError(.truncated, context) }
        return value
    }

    /// Refuses the longer forms of a number, so that equal values are equal bytes.
    mutating func varint(_ context: String) throws(MeshCodecError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            let byte = try byte(context)
            let part = UInt64(byte & 0x7F)
            if shift == 63 && part > 1 { throw MeshCodecError(.outOfRange, context) }
            value |= part << shift
            if byte & 0x80 == 0 {
                if byte == 0 && shift > 0 { throw MeshCodecError(.outOfRange, context) }
                return value
            }
        }
        throw MeshCodecError(.outOfRange, context)
    }

    mutating func int(_ range: ClosedRange<Int>, _ context: String) throws(MeshCodecError) -> Int {
        guard let value = Int(exactly: try varint(context)), range.contains(value) else {
            throw MeshCodecError(.outOfRange, context)
        }
        return value
    }

    mutating func uint32(_ context: String) throws(MeshCodecError) -> UInt32 {
        UInt32(try int(0...Int(UInt32.max), context))
    }

    /// The other half of `MeshWriter.signed`.
    mutating func signed(_ context: String) throws(MeshCodecError) -> Int {
        let folded = try varint(context)
        return Int(Int64(bitPattern: folded >> 1) ^ -Int64(bitPattern: folded & 1))
    }

    mutating func bytes(_ lengths: ClosedRange<Int>, _ context: String) throws(MeshCodecError) -> ByteBuffer {
        let length = try int(lengths, context)
        guard let slice = buffer.readSlice(length: length) else { throw MeshCodecError(.truncated, context) }
        return slice
    }

    mutating func fixed(_ count: Int, _ context: String) throws(MeshCodecError) -> [UInt8] {
        guard let bytes = buffer.readBytes(length: count) else { throw MeshCodecError(.truncated, context) }
        return bytes
    }

    mutating func string(_ lengths: ClosedRange<Int>, _ context: String) throws(MeshCodecError) -> String {
        let bytes = try bytes(lengths, context)
        guard let text = String(validating: bytes.readableBytesView, as: UTF8.self) else {
            throw MeshCodecError(.outOfRange, context)
        }
        return text
    }

    /// Text that its type would have stored differently is refused too: one value, one form.
    mutating func text<Value: TextValue>(_ context: String) throws(MeshCodecError) -> Value {
        let text = try string(MeshBounds.textBytes, context)
        guard let value = Value(text), value.text.utf8.elementsEqual(text.utf8) else {
            throw MeshCodecError(.outOfRange, context)
        }
        return value
    }

    mutating func identifier<Value: UniqueIdentifier>(_ context: String) throws(MeshCodecError) -> Value {
        let high: UInt64 = try integer(context)
        let low: UInt64 = try integer(context)
        return Value(value: UInt128(high) << 64 | UInt128(low))
    }

    mutating func optional<Value>(
        _ context: String, _ read: (inout MeshReader) throws(MeshCodecError) -> Value
    ) throws(MeshCodecError) -> Value? {
        try bool(context) ? try read(&self) : nil
    }

    /// - Parameter elementBytesMin: what an element takes at least: a count beyond that is not worth the memory.
    mutating func array<Element>(
        max: Int, elementBytesMin: Int, _ context: String,
        _ read: (inout MeshReader) throws(MeshCodecError) -> Element
    ) throws(MeshCodecError) -> [Element] {
        let count = try int(0...max, context)
        guard count <= buffer.readableBytes / elementBytesMin else { throw MeshCodecError(.truncated, context) }
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try read(&self)) }
        return elements
    }
}
