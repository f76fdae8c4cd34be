import Logging
import NIOCore
import NIOPosix
import NIOSSL
import QuizCluster
import QuizModel
import QuizTelemetry

/// Listening, dialling, and dialling again.
extension MeshCore {
    // MARK: Listening

    func listen() -> EventLoopFuture<any Channel> {
        let core = NIOLoopBound(self, eventLoop: loop)
        return ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls = core.value.configuration.certificates?.contexts.acceptor {
                        try pipeline.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try pipeline.addHandler(MeshLinkHandler(core: core.value, expected: nil, attempt: nil))
                }
            }
            .bind(host: configuration.listen.host, port: configuration.listen.port)
            .map { channel in
                core.value.listener = channel
                if core.value.isClosed { channel.close(promise: nil) }
                return channel
            }
    }

    // MARK: Dialling

    func dial(_ incarnation: Incarnation) {
        guard !isClosed, let peer = peers[incarnation] else { return }
        attempts += 1
        let attempt = attempts
        peers[incarnation]?.attempt = attempt
        let address = peer.address
        guard let endpoint = MeshEndpoint(address.address), endpoint.port > 0 else {
            return failed(address, attempt, "the address is not of the form host:port")
        }
        let core = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls = core.value.configuration.certificates?.contexts.dialer {
                        try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil))
                    }
                    try pipeline.addHandler(MeshLinkHandler(core: core.value, expected: address, attempt: attempt))
                }
            }
            .connect(host: endpoint.host, port: endpoint.port)
            .whenFailure { error in core.value.failed(address, attempt, String(describing: error)) }
    }

    /// No connection came about; one that did tells through `ended`.
    private func failed(_ address: PeerAddress, _ attempt: Int, _ context: String) {
        guard peers[address.incarnation]?.attempt == attempt else { return }
        let isLogged = peers[address.incarnation]?.isOutageLogged ?? true
        peers[address.incarnation]?.isOutageLogged = true
        logger.log(
            level: isLogged ? .debug : .warning, "A peer cannot be reached; it is dialled until it answers.",
            metadata: .keys([
                .nodeName: "\(address.name)", .incarnation: "\(address.incarnation)", .address: "\(address.address)",
                .error: "\(context)",
            ]))
        attemptEnded(address.incarnation, attempt, lasted: .zero)
    }

    /// - Parameter lasted: how long there was a link.
    func attemptEnded(_ incarnation: Incarnation, _ attempt: Int, lasted: TimeAmount) {
        guard !isClosed, let peer = peers[incarnation], peer.attempt == attempt else { return }
        let (shortest, longest) = (TimeAmount(configuration.backoffMin), TimeAmount(configuration.backoffMax))
        // A link that breaks as soon as it is up is no reason to hurry.
        let pause = lasted >= longest ? shortest : peer.backoff
        peers[incarnation]?.backoff = min(longest, .nanoseconds(pause.nanoseconds * 2))
        let jitter = Int64.random(in: 0...max(0, pause.nanoseconds / 2))
        let core = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: .nanoseconds(pause.nanoseconds + jitter)) {
            guard core.value.peers[incarnation]?.attempt == attempt else { return }
            core.value.dial(incarnation)
        }
    }

    // MARK: The end

    /// Closes everything after what may be sent has been handed to the network.
    ///
    /// - Returns: when all connections are gone.
    func close() -> EventLoopFuture<Void> {
        isClosed = true
        let handlers = peers.values.compactMap(\.link) + greeting.values
        let channels = ([listener] + handlers.map(\.channel)).compactMap { $0 }
        for handler in handlers { handler.shutDown() }
        listener?.close(promise: nil)
        listener = nil
        peers = [:]
        receiver = nil
        return EventLoopFuture.andAllComplete(channels.map(\.closeFuture), on: loop)
    }
}
