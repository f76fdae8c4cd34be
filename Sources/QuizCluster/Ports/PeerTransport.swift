package import QuizModel

/// Links to the other nodes.
package protocol PeerTransport: Sendable {
    /// Sends on the link to a peer: in the order of the calls, once or, when the link breaks, not at all. Callable on any thread.
    ///
    /// - Returns: false when there is no link.
    @discardableResult
    func send(_ message: PeerMessage, to peer: Incarnation) -> Bool

    /// Peers with a link that is up.
    var linked: Set<Incarnation> { get }

    /// Who there is; links are made and given up accordingly.
    func setPeers(_ peers: [PeerAddress])
}

/// Where a peer is.
package struct PeerAddress: Hashable, Sendable {
    package var incarnation: Incarnation
    package var name: String
    /// `host:port`.
    package var address: String

    package init(incarnation: Incarnation, name: String, address: String) {
        self.incarnation = incarnation
        self.name = name
        self.address = address
    }
}

/// Whoever gets what peers say. Calls for one peer come one after the other, in the order of the link.
package protocol PeerReceiver: AnyObject, Sendable {
    func linkOpened(to peer: Incarnation)
    func received(_ message: PeerMessage, from peer: Incarnation)
    func linkClosed(to peer: Incarnation)
}
