package import NIOCore
package import QuizModel
internal import QuizShards

/// Long-polling sessions behind a balancer without affinity: each request may reach another node than the one before.
///
/// A session's name begins with the tag of the node it lives on. A node that gets a request for somebody else's session passes it on over the mesh as it
/// came and answers with what comes back. The tag is no secret and proves nothing; the name behind it has 162 random bits. WebSockets are
/// not passed on: a client that polls and cannot upgrade goes on polling.
package struct PollForwarder: Sendable {
    /// Longer than a poll may be held: a ping interval and its timeout.
    private static let limit = TimeAmount.seconds(60)
    /// Method of a request that says: the client of the poll has gone away.
    package static let abort = "ABORT"

    private let own: Incarnation
    private let transport: any PeerTransport
    private let calls: PeerCalls

    package init(own: Incarnation, transport: any PeerTransport, calls: PeerCalls) {
        self.own = own
        self.transport = transport
        self.calls = calls
    }

    /// What names of this node's sessions begin with.
    package var tag: String { Self.tag(of: own) }

    /// 8 characters of `0`–`9` and `a`–`f`.
    package static func tag(of incarnation: Incarnation) -> String { String(incarnation.description.prefix(8)) }

    /// Whose session this is; nil: this node's own, or nobody's that is linked.
    package func owner(of session: String) -> Incarnation? {
        transport.linked.first { session.hasPrefix(Self.tag(of: $0)) }
    }

    package func forward(_ request: PolledRequest, to peer: Incarnation) -> EventLoopFuture<PeerAnswer?> {
        calls.call(.poll(request), of: peer, limit: Self.limit)
    }

    /// Tells the owner that nobody waits for the answer any more.
    package func abort(_ request: PolledRequest, at peer: Incarnation) {
        var gone = request
        gone.method = Self.abort
        gone.body = ByteBuffer()
        _ = calls.call(.poll(gone), of: peer, limit: .seconds(1))
    }
}

/// Answers requests of long-polling sessions that live here and reached another node.
package protocol PollServer: Sendable {
    /// - Parameter done: called once, on any thread, perhaps much later.
    func respond(
        to request: PolledRequest,
        done: @escaping @Sendable (_ status: Int, _ headers: [PolledRequest.Pair], _ body: ByteBuffer) -> Void)
}
