package import NIOSSL

/// How a node talks to Redis.
package struct RedisConfiguration: Sendable {
    package var endpoint: RedisEndpoint
    /// For `rediss://`; nil: the system's trust roots.
    package var tls: TLSConfiguration?
    /// What `CLIENT LIST` shows for this node: no spaces.
    package var clientName: String
    /// Commands queued or in flight; the next one is refused with `overloaded`.
    package var pendingMax: Int
    /// Bytes of one reply; a longer one closes the connection.
    package var replyBytesMax: Int
    /// How long a caller waits when it does not say otherwise.
    package var patience: Duration
    /// A connection whose oldest command is unanswered for so long is closed and made anew.
    package var stallLimit: Duration
    package var connectTimeout: Duration
    /// Pause before the second attempt to connect; doubles up to `backoffMax`, with half as much jitter. Well below the TTL
    /// of nodes: behind an outage of Redis all of them are to be heard again before one is taken for dead.
    package var backoffMin: Duration
    package var backoffMax: Duration

    package init(
        endpoint: RedisEndpoint, tls: TLSConfiguration? = nil, clientName: String = "quizmania",
        pendingMax: Int = 4_096, replyBytesMax: Int = 8 << 20, patience: Duration = .milliseconds(500),
        stallLimit: Duration = .seconds(2), connectTimeout: Duration = .seconds(2),
        backoffMin: Duration = .milliseconds(50), backoffMax: Duration = .seconds(1)
    ) {
        self.endpoint = endpoint
        self.tls = tls
        self.clientName = clientName
        self.pendingMax = pendingMax
        self.replyBytesMax = replyBytesMax
        self.patience = patience
        self.stallLimit = stallLimit
        self.connectTimeout = connectTimeout
        self.backoffMin = backoffMin
        self.backoffMax = backoffMax
    }

    /// Checks the servers' certificates against these authorities and no others.
    ///
    /// - Throws: when the file holds no certificate in PEM.
    package mutating func trust(authorityFile: String) throws {
        var tls = tls ?? .makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authorityFile))
        self.tls = tls
    }
}
