import NIOConcurrencyHelpers
package import NIOCore
import QuizWire

/// A message to clients, encoded once and shared by all connections it goes to.
///
/// The WebSocket frames are built at once, the compressed variant at most once and only when a connection asks for it,
/// the long-polling form when it is needed.
package final class OutboundMessage: Sendable {
    private enum Compressed {
        case untried
        case useless
        case frames(ByteBuffer)
    }

    private enum Content {
        /// The Engine.IO packet's text, type included, and the binary messages behind it.
        case text(ByteBuffer, attachments: [ByteBuffer])
        case binary(ByteBuffer)
    }

    /// Whole unmasked WebSocket frames.
    let frames: ByteBuffer
    private let content: Content
    /// Nil: nothing in it is worth compressing.
    private let compressed: NIOLockedValueBox<Compressed>?

    /// An event of Socket.IO.
    ///
    /// - Parameters:
    ///   - payloadJSON: one JSON object.
    ///   - offset: appended as the last argument, for connection state recovery.
    package convenience init(
        event name: String, payloadJSON: ByteBuffer, offset: String? = nil, namespace: String = "/"
    ) {
        var arguments = [payloadJSON]
        if let offset {
            var quoted = ByteBuffer()
            JSONText.write(offset, into: &quoted)
            arguments.append(quoted)
        }
        self.init(event: name, arguments: arguments, namespace: namespace)
    }

    /// - Parameters:
    ///   - arguments: each one JSON value, with placeholders for the attachments.
    ///   - attachments: binary messages that follow the event.
    package convenience init(
        event name: String, arguments: [ByteBuffer], attachments: [ByteBuffer] = [], namespace: String = "/"
    ) {
        self.init(
            packet: SocketIOPacket.event(
                name, arguments: arguments, attachments: attachments.count, namespace: namespace),
            attachments: attachments)
    }

    /// An Engine.IO text message.
    package convenience init(packet: ByteBuffer, attachments: [ByteBuffer] = []) {
        self.init(type: UInt8(ascii: "4"), packet, attachments: attachments)
    }

    /// An Engine.IO binary message.
    package init(binary: ByteBuffer) {
        content = .binary(binary)
        var frames = ByteBuffer()
        WebSocketFrame.write(.binary, binary, into: &frames)
        self.frames = frames
        compressed = Self.compressed(frames)
    }

    /// - Parameters:
    ///   - type: of the Engine.IO packet.
    ///   - body: what stands behind it.
    init(type: UInt8, _ body: ByteBuffer = ByteBuffer(), attachments: [ByteBuffer] = []) {
        let textBytes = body.readableBytes + 1
        var frames = ByteBuffer()
        frames.reserveCapacity(WebSocketFrame.headerBytesMax + textBytes)
        WebSocketFrame.writeHeader(.text, payloadBytes: textBytes, into: &frames)
        let textStart = frames.writerIndex
        frames.writeInteger(type)
        frames.writeImmutableBuffer(body)
        for attachment in attachments { WebSocketFrame.write(.binary, attachment, into: &frames) }
        // A part of the frames' own memory.
        content = .text(frames.getSlice(at: textStart, length: textBytes) ?? body, attachments: attachments)
        self.frames = frames
        compressed = Self.compressed(frames)
    }

    static let ping = OutboundMessage(type: UInt8(ascii: "2"))
    static let probeAnswer = OutboundMessage(type: UInt8(ascii: "3"), ByteBuffer(string: "probe"))

    /// Some connections may be given other frames than others.
    var isCompressible: Bool { compressed != nil }

    private static func compressed(_ frames: ByteBuffer) -> NIOLockedValueBox<Compressed>? {
        frames.readableBytes >= RawDeflater.messageBytesMin ? NIOLockedValueBox(.untried) : nil
    }

    /// Bytes this message takes while it waits for a poll, about.
    var pollingBytes: Int { frames.readableBytes }

    /// The frames for a connection with that agreement.
    ///
    /// - Complexity: the first call for a compressing connection compresses.
    func frames(_ agreement: PerMessageDeflate?, loop: LoopContext) -> ByteBuffer {
        guard let agreement, let compressed else { return frames }
        guard agreement.serverWindowBits == 15 else {
            // A smaller window is rare: such a connection's frames are compressed for it alone.
            return compressedFrames(loop.deflater(windowBits: agreement.serverWindowBits)) ?? frames
        }
        return compressed.withLockedValue { compressed in
            if case .untried = compressed {
                compressed = compressedFrames(loop.deflater(windowBits: 15)).map { .frames($0) } ?? .useless
            }
            if case .frames(let made) = compressed { return made }
            return frames
        }
    }

    /// Appends the packets in their long-polling form.
    func writePolling(into body: inout ByteBuffer) {
        switch content {
        case .text(let text, let attachments):
            body.writeImmutableBuffer(text)
            for attachment in attachments {
                body.writeInteger(EngineIOPacket.separator)
                EngineIOPacket.writeBase64(attachment, into: &body)
            }
        case .binary(let bytes): EngineIOPacket.writeBase64(bytes, into: &body)
        }
    }

    /// - Returns: nil when it would not be shorter.
    private func compressedFrames(_ deflater: RawDeflater?) -> ByteBuffer? {
        guard let deflater else { return nil }
        var output = ByteBuffer()
        let parts: [(WebSocketFrame.Opcode, ByteBuffer)]
        switch content {
        case .text(let text, let attachments): parts = [(.text, text)] + attachments.map { (.binary, $0) }
        case .binary(let bytes): parts = [(.binary, bytes)]
        }
        for (opcode, payload) in parts {
            if payload.readableBytes >= RawDeflater.messageBytesMin, let small = deflater.message(payload),
                small.readableBytes < payload.readableBytes
            {
                WebSocketFrame.write(opcode, compressed: true, small, into: &output)
            } else {
                WebSocketFrame.write(opcode, payload, into: &output)
            }
        }
        return output.readableBytes < frames.readableBytes ? output : nil
    }
}
