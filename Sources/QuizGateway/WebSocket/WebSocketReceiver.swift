package import NIOCore
package import QuizWire

/// Whoever a WebSocket's messages go to. Everything is called on the channel's event loop.
package protocol WebSocketReceiver: AnyObject {
    /// The handshake is done; messages may be sent from here on.
    func opened(_ socket: WebSocketHandler)
    /// - Parameter instant: when the bytes were read.
    func received(text: ByteBuffer, at instant: NIODeadline)
    func received(binary: ByteBuffer, at instant: NIODeadline)
    /// Called exactly once; nothing is received any more.
    func closed(_ reason: EngineIOCloseReason)
}
