package import QuizWire

/// How the HTTP door is seen from outside.
package struct APISettings: Sendable {
    /// Origins under which players reach this cluster, as `https://quiz.example`; the first is the one written into links.
    /// Empty: whatever address the page was opened under.
    package var origins: [String]
    /// What addresses of single nodes look like, to which clients may be redirected.
    package var nodePatterns: [OriginPattern]
    /// Players come over TLS, here or at a proxy: cookies are `Secure` and browsers are told to stay with it.
    package var isSecure: Bool
    /// Proxies whose `X-Forwarded-For` is believed.
    package var trustedProxies: [AddressRange]

    package init(
        origins: [String] = [], nodePatterns: [OriginPattern] = [], isSecure: Bool = false,
        trustedProxies: [AddressRange] = []
    ) {
        self.origins = origins
        self.nodePatterns = nodePatterns
        self.isSecure = isSecure
        self.trustedProxies = trustedProxies
    }

    /// The origins in the form sockets use.
    var socketOrigins: [String] {
        origins.compactMap { origin in
            if origin.hasPrefix("https://") { return "wss://" + origin.dropFirst(8) }
            if origin.hasPrefix("http://") { return "ws://" + origin.dropFirst(7) }
            return nil
        }
    }
}
