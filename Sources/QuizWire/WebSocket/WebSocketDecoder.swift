package import NIOCore

/// Turns the bytes of a client into messages, strictly (RFC 6455, section 5; RFC 7692 for compression).
///
/// Payload is unmasked and, for text, checked as it arrives, also inside a frame that is not complete yet. The bounds
/// are checked against the *announced* length, before anything is stored. The first violation ends the decoder.
package struct WebSocketDecoder {
    /// A frame whose header has been read.
    private struct Frame {
        let opcode: WebSocketFrame.Opcode
        let isFinal: Bool
        /// As it stands in the header: its first byte, the most significant here, masks payload byte 0.
        let mask: UInt32
        var unreadBytes: Int
        var readBytes = 0
    }

    /// A data message that has begun and not ended.
    private struct Message {
        let opcode: WebSocketFrame.Opcode
        let isCompressed: Bool
        var payload = ByteBuffer()
        var text = UTF8Validator()
    }

    private let messageBytesMax: Int
    private let inflater: RawInflater?
    private var input = ByteBuffer()
    private var frame: Frame?
    private var message: Message?
    private var hasEnded = false

    /// - Parameters:
    ///   - messageBytesMax: of one message, joined and inflated; a larger one is a violation with code 1009.
    ///   - inflater: given when `permessage-deflate` was agreed; RSV1 is a violation without it. It may be shared by
    ///     all connections of an event loop, since no context is taken over.
    package init(messageBytesMax: Int, inflater: RawInflater? = nil) {
        self.messageBytesMax = messageBytesMax
        self.inflater = inflater
    }

    package mutating func append(_ bytes: inout ByteBuffer) {
        if input.readableBytes == 0 {
            input = bytes
        } else {
            input.discardReadBytes()
            input.writeBuffer(&bytes)
        }
    }

    /// - Returns: the next message or control frame, nil when more bytes are needed or after a Close.
    /// - Throws: the violation the connection must be failed with.
    package mutating func next() throws(WebSocketViolation) -> WebSocketEvent? {
        while !hasEnded {
            do {
                guard var current = frame else {
                    guard let header = try readHeader() else { return nil }
                    frame = header
                    continue
                }
                if current.opcode.isControl {
                    guard input.readableBytes >= current.unreadBytes else { return nil }
                    frame = nil
                    return try readControl(current)
                }
                try readData(&current)
                guard current.unreadBytes == 0 else {
                    frame = current
                    return nil
                }
                frame = nil
                if current.isFinal { return try finishMessage() }
            } catch {
                hasEnded = true
                throw error
            }
        }
        return nil
    }

    // MARK: Header

    private mutating func readHeader() throws(WebSocketViolation) -> Frame? {
        let start = input.readerIndex
        guard let first = input.getInteger(at: start, as: UInt8.self) else { return nil }
        let opcode = try checkedOpcode(first)
        guard let second = input.getInteger(at: start + 1, as: UInt8.self) else { return nil }
        guard second & 0x80 != 0 else { throw WebSocketViolation(.protocolError, "client frames must be masked") }
        let isFinal = first & 0x80 != 0
        let short = Int(second & 0x7F)
        if opcode.isControl {
            guard isFinal else { throw WebSocketViolation(.protocolError, "fragmented control frame") }
            guard short <= WebSocketFrame.controlBytesMax else {
                throw WebSocketViolation(.protocolError, "control frame too long")
            }
        }
        guard let (length, lengthBytes) = try readLength(short: short, at: start + 2) else { return nil }
        if !opcode.isControl, length > messageBytesMax - (message?.payload.readableBytes ?? 0) {
            throw WebSocketViolation(.tooLarge, "message too large")
        }
        guard let mask = input.getInteger(at: start + 2 + lengthBytes, as: UInt32.self) else { return nil }
        input.moveReaderIndex(forwardBy: 2 + lengthBytes + 4)
        if opcode == .text || opcode == .binary {
            message = Message(opcode: opcode, isCompressed: first & 0x40 != 0)
        }
        return Frame(
            opcode: opcode, isFinal: isFinal, mask: mask, unreadBytes: length)
    }

    /// Checks the reserved bits, the opcode and its place among fragments.
    private func checkedOpcode(_ first: UInt8) throws(WebSocketViolation) -> WebSocketFrame.Opcode {
        guard let opcode = WebSocketFrame.Opcode(rawValue: first & 0x0F) else {
            throw WebSocketViolation(.protocolError, "reserved opcode")
        }
        guard first & 0x30 == 0 else { throw WebSocketViolation(.protocolError, "reserved bit") }
        if first & 0x40 != 0 {
            guard inflater != nil, opcode == .text || opcode == .binary else {
                throw WebSocketViolation(.protocolError, "reserved bit")
            }
        }
        switch opcode {
        case .continuation where message == nil:
            throw WebSocketViolation(.protocolError, "continuation of nothing")
        case .text where message != nil, .binary where message != nil:
            throw WebSocketViolation(.protocolError, "new message inside a fragmented one")
        default: return opcode
        }
    }

    /// - Returns: the payload's length and the bytes its extended form takes, nil when they are not all here.
    private func readLength(short: Int, at index: Int) throws(WebSocketViolation) -> (Int, Int)? {
        switch short {
        case 126:
            guard let length = input.getInteger(at: index, as: UInt16.self) else { return nil }
            guard length > 125 else { throw WebSocketViolation(.protocolError, "length not in its shortest form") }
            return (Int(length), 2)
        case 127:
            guard let length = input.getInteger(at: index, as: UInt64.self) else { return nil }
            guard length > 0xFFFF, length <= UInt64(Int64.max) else {
                throw WebSocketViolation(.protocolError, "length not in its shortest form")
            }
            return (Int(length), 8)
        default: return (short, 0)
        }
    }

    // MARK: Payload

    private mutating func readData(_ frame: inout Frame) throws(WebSocketViolation) {
        let count = min(frame.unreadBytes, input.readableBytes)
        guard count > 0, var current = message else { return }
        message = nil  // so that `current` is the only owner of its payload and grows in place
        let start = current.payload.writerIndex
        unmask(count, frame, into: &current.payload)
        frame.unreadBytes -= count
        frame.readBytes += count
        if current.opcode == .text, !current.isCompressed {
            let isText = current.payload.withUnsafeReadableBytes { bytes in
                current.text.consume(UnsafeRawBufferPointer(rebasing: bytes[(start - current.payload.readerIndex)...]))
            }
            guard isText else { throw WebSocketViolation(.invalidData, "text is not UTF-8") }
        }
        message = current
    }

    /// Moves `count` bytes from the input to `target`, eight at a time.
    private mutating func unmask(_ count: Int, _ frame: Frame, into target: inout ByteBuffer) {
        // Turned so that its first byte belongs to the first byte of this piece, then laid out as in memory.
        let turn = UInt32(8 * (frame.readBytes & 3))
        let turned = frame.mask << turn | frame.mask >> ((32 - turn) & 31)
        let narrow = (turn == 0 ? frame.mask : turned).bigEndian
        let wide = UInt64(narrow) << 32 | UInt64(narrow)
        input.readWithUnsafeReadableBytes { source in
            target.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { output in
                var index = 0
                while index + 8 <= count {
                    let word = source.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ wide
                    output.storeBytes(of: word, toByteOffset: index, as: UInt64.self)
                    index += 8
                }
                while index < count {
                    output[index] = source[index] ^ UInt8(truncatingIfNeeded: narrow >> UInt32(8 * (index & 3)))
                    index += 1
                }
                return count
            }
        }
    }

    private mutating func finishMessage() throws(WebSocketViolation) -> WebSocketEvent? {
        guard var current = message else { return nil }
        message = nil
        if current.isCompressed, let inflater {
            switch inflater.message(current.payload, bytesMax: messageBytesMax) {
            case .inflated(let plain): current.payload = plain
            case .tooLarge: throw WebSocketViolation(.tooLarge, "message too large")
            case .corrupt: throw WebSocketViolation(.invalidData, "compressed data is corrupt")
            }
            if current.opcode == .text {
                let isText = current.payload.withUnsafeReadableBytes { current.text.consume($0) }
                guard isText else { throw WebSocketViolation(.invalidData, "text is not UTF-8") }
            }
        }
        guard current.opcode == .text else { return .binary(current.payload) }
        guard current.text.isAtBoundary else { throw WebSocketViolation(.invalidData, "text is not UTF-8") }
        return .text(current.payload)
    }

    private mutating func readControl(_ frame: Frame) throws(WebSocketViolation) -> WebSocketEvent {
        var payload = ByteBuffer()
        unmask(frame.unreadBytes, frame, into: &payload)
        switch frame.opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong(payload)
        default:
            hasEnded = true
            return try closeEvent(payload)
        }
    }

    private func closeEvent(_ payload: ByteBuffer) throws(WebSocketViolation) -> WebSocketEvent {
        var payload = payload
        if payload.readableBytes == 0 { return .close(code: nil, reason: "") }
        guard let number = payload.readInteger(as: UInt16.self) else {
            throw WebSocketViolation(.protocolError, "close code of one byte")
        }
        let code = WebSocketCloseCode(number)
        guard code.mayTravel else { throw WebSocketViolation(.protocolError, "invalid close code") }
        var text = UTF8Validator()
        guard payload.withUnsafeReadableBytes({ text.consume($0) }), text.isAtBoundary else {
            throw WebSocketViolation(.invalidData, "close reason is not UTF-8")
        }
        return .close(code: code, reason: String(buffer: payload))
    }
}
