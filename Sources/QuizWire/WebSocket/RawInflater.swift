import CZlib
package import NIOCore

/// Inflates messages of `permessage-deflate` (RFC 7692, section 7.2.2) under a bound on what comes out.
///
/// One stream is kept per event loop and reset before each message. It is not `Sendable`.
package final class RawInflater {
    package enum Outcome: Equatable {
        case inflated(ByteBuffer)
        /// More bytes came out than allowed: a bomb, or a message beyond the bound.
        case tooLarge
        case corrupt
    }

    private static let chunkBytes = 16 << 10

    /// zlib keeps a pointer back to its stream, so that it must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    /// - Returns: nil when zlib has no memory.
    package init?() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // `deinit` runs for a failed initialiser as well, and takes the memory back.
        guard inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Inflates one message, which comes without its `00 00 FF FF` tail.
    package func message(_ compressed: ByteBuffer, bytesMax: Int) -> Outcome {
        inflateReset(stream)
        var output = ByteBuffer()
        let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]
        var failure = compressed.withUnsafeReadableBytes { feed($0, into: &output, bytesMax: bytesMax) }
        if failure == nil {
            failure = tail.withUnsafeBytes { feed($0, into: &output, bytesMax: bytesMax) }
        }
        stream.pointee.next_in = nil
        stream.pointee.next_out = nil
        if let failure { return failure }
        // Bit 7: zlib stands right behind the end of a block. Anything else is a message that was cut off.
        guard stream.pointee.data_type & 128 != 0 else { return .corrupt }
        return .inflated(output)
    }

    /// - Returns: nil when all of `source` was taken.
    private func feed(_ source: UnsafeRawBufferPointer, into output: inout ByteBuffer, bytesMax: Int) -> Outcome? {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: source.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(source.count)
        while true {
            var status = Z_OK
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.chunkBytes) { target in
                stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(target.count)
                status = inflate(stream, Z_SYNC_FLUSH)
                return target.count - Int(stream.pointee.avail_out)
            }
            guard output.readableBytes <= bytesMax else { return .tooLarge }
            switch status {
            case Z_STREAM_END:
                // A sender may mark its block as the last one; what follows is a stream of its own.
                guard stream.pointee.avail_in > 0 else { return nil }
                inflateReset(stream)
            case Z_OK, Z_BUF_ERROR:
                if stream.pointee.avail_in == 0, stream.pointee.avail_out > 0 { return nil }
                if status == Z_BUF_ERROR, stream.pointee.avail_out > 0 { return .corrupt }
            default: return .corrupt
            }
        }
    }
}
