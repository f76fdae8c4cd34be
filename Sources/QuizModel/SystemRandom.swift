internal import Foundation

/// The operating system's random bytes, by one call for all that are asked for; `SystemRandomNumberGenerator` makes a call
/// for each eight of them.
package enum SystemRandom {
    /// - Precondition: 256 bytes at most.
    package static func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count <= 256, "getentropy(3) gives 256 bytes at most.")
        guard let start = bytes.baseAddress else { return }
        guard getentropy(start, bytes.count) == 0 else {
            preconditionFailure("The operating system has no random numbers.")
        }
    }
}
