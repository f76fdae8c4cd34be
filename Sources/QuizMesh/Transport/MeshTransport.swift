package import Logging
import NIOConcurrencyHelpers
package import NIOCore
package import QuizCluster
package import QuizModel
package import QuizTelemetry
import ServiceLifecycle

/// One TCP connection to each of the other nodes, made again whenever it breaks. `MeshLinkMachine` says how they talk.
///
/// Of two nodes the one with the lower incarnation dials. Everything happens on one event loop, the receiver's calls
/// included; messages are encoded on the thread of whoever sends them.
package final class MeshTransport: PeerTransport, Service {
    private let core: NIOLoopBoundBox<MeshCore>
    private let shared = MeshShared()
    private let metrics: MeshMetrics
    private let loop: any EventLoop
    private let logger: Logger

    /// - Parameters:
    ///   - name: of this node, as `PeerAddress.name` has it elsewhere; 1 ... 255 bytes.
    ///   - loop: the one everything happens on.
    /// - Throws: `configuration`.
    package init(
        configuration: MeshConfiguration, incarnation: Incarnation, name: String, loop: any EventLoop,
        metrics registry: MetricsRegistry, logger: Logger
    ) throws(MeshFailure) {
        for (what, text) in [("cluster", configuration.cluster), ("name", name)] {
            guard MeshHello.nameBytes.contains(text.utf8.count) else {
                throw MeshFailure(code: .configuration, context: "The \(what) must have 1 to 255 bytes.")
            }
        }
        guard (4...Int(UInt32.max) / 4).contains(configuration.creditBytes) else {
            throw MeshFailure(code: .configuration, context: "The credit must be 4 bytes to 1 GiB.")
        }
        self.loop = loop
        self.logger = logger
        metrics = MeshMetrics(registry)
        let settings = MeshLinkMachine.Settings(
            cluster: configuration.cluster, incarnation: incarnation, name: name, versions: configuration.versions,
            secrets: [configuration.secret] + configuration.otherSecrets, creditBytes: configuration.creditBytes,
            helloLimit: TimeAmount(configuration.helloLimit),
            keepAliveInterval: TimeAmount(configuration.keepAliveInterval),
            silenceLimit: TimeAmount(configuration.silenceLimit))
        core = .makeBoxSendingValue(
            MeshCore(
                configuration: configuration, settings: settings, metrics: metrics, logger: logger, loop: loop,
                shared: shared),
            eventLoop: loop)
        registry.observe(.meshBacklogBytes) { [shared] in
            Double(shared.links.withLockedValue { $0.values.reduce(0) { $0 + $1.bytes } })
        }
    }

    // MARK: Life

    /// Names whoever gets what peers say; before `start` or `run`. Kept until `close`.
    package func setReceiver(_ receiver: any PeerReceiver) {
        loop.execute { [core] in core.value.receiver = receiver }
    }

    /// Listens, dials who is listed, and keeps doing so until the node shuts down.
    package func run() async throws {
        try await start()
        try? await gracefulShutdown()  // throws when cancelled, which ends the mesh just the same
        await close()
    }

    /// Begins to listen; for those who do not `run` it.
    ///
    /// - Throws: `port`.
    /// - Returns: the port that is listened on.
    @discardableResult
    package func start() async throws(MeshFailure) -> Int {
        do {
            let listener = try await loop.flatSubmit { [core] in core.value.listen() }.get()
            logger.info(
                "Other nodes can connect.", metadata: .keys([.port: .of(listener.localAddress?.port ?? 0)]))
            return listener.localAddress?.port ?? 0
        } catch {
            throw MeshFailure(code: .port, context: String(describing: error))
        }
    }

    /// Closes all links after what may be sent has been handed to the network.
    package func close() async {
        // A connection that ends with an error has ended.
        try? await loop.flatSubmit { [core] in core.value.close() }.get()
    }

    // MARK: Peers

    package func setPeers(_ peers: [PeerAddress]) {
        shared.wanted.withLockedValue { $0 = peers }
        loop.execute { [core] in core.value.applyPeers() }
    }

    package var linked: Set<Incarnation> { shared.links.withLockedValue { Set($0.keys) } }

    /// How long a ping and its answer take: the shortest of the last eight; nil before the first one.
    package func roundTrip(to peer: Incarnation) -> TimeAmount? { outbox(peer)?.roundTrip }

    /// Slows a peer down, or no longer: while its credit is withheld it may send what it has been granted and no more. A
    /// link made anew starts with credit.
    package func setWithheld(_ isWithheld: Bool, from peer: Incarnation) {
        loop.execute { [core] in core.value.setWithheld(isWithheld, from: peer) }
    }

    // MARK: Messages

    /// - Returns: false when there is no link, when its backlog is full (the link is then closed), or when the message is
    ///   outside its bounds (which is logged; the link stays).
    @discardableResult
    package func send(_ message: PeerMessage, to peer: Incarnation) -> Bool {
        guard let outbox = outbox(peer) else { return false }
        do {
            return outbox.append(try MeshCodec.frame(message))
        } catch {
            metrics.unsendable.increment()
            logger.error(
                "A message is outside what the mesh carries and was not sent.",
                metadata: .keys([.code: "\(error.code.rawValue)", .event: "\(error.context)"]))
            return false
        }
    }

    private func outbox(_ peer: Incarnation) -> MeshOutbox? { shared.links.withLockedValue { $0[peer] } }
}
