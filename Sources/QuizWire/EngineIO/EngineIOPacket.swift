import Foundation
package import NIOCore
import NIOFoundationCompat

/// A packet of Engine.IO, protocol 4 (https://github.com/socketio/engine.io-protocol).
package enum EngineIOPacket: Sendable, Equatable {
    case open(ByteBuffer)
    case close
    case ping(ByteBuffer)
    case pong(ByteBuffer)
    /// A text message, well-formed UTF-8.
    case message(ByteBuffer)
    case binary(ByteBuffer)
    case upgrade
    case noop

    /// Joins the packets of a long-polling payload.
    package static let separator: UInt8 = 0x1E
    /// Packets a POST may carry; more is malformed.
    package static let packetsPerPayloadMax = 1_000

    /// Reads a packet from a text frame, or from a piece of a payload that is not binary.
    ///
    /// - Returns: nil when it is no packet.
    package init?(text: ByteBuffer) {
        var rest = text
        guard let type = rest.readInteger(as: UInt8.self) else { return nil }
        switch type {
        case UInt8(ascii: "0"): self = .open(rest)
        case UInt8(ascii: "1"): self = .close
        case UInt8(ascii: "2"): self = .ping(rest)
        case UInt8(ascii: "3"): self = .pong(rest)
        case UInt8(ascii: "4"): self = .message(rest)
        case UInt8(ascii: "5"): self = .upgrade
        case UInt8(ascii: "6"): self = .noop
        default: return nil
        }
    }

    /// Reads the body of a POST: packets joined by 0x1E, binary ones as `b` and base64.
    ///
    /// - Returns: nil when a single packet is malformed, or the body is not UTF-8.
    package static func payload(_ body: ByteBuffer) -> [EngineIOPacket]? {
        var text = UTF8Validator()
        guard body.withUnsafeReadableBytes({ text.consume($0) }), text.isAtBoundary else { return nil }
        var packets: [EngineIOPacket] = []
        var rest = body
        while true {
            guard packets.count < packetsPerPayloadMax else { return nil }
            let length = rest.readableBytesView.firstIndex(of: separator).map { $0 - rest.readerIndex }
            guard let piece = rest.readSlice(length: length ?? rest.readableBytes),
                let packet = piecePacket(piece)
            else { return nil }
            packets.append(packet)
            guard length != nil else { return packets }
            rest.moveReaderIndex(forwardBy: 1)
        }
    }

    private static func piecePacket(_ piece: ByteBuffer) -> EngineIOPacket? {
        guard piece.getInteger(at: piece.readerIndex, as: UInt8.self) == UInt8(ascii: "b") else {
            return EngineIOPacket(text: piece)
        }
        let encoded = Data(piece.readableBytesView.dropFirst())
        guard let decoded = Data(base64Encoded: encoded) else { return nil }
        return .binary(ByteBuffer(data: decoded))
    }

    /// Appends a binary message in its long-polling form.
    package static func writeBase64(_ binary: ByteBuffer, into buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt8(ascii: "b"))
        buffer.writeData(Data(binary.readableBytesView).base64EncodedData())
    }
}
