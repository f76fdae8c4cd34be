package import NIOCore
package import QuizWire

/// What the game does with Socket.IO connections. Everything is called on the connection's event loop.
package protocol SocketApplication: Sendable {
    /// A client wants to connect to a namespace. Sooner or later, at most `acceptTimeout` from now, the application
    /// calls `accept` or `refuse`, on the connection's event loop.
    func connect(_ request: SocketConnectRequest, socket: SocketConnection)
    func received(_ event: SocketEvent, socket: SocketConnection)
    /// Called exactly once for each connection that `connect` was called for and that was not refused.
    func disconnected(_ reason: SocketDisconnectReason, socket: SocketConnection)
}

package struct SocketConnectRequest: Sendable {
    /// Begins with a slash; "/" is the main one.
    package let namespace: String
    /// One JSON object as it came, or nil.
    package let auth: ByteBuffer?
    /// Numeric; believes `X-Forwarded-For` as far as configured proxies wrote it.
    package let remoteAddress: String
    package let origin: String?
    /// Whether the client's own connection is encrypted.
    package let secure: Bool
}

package struct SocketEvent: Sendable {
    package let name: String
    /// JSON values as they came, without the name.
    package let arguments: [ByteBuffer]
    /// What the placeholders in the arguments stand for, by number.
    package let attachments: [ByteBuffer]
    /// The number to acknowledge, where the client asks for it.
    package let ack: Int?
    /// When the event's last bytes were read from the socket.
    package let receivedAt: NIODeadline
}

package enum SocketDisconnectReason: Sendable, Hashable {
    /// The client left the namespace; its transport stays.
    case clientDisconnected
    /// The application called `disconnect`.
    case serverDisconnected
    /// The transport is gone. The client comes back if it can.
    case transportClosed(EngineIOCloseReason)
}
