import CHiredis
import NIOCore

/// hiredis' formatter as the encoding half of a channel; keeps its scratch space, so that an argument costs no
/// allocation.
struct HiredisFormatter {
    private var bytes: [UInt8] = []
    private var lengths: [Int] = []
    private var pointers: [UnsafePointer<CChar>?] = []

    /// Appends a command; its arguments may contain any byte.
    ///
    /// - Returns: false when hiredis is out of memory; nothing has been written then.
    mutating func write(_ arguments: [String], to buffer: inout ByteBuffer) -> Bool {
        bytes.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        pointers.removeAll(keepingCapacity: true)
        for argument in arguments {
            let start = bytes.count
            bytes.append(contentsOf: argument.utf8)
            lengths.append(bytes.count - start)
        }
        bytes.append(0)  // so that there is an address even for one empty argument
        return bytes.withUnsafeBytes { raw in
            var next = raw.baseAddress?.assumingMemoryBound(to: CChar.self)
            for length in lengths {
                pointers.append(next)
                next = next?.advanced(by: length)
            }
            var command: UnsafeMutablePointer<CChar>?
            let count = pointers.withUnsafeMutableBufferPointer {
                redisFormatCommandArgv(&command, Int32(arguments.count), $0.baseAddress, lengths)
            }
            guard count > 0, let command else { return false }
            buffer.writeBytes(UnsafeRawBufferPointer(start: command, count: Int(count)))
            redisFreeCommand(command)
            return true
        }
    }
}
