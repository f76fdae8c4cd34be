package import QuizWire

/// What the gateway has done since it started, and what it holds now.
package struct GatewayCounters: Sendable, Equatable {
    /// TCP connections open now.
    package var connections = 0
    /// Engine.IO sessions open now.
    package var sessions = 0
    /// WebSockets open now, those being probed included.
    package var webSockets = 0
    /// GETs that wait for something to fetch now.
    package var heldPolls = 0
    package var handshakes = 0
    /// Handshakes refused with 503.
    package var handshakesShed = 0
    package var upgrades = 0
    package var messagesReceived = 0
    package var bytesReceived = 0
    package var messagesSent = 0
    /// Bytes given to sockets and polls, before TLS.
    package var bytesSent = 0
    /// Droppable messages that a newer one of the same key replaced.
    package var messagesConflated = 0
    /// WebSockets failed by us, by close code.
    package var violations: [WebSocketCloseCode: Int] = [:]
    package var closed: [EngineIOCloseReason: Int] = [:]

    package init() {}

    package static func + (left: GatewayCounters, right: GatewayCounters) -> GatewayCounters {
        var sum = left
        sum.connections += right.connections
        sum.sessions += right.sessions
        sum.webSockets += right.webSockets
        sum.heldPolls += right.heldPolls
        sum.handshakes += right.handshakes
        sum.handshakesShed += right.handshakesShed
        sum.upgrades += right.upgrades
        sum.messagesReceived += right.messagesReceived
        sum.bytesReceived += right.bytesReceived
        sum.messagesSent += right.messagesSent
        sum.bytesSent += right.bytesSent
        sum.messagesConflated += right.messagesConflated
        sum.violations.merge(right.violations, uniquingKeysWith: +)
        sum.closed.merge(right.closed, uniquingKeysWith: +)
        return sum
    }
}
