import QuizModel

/// How a node talks to the others.
package struct MeshConfiguration: Sendable {
    /// Where the others reach this node.
    package var listen: MeshEndpoint
    /// 1 ... 255 bytes; nodes of other clusters are refused.
    package var cluster: String
    package var secret: MeshSecret
    /// Accepted from others beside `secret`, while it is being replaced: first every node accepts the new one, then every
    /// node proves with it, then the old one goes.
    package var otherSecrets: [MeshSecret]
    /// Nil: without TLS. All nodes of a cluster, or none.
    package var certificates: MeshCertificates?
    package var versions = MeshVersion.spoken
    package var creditBytes = Limits.meshCreditBytes
    package var backlogBytesMax = Limits.meshBacklogBytesMax
    package var hellosMax = Limits.meshHellosMax
    package var helloLimit = Duration.milliseconds(Limits.meshHelloMs)
    package var keepAliveInterval = Duration.milliseconds(Limits.meshKeepAliveMs)
    package var silenceLimit = Duration.milliseconds(Limits.meshSilenceMs)
    package var connectTimeout = Duration.milliseconds(Limits.meshHelloMs)
    /// Pause before a peer is dialled again; doubles up to `backoffMax`, with jitter.
    package var backoffMin = Duration.milliseconds(Limits.meshBackoffMs.lowerBound)
    package var backoffMax = Duration.milliseconds(Limits.meshBackoffMs.upperBound)

    package init(
        listen: MeshEndpoint, cluster: String, secret: MeshSecret, otherSecrets: [MeshSecret] = [],
        certificates: MeshCertificates? = nil
    ) {
        self.listen = listen
        self.cluster = cluster
        self.secret = secret
        self.otherSecrets = otherSecrets
        self.certificates = certificates
    }
}

/// Why there is no mesh.
package struct MeshFailure: Error, Hashable, CustomStringConvertible {
    package enum Code: String, Hashable, Sendable {
        /// A value of the configuration cannot be used.
        case configuration
        /// The port cannot be listened on.
        case port
    }

    package var code: Code
    package var context: String

    package var description: String { "\(code.rawValue): \(context)" }
}
