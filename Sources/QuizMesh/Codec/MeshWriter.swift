import NIOCore
import QuizModel
import QuizRoomHost
import QuizShards

/// Writes the binary form of messages: big-endian, every value in exactly one form.
///
/// A value outside its bounds is remembered as the writer's fault and the rest is written all the same, so that the
/// callers stay free of `try`; whoever has a fault sends nothing.
struct MeshWriter {
    private(set) var buffer: ByteBuffer
    private(set) var fault: MeshCodecError?

    /// - Parameter capacity: bytes to make room for at once.
    init(capacity: Int) { buffer = ByteBufferAllocator().buffer(capacity: capacity) }

    mutating func byte(_ value: UInt8) { buffer.writeInteger(value) }

    mutating func bool(_ value: Bool) { buffer.writeInteger(value ? 1 : 0 as UInt8) }

    /// Four bytes.
    mutating func fixed32(_ value: UInt32) { buffer.writeInteger(value) }

    /// Eight bytes, for numbers that are drawn and not counted.
    mutating func fixed64(_ value: UInt64) { buffer.writeInteger(value) }

    mutating func overwrite32(_ value: UInt32, at index: Int) { buffer.setInteger(value, at: index) }

    /// Seven bits a byte, lowest first; the high bit says that more follow (LEB128).
    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            buffer.writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        buffer.writeInteger(UInt8(truncatingIfNeeded: rest))
    }

    mutating func int(_ value: Int, _ range: ClosedRange<Int>, _ context: String) {
        check(range.contains(value), context)
        varint(UInt64(bitPattern: Int64(value)))
    }

    /// A number of either sign, folded so that small ones are short: 0, −1, 1, −2…
    mutating func signed(_ value: Int) { varint(UInt64(bitPattern: Int64(value << 1 ^ value >> 63))) }

    mutating func bytes(_ value: ByteBuffer, _ lengths: ClosedRange<Int>, _ context: String) {
        int(value.readableBytes, lengths, context)
        buffer.writeImmutableBuffer(value)
    }

    /// Everything that is left of it, without a length.
    mutating func raw(_ value: inout ByteBuffer) { buffer.writeBuffer(&value) }

    /// Bytes whose number the reader knows.
    mutating func fixed(_ value: [UInt8], count: Int, _ context: String) {
        check(value.count == count, context)
        buffer.writeBytes(value)
    }

    mutating func string(_ value: String, _ lengths: ClosedRange<Int>, _ context: String) {
        int(value.utf8.count, lengths, context)
        buffer.writeString(value)
    }

    mutating func text(_ value: some TextValue, _ context: String) {
        string(value.text, MeshBounds.textBytes, context)
    }

    /// 16 bytes.
    mutating func identifier(_ value: some UniqueIdentifier) {
        buffer.writeInteger(UInt64(truncatingIfNeeded: value.value >> 64))
        buffer.writeInteger(UInt64(truncatingIfNeeded: value.value))
    }

    mutating func optional<Value>(_ value: Value?, _ write: (inout MeshWriter, Value) -> Void) {
        bool(value != nil)
        if let value { write(&self, value) }
    }

    mutating func array<Element>(
        _ elements: [Element], max: Int, _ context: String, _ write: (inout MeshWriter, Element) -> Void
    ) {
        int(elements.count, 0...max, context)
        for element in elements { write(&self, element) }
    }

    private mutating func check(_ isFine: Bool, _ context: String) {
        if !isFine, fault == nil { fault = MeshCodecError(.outOfRange, context) }
    }
}
