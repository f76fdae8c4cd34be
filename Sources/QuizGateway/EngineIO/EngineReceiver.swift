package import NIOCore
package import QuizWire

/// Whoever an Engine.IO session's messages go to. Everything is called on the session's event loop.
package protocol EngineReceiver: AnyObject {
    /// The handshake is done; messages may be sent from here on.
    func opened()
    /// - Parameter instant: when the bytes were read.
    func received(text: ByteBuffer, at instant: NIODeadline)
    func received(binary: ByteBuffer, at instant: NIODeadline)
    /// Called exactly once; nothing is received any more.
    func closed(_ reason: EngineIOCloseReason)
}

/// What is known of a client from its handshake.
package struct EngineClient: Sendable, Equatable {
    /// Numeric; believes `X-Forwarded-For` as far as configured proxies wrote it.
    package let remoteAddress: String
    /// Whether the TCP connection is the client's own, and not a proxy's.
    package let isDirect: Bool
    package let origin: String?
    /// Whether the client's own connection is encrypted: by us, or by a configured proxy that says so.
    package let isSecure: Bool
}
