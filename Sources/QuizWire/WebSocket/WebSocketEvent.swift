package import NIOCore

/// What a WebSocket peer said, after unmasking, joining of fragments and inflating.
package enum WebSocketEvent: Sendable, Equatable {
    /// A whole text message, well-formed UTF-8.
    case text(ByteBuffer)
    case binary(ByteBuffer)
    /// Asks for a pong with the same bytes; at most 125.
    case ping(ByteBuffer)
    case pong(ByteBuffer)
    /// The peer's last frame. `code` is nil where the frame carried none.
    case close(code: WebSocketCloseCode?, reason: String)
}

/// Why a WebSocket must be failed, with the code its Close frame carries.
package struct WebSocketViolation: Error, Sendable, Equatable {
    package let code: WebSocketCloseCode
    /// For logs and for the Close frame; at most 123 bytes.
    package let reason: String

    package init(_ code: WebSocketCloseCode, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
