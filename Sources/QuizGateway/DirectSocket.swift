import NIOCore

#if canImport(Glibc)
    import Glibc
#endif

/// Writes to a channel's socket past the channel.
///
/// What NIO does for a write (a list of pending writes, a promise, the layers of the pipeline) is paid for each member of a room and tick: a prototype
/// made 104,000 deliveries per second of a processor through the channel, and 143,000 past it. So `Outbox` comes here first, and to the channel with what the
/// system did not take.
///
/// Two rules keep the bytes in order and on the right connection:
/// - Only while the channel has nothing to write itself. `Outbox` is the only one that writes, and waits for its promise.
/// - Only while `channel.isActive`, which turns false in the same step as the channel closes its descriptor. `channelInactive` comes later,
///   when another loop may have been given the same number already. It comes within the same task of the loop, so between tasks there is no need to ask.
struct DirectSocket {
    enum Outcome: Equatable {
        /// The system took so many bytes; unless all, it takes no more for now.
        case took(Int, isAll: Bool)
        case failed
    }

    /// Buffers for one call; 1 KiB on the stack.
    private static let piecesMax = 64

    private let descriptor: CInt

    /// - Returns: nil where the channel is no plain TCP connection of the system. The caller knows about TLS.
    init?(_ context: ChannelHandlerContext) {
        #if canImport(Glibc)
            // It throws only once the channel is closed.
            let found = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
                of: NIOBSDSocket.Handle.self
            ) { $0 }
            guard let found else { return nil }
            descriptor = found
        #else
            return nil
        #endif
    }

    /// Sends one buffer. NIO has made the socket non-blocking.
    func send(_ buffer: ByteBuffer) -> Outcome {
        #if canImport(Glibc)
            buffer.withUnsafeReadableBytes { readable in
                outcome(Glibc.send(descriptor, readable.baseAddress, readable.count, Self.flags), of: readable.count)
            }
        #else
            .took(0, isAll: false)
        #endif
    }

    /// Sends the first of the buffers, as many as go into one call.
    func send(_ buffers: some Collection<ByteBuffer>) -> Outcome {
        #if canImport(Glibc)
            withUnsafeTemporaryAllocation(of: iovec.self, capacity: Self.piecesMax) { pieces in
                var count = 0
                var bytes = 0
                for buffer in buffers.prefix(Self.piecesMax) {
                    // The pointer outlives the closure, and not the buffer: `buffers` holds its storage until the call is over.
                    let piece = buffer.withUnsafeReadableBytesWithStorageManagement { readable, _ in
                        iovec(
                            iov_base: UnsafeMutableRawPointer(mutating: readable.baseAddress), iov_len: readable.count)
                    }
                    pieces.initializeElement(at: count, to: piece)
                    count += 1
                    bytes += piece.iov_len
                }
                var message = msghdr()
                message.msg_iov = pieces.baseAddress
                message.msg_iovlen = count
                let written = withExtendedLifetime(buffers) { sendmsg(descriptor, &message, Self.flags) }
                return outcome(written, of: bytes)
            }
        #else
            .took(0, isAll: false)
        #endif
    }

    #if canImport(Glibc)
        // `send` and `sendmsg` rather than `write` and `writev`: those pass through the file system's layer, a tenth of a delivery.
        private static let flags = CInt(MSG_DONTWAIT | MSG_NOSIGNAL)

        private func outcome(_ written: Int, of bytes: Int) -> Outcome {
            if written >= 0 { return .took(written, isAll: written == bytes) }
            switch errno {
            case EAGAIN, EINTR, ENOBUFS: return .took(0, isAll: false)
            default: return .failed
            }
        }
    #endif
}
