import Logging
import NIOConcurrencyHelpers
import NIOCore
import QuizCluster
import QuizModel
import QuizTelemetry

/// The half of a `MeshTransport` that lives on its loop: which peers there are, and which connection is the link to each.
final class MeshCore {
    struct Peer {
        var address: PeerAddress
        /// The one that is up.
        var link: MeshLinkHandler?
        /// The newest attempt to dial; what an older one comes to is nobody's concern.
        var attempt = 0
        var backoff: TimeAmount
        /// One warning an outage, however many attempts it takes.
        var isOutageLogged = false
    }

    let configuration: MeshConfiguration
    let settings: MeshLinkMachine.Settings
    let metrics: MeshMetrics
    let logger: Logger
    let loop: any EventLoop
    let shared: MeshShared

    var receiver: (any PeerReceiver)?
    var listener: (any Channel)?
    var peers: [Incarnation: Peer] = [:]
    /// Connections that are no links yet.
    var greeting: [ObjectIdentifier: MeshLinkHandler] = [:]
    var isClosed = false
    var attempts = 0
    /// When a refusal of this kind was last logged as more than a detail: strangers must not fill the log.
    private var loggedAt: [MeshRefusal: NIODeadline] = [:]

    init(
        configuration: MeshConfiguration, settings: MeshLinkMachine.Settings, metrics: MeshMetrics, logger: Logger,
        loop: any EventLoop, shared: MeshShared
    ) {
        self.configuration = configuration
        self.settings = settings
        self.metrics = metrics
        self.logger = logger
        self.loop = loop
        self.shared = shared
    }

    var backlogBytesMax: Int { configuration.backlogBytesMax }

    // MARK: Peers

    /// Takes over what `MeshTransport.setPeers` was last given.
    func applyPeers() {
        guard !isClosed else { return }
        var wanted: [Incarnation: PeerAddress] = [:]
        for address in shared.wanted.withLockedValue({ $0 }) where address.incarnation != settings.incarnation {
            wanted[address.incarnation] = address
        }
        for (incarnation, peer) in peers {
            if let address = wanted[incarnation] {
                peers[incarnation]?.address = address
            } else {
                peers[incarnation] = nil
                peer.link?.close(.unlisted, or: .unlisted, "the peer is no longer listed")
                for handler in greeting.values where handler.expected?.incarnation == incarnation {
                    handler.close(.unlisted, or: .unlisted, "the peer is no longer listed")
                }
            }
        }
        for (incarnation, address) in wanted where peers[incarnation] == nil {
            peers[incarnation] = Peer(address: address, backoff: TimeAmount(configuration.backoffMin))
            if settings.incarnation < incarnation { dial(incarnation) }
        }
    }

    func listedName(of incarnation: Incarnation) -> String? { peers[incarnation]?.address.name }

    func setWithheld(_ isWithheld: Bool, from peer: Incarnation) { peers[peer]?.link?.setWithheld(isWithheld) }

    // MARK: What happens on connections

    func began(_ handler: MeshLinkHandler) {
        greeting[ObjectIdentifier(handler)] = handler
        if isClosed { return handler.shutDown() }
        if let expected = handler.expected {
            if peers[expected.incarnation]?.attempt != handler.attempt {
                handler.close(.unlisted, or: .unlisted, "the peer is no longer listed")
            }
        } else if greeting.count > configuration.hellosMax {
            handler.close(.lost, or: .busy, "\(greeting.count) connections have proved nothing yet")
        }
    }

    func opened(_ handler: MeshLinkHandler, _ peer: MeshLinkMachine.Peer) {
        greeting[ObjectIdentifier(handler)] = nil
        peers[peer.incarnation]?.link?.close(.replaced, or: .lost, "the peer has connected again")
        peers[peer.incarnation]?.link = handler
        peers[peer.incarnation]?.isOutageLogged = false
        shared.links.withLockedValue { $0[peer.incarnation] = handler.outbox }
        metrics.linksOpened.increment()
        metrics.linksUp.increment()
        logger.info(
            "A link to a peer is up.",
            metadata: .keys([
                .nodeName: "\(peer.name)", .incarnation: "\(peer.incarnation)", .address: "\(handler.address)",
                .version: .of(peer.version),
            ]))
        receiver?.linkOpened(to: peer.incarnation)
    }

