package import NIOCore

/// How often a session is pinged, and how long it may stay silent.
package struct EngineIOTiming: Sendable, Equatable {
    /// From the handshake or the last pong to the next ping. Default 25 s.
    package var pingInterval: TimeAmount
    /// From a ping to the death of a session that does not answer. Default 20 s.
    package var pingTimeout: TimeAmount

    package init(pingInterval: TimeAmount = .seconds(25), pingTimeout: TimeAmount = .seconds(20)) {
        self.pingInterval = pingInterval
        self.pingTimeout = pingTimeout
    }
}

/// Why an Engine.IO session ended. A closed set: it labels a metric.
package enum EngineIOCloseReason: String, Sendable, Hashable, CaseIterable {
    /// The client sent a close packet.
    case clientClosed = "client_closed"
    /// The socket went away, or the client of a held GET did.
    case transportClosed = "transport_closed"
    /// No pong in time.
    case pingTimeout = "ping_timeout"
    /// Bytes that are no packet, a second GET, a heartbeat in the wrong direction.
    case protocolViolation = "protocol_violation"
    /// The application closed the transport.
    case serverClosed = "server_closed"
    /// No Socket.IO CONNECT in time.
    case connectTimeout = "connect_timeout"
    /// More bytes waited for the reader than the hard limit allows.
    case outboundOverflow = "outbound_overflow"
    /// The reader took nothing for too long.
    case outboundStall = "outbound_stall"
    /// The node is shutting down.
    case quiescing = "quiescing"
}
