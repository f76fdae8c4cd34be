package import NIOCore
package import QuizCluster
internal import QuizModel
package import QuizWire

/// How the gateway listens and what it puts up with. Every bound has its policy in its line.
package struct GatewayConfiguration: Sendable {
    /// Path of the Engine.IO endpoint; it begins and ends with a slash.
    package var path = "/socket.io/"
    package var timing = EngineIOTiming()
    /// Engine.IO messages and POST bodies, bytes; larger ones close the connection or get 413.
    package var payloadBytesMax = Limits.payloadBytesMax
    /// JSON of one Socket.IO event, bytes; a larger one closes the connection.
    package var eventBytesMax = Limits.clientEventBytesMax
    /// Without a Socket.IO CONNECT for this long the connection is closed.
    package var connectTimeout = TimeAmount.seconds(45)
    /// An application that has not decided about a CONNECT for this long loses the connection.
    package var acceptTimeout = TimeAmount.seconds(10)
    /// A WebSocket that was opened for an upgrade and has not completed it is closed after this.
    package var upgradeTimeout = TimeAmount.seconds(10)
    /// From accepting a socket, or the first byte of a later request, to the end of that request; then it is closed.
    package var requestTimeout = TimeAmount.seconds(10)
    /// A request passed on to the HTTP API may send its body for this long.
    package var bodyTimeout = TimeAmount.seconds(60)
    /// A reader that has not made room for more of the HTTP API's answer for this long is closed.
    package var answerTimeout = TimeAmount.seconds(60)
    /// The same on a node that stops.
    package var answerTimeoutAtEnd = TimeAmount.seconds(5)
    /// A kept-alive connection without a request is closed after this.
    package var idleTimeout = TimeAmount.seconds(65)
    /// A WebSocket peer gets this long to take the Close frame.
    package var closeTimeout = TimeAmount.seconds(1)
    /// Bytes of all header fields of a request; more gets 431.
    package var headerBytesMax = 32 << 10
    package var headerFieldsMax = 100
    /// Engine.IO sessions of this node; the next handshake gets 503 and `Retry-After`.
    package var sessionsMax = 50_000
    /// Handshakes a second, and in one burst; more get 503 and `Retry-After`. Nil is without a limit.
    package var handshakesPerSecond: Int? = Limits.handshakesPerSecond
    /// Past this many bytes waiting for a reader, only the newest message of each droppable key is kept.
    package var outboundSoftBytesMax = Limits.outboundSoftBytesMax
    /// Past this many bytes waiting for a reader its transport is closed.
    package var outboundHardBytesMax = Limits.outboundHardBytesMax
    /// A reader that takes nothing for this long is closed.
    package var outboundStall = TimeAmount.milliseconds(Int64(Limits.outboundStallMs))
    package var origins = AllowedOrigins.sameOrigin
    /// Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    package var trustedProxies: [AddressRange] = []
    /// Whether `permessage-deflate` is agreed to.
    package var compresses = true

    /// Passes requests of other nodes' long-polling sessions on; nil: there are no other nodes.
    package var forwarder: PollForwarder?

    package init() {}
}

/// Which web origins may use the endpoint. A request without an `Origin` is no browser's and is let in.
package enum AllowedOrigins: Sendable, Equatable {
    /// Everybody, without credentials.
    case any
    /// Pages served by this very host.
    case sameOrigin
    /// Those of this host, these, written `https://play.example.org`, and those that fit a pattern; with credentials.
    case listed(Set<String>, patterns: [OriginPattern] = [])
}