    func received(_ message: PeerMessage, from peer: Incarnation) { receiver?.received(message, from: peer) }

    func skipped(_ what: String, on handler: MeshLinkHandler) {
        metrics.skipped.increment()
        logger.debug(
            "A message of a newer peer has been skipped.",
            metadata: .keys([.event: "\(what)", .nodeName: "\(handler.peer?.name ?? "")"]))
    }

    /// - Parameter how: `refused` or `closed`.
    func ended(_ handler: MeshLinkHandler, _ how: MeshLinkMachine.Action, address: String) {
        greeting[ObjectIdentifier(handler)] = nil
        switch how {
        case .refused(let reason, let side, let context):
            metrics.hellosRefused[reason].increment()
            log(reason, by: side, context, handler, address: address)
        case .closed(let reason, let context):
            if let peer = handler.peer { closed(handler, peer, reason, context) }
        default: preconditionFailure("A connection ends refused or closed.")
        }
        if let expected = handler.expected, let attempt = handler.attempt {
            let lasted = how.isClosing ? NIODeadline.now() - handler.openedAt : .zero
            attemptEnded(expected.incarnation, attempt, lasted: lasted)
        }
    }

    private func closed(
        _ handler: MeshLinkHandler, _ peer: MeshLinkMachine.Peer, _ reason: MeshClosing, _ context: String
    ) {
        if peers[peer.incarnation]?.link === handler { peers[peer.incarnation]?.link = nil }
        shared.links.withLockedValue {
            if $0[peer.incarnation] === handler.outbox { $0[peer.incarnation] = nil }
        }
        metrics.linksClosed[reason].increment()
        metrics.linksUp.decrement()
        let metadata = Logger.Metadata.keys([
            .nodeName: "\(peer.name)", .incarnation: "\(peer.incarnation)", .reason: "\(reason.rawValue)",
            .error: "\(context)",
        ])
        switch reason {
        case .unlisted, .shutdown, .replaced: logger.info("A link to a peer is closed.", metadata: metadata)
        default: logger.warning("A link to a peer has broken.", metadata: metadata)
        }
        receiver?.linkClosed(to: peer.incarnation)
    }

    private func log(
        _ reason: MeshRefusal, by side: MeshLinkMachine.Side, _ context: String, _ handler: MeshLinkHandler,
        address: String
    ) {
        var metadata = Logger.Metadata.keys([
            .reason: "\(reason.rawValue)", .error: "\(context)", .address: "\(address)",
        ])
        if let expected = handler.expected { metadata[.nodeName] = "\(expected.name)" }
        let now = NIODeadline.now()
        let isFresh = loggedAt[reason].map { now - $0 > .seconds(10) } ?? true
        let isOrdinary = [.lost, .shutdown, .unlisted].contains(reason)
        if isFresh, !isOrdinary { loggedAt[reason] = now }
        let level: Logger.Level = isFresh && !isOrdinary ? .warning : .debug
        switch side {
        case .us: logger.log(level: level, "A connection between nodes has been refused.", metadata: metadata)
        case .peer: logger.log(level: level, "A peer has refused a connection.", metadata: metadata)
        }
    }
}

extension MeshLinkMachine.Action {
    fileprivate var isClosing: Bool {
        if case .closed = self { true } else { false }
    }
}

/// What a transport's callers and its loop share.
final class MeshShared: Sendable {
    /// Of the links that are up.
    let links = NIOLockedValueBox<[Incarnation: MeshOutbox]>([:])
    let wanted = NIOLockedValueBox<[PeerAddress]>([])
}
