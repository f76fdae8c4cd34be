package import NIOCore

/// Whether this node may still speak for its rooms.
///
/// Facts leave a room only while an append, or a read of the node's own fence rows, that *began* at most `validMs` ago
/// succeeded. A node that was cut off or stopped therefore falls silent before anybody else may have become the owner.
package struct Standing: Sendable {
    package static let validMs: Int64 = 2_000

    private var confirmed: NIODeadline

    package init(confirmed: NIODeadline) { self.confirmed = confirmed }

    package func holds(at now: NIODeadline) -> Bool { now - confirmed <= .milliseconds(Self.validMs) }

    /// - Parameter began: when the successful append or read was sent, not when it was answered.
    package mutating func confirm(began: NIODeadline) {
        if began > confirmed { confirmed = began }
    }
}
