import NIOConcurrencyHelpers

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where finished log lines go.
package protocol LogSink: Sendable {
    /// Takes one line including its line feed. Called from any thread.
    func write(_ line: [UInt8])
}

/// Writes lines to a file descriptor, one after the other.
///
/// A write blocks while the reader of a pipe is slow: a log that drops lines silently is worse than one that slows the
/// node down. A descriptor that fails (closed pipe, full disk) loses the line; there is nobody left to tell.
package final class DescriptorLogSink: LogSink {
    private let descriptor: NIOLockedValueBox<Int32>

    package static let standardOutput = DescriptorLogSink(descriptor: 1)
    package static let standardError = DescriptorLogSink(descriptor: 2)

    package init(descriptor: Int32) { self.descriptor = NIOLockedValueBox(descriptor) }

    package func write(_ line: [UInt8]) {
        // The lock keeps the two halves of a short write together.
        descriptor.withLockedValue { descriptor in
            line.withUnsafeBytes { bytes in
                var offset = 0
                while offset < bytes.count {
                    let written = systemWrite(descriptor, bytes.baseAddress?.advanced(by: offset), bytes.count - offset)
                    if written > 0 {
                        offset += written
                    } else if written < 0, errno == EINTR {
                        continue
                    } else if written < 0, errno == EAGAIN {
                        // Somebody made our terminal non-blocking; wait until it takes bytes again.
                        var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                        _ = poll(&poller, 1, 1_000)
                    } else {
                        return
                    }
                }
            }
        }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
