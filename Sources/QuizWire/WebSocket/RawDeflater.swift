import CZlib
package import NIOCore

/// Compresses messages for `permessage-deflate` (RFC 7692, section 7.2.1), each without the context of the one before.
///
/// One stream is kept per event loop and window size and reset before each message. It is not `Sendable`.
package final class RawDeflater {
    /// Messages below this size, bytes, grow or hardly shrink: they are sent as they are.
    package static let messageBytesMin = 256

    /// zlib keeps a pointer back to its stream, so that it must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    /// - Parameter windowBits: 9...15; zlib has no raw deflate with a window of 8 bits.
    /// - Returns: nil when zlib refuses: a window out of range, or no memory.
    package init?(windowBits: Int = 15) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = deflateInit2_(
            stream, 6, Z_DEFLATED, Int32(-windowBits), 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        // `deinit` runs for a failed initialiser as well, and takes the memory back.
        guard status == Z_OK, windowBits >= 9 else { return nil }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// - Returns: the compressed message without its `00 00 FF FF` tail, nil when zlib failed.
    package func message(_ plain: ByteBuffer) -> ByteBuffer? {
        deflateReset(stream)
        let bound = Int(deflateBound(stream, UInt(plain.readableBytes))) + 16
        var output = ByteBuffer()
        var isComplete = false
        _ = plain.withUnsafeReadableBytes { source in
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { target in
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: source.bindMemory(to: UInt8.self).baseAddress)
                stream.pointee.avail_in = UInt32(source.count)
                stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(bound)
                let status = deflate(stream, Z_SYNC_FLUSH)
                isComplete = status == Z_OK && stream.pointee.avail_in == 0 && stream.pointee.avail_out > 0
                return bound - Int(stream.pointee.avail_out)
            }
        }
        stream.pointee.next_in = nil
        stream.pointee.next_out = nil
        guard isComplete, output.readableBytes >= 4 else { return nil }
        output.moveWriterIndex(to: output.writerIndex - 4)
        return output
    }
}
