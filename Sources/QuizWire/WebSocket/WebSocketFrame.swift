package import NIOCore

/// Frames as a server writes them: unmasked, unfragmented (RFC 6455, section 5.2).
package enum WebSocketFrame {
    package enum Opcode: UInt8, Sendable {
        case continuation = 0x0
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA

        package var isControl: Bool { rawValue >= 0x8 }
    }

    /// The longest payload of a control frame, bytes.
    package static let controlBytesMax = 125
    /// The longest header of an unmasked frame, bytes.
    package static let headerBytesMax = 10

    /// Appends a frame's header: final, with RSV1 set when the payload is compressed.
    package static func writeHeader(
        _ opcode: Opcode, compressed: Bool = false, payloadBytes: Int, into buffer: inout ByteBuffer
    ) {
        buffer.writeInteger(0x80 | (compressed ? 0x40 : 0) | opcode.rawValue)
        switch payloadBytes {
        case ...125:
            buffer.writeInteger(UInt8(payloadBytes))
        case ...0xFFFF:
            buffer.writeInteger(126 as UInt8)
            buffer.writeInteger(UInt16(payloadBytes))
        default:
            buffer.writeInteger(127 as UInt8)
            buffer.writeInteger(UInt64(payloadBytes))
        }
    }

    /// Appends a whole frame.
    package static func write(
        _ opcode: Opcode, compressed: Bool = false, _ payload: ByteBuffer, into buffer: inout ByteBuffer
    ) {
        buffer.reserveCapacity(minimumWritableBytes: headerBytesMax + payload.readableBytes)
        writeHeader(opcode, compressed: compressed, payloadBytes: payload.readableBytes, into: &buffer)
        buffer.writeImmutableBuffer(payload)
    }

    /// A Close frame. The reason is cut at a character's end to fit 123 bytes.
    package static func close(_ code: WebSocketCloseCode?, reason: String = "") -> ByteBuffer {
        var payload = ByteBuffer()
        if let code {
            payload.writeInteger(code.number)
            var kept = Substring(reason)
            while kept.utf8.count > controlBytesMax - 2 { kept.removeLast() }
            payload.writeSubstring(kept)
        }
        var frame = ByteBuffer()
        write(.close, payload, into: &frame)
        return frame
    }
}
