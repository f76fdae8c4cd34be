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
    private let compressed = NIOLockedValueBox(Compressed.untried)

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
        var text = ByteBuffer()
        text.reserveCapacity(packet.readableBytes + 1)
        text.writeInteger(UInt8(ascii: "4"))
        text.writeImmutableBuffer(packet)
        self.init(engineText: text, attachments: attachments)
    }

    /// An Engine.IO binary message.
    package init(binary: ByteBuffer) {
        content = .binary(binary)
        var frames = ByteBuffer()
        WebSocketFrame.write(.binary, binary, into: &frames)
        self.frames = frames
    }

    /// - Parameter engineText: a whole Engine.IO packet, type included.
    init(engineText: ByteBuffer, attachments: [ByteBuffer] = []) {
        content = .text(engineText, attachments: attachments)
        var frames = ByteBuffer()
        WebSocketFrame.write(.text, engineText, into: &frames)
        for attachment in attachments { WebSocketFrame.write(.binary, attachment, into: &frames) }
        self.frames = frames
    }

    static let ping = OutboundMessage(engineText: ByteBuffer(string: "2"))
    static let probeAnswer = OutboundMessage(engineText: ByteBuffer(string: "3probe"))

    /// Some connections may be given other frames than others.
    var isCompressible: Bool { frames.readableBytes >= RawDeflater.messageBytesMin }

    /// Bytes this message takes while it waits for a poll, about.
    var pollingBytes: Int { frames.readableBytes }

    /// The frames for a connection with that agreement.
    ///
    /// - Complexity: the first call for a compressing connection compresses.
    func frames(_ agreement: PerMessageDeflate?, loop: LoopContext) -> ByteBuffer {
        guard let agreement, isCompressible else { return frames }
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
