import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import QuizCluster
import QuizModel
import QuizTelemetry

@testable import QuizMesh

/// A transport on the loopback interface with everything it said.
final class TestNode: PeerReceiver {
    enum Event: Sendable, Hashable {
        case opened(Incarnation)
        case received(PeerMessage, Incarnation)
        case closed(Incarnation)
    }

    struct Line: Sendable {
        var message: String
        var metadata: [String: String]
    }

    let incarnation: Incarnation
    let name: String
    let transport: MeshTransport
    let metrics = MetricsRegistry()
    let events = Recorder<Event>()
    let log = Recorder<Line>()
    let port: Int
    let loop: any EventLoop
    /// What it does with a message, beside recording it.
    let answer = NIOLockedValueBox<(@Sendable (PeerMessage, Incarnation) -> Void)?>(nil)

    /// Listens when it returns.
    init(_ number: UInt128, _ change: (inout MeshConfiguration) -> Void = { _ in }) async throws {
        incarnation = Incarnation(value: number)
        name = "node-\(number)"
        loop = MultiThreadedEventLoopGroup.singleton.next()
        var configuration = MeshConfiguration(
            listen: MeshEndpoint(host: "127.0.0.1", port: 0), cluster: "kitchen", secret: Given.secret())
        // A busy machine is no reason to refuse; tests of these limits set their own.
        configuration.helloLimit = .seconds(60)
        configuration.silenceLimit = .seconds(60)
        change(&configuration)
        let log = log
        let logger = Logger(label: "mesh") { _ in RecordingLogHandler(recorder: log) }
        transport = try MeshTransport(
            configuration: configuration, incarnation: incarnation, name: name, loop: loop, metrics: metrics,
            logger: logger)
        port = try await transport.start()
        transport.setReceiver(self)
    }

    var address: PeerAddress { PeerAddress(incarnation: incarnation, name: name, address: "127.0.0.1:\(port)") }

    func linkOpened(to peer: Incarnation) { events.record(.opened(peer)) }

    func received(_ message: PeerMessage, from peer: Incarnation) {
        events.record(.received(message, peer))
        answer.withLockedValue { $0 }?(message, peer)
    }

    func linkClosed(to peer: Incarnation) { events.record(.closed(peer)) }

    // MARK: Waiting

    func waitForLink(to peer: TestNode, times: Int = 1) async throws {
        let event = Event.opened(peer.incarnation)
        try await events.wait(for: "link \(times) of \(name) to \(peer.name)", times: times) { $0 == event }
    }

    func waitForEnd(of peer: Incarnation, times: Int = 1) async throws {
        try await events.wait(for: "end \(times) of the link of \(name)", times: times) { $0 == .closed(peer) }
    }

    func waitForRefusal(_ reason: MeshRefusal, by side: String = "A connection between nodes has been refused.")
        async throws
    {
        try await log.wait(for: "\(name): \(side) \(reason)") {
            $0.message == side && $0.metadata["reason"] == reason.rawValue
        }
    }

    func waitForBreak(_ reason: MeshClosing) async throws {
        try await log.wait(for: "\(name): a link closed for \(reason)") {
            $0.message.hasPrefix("A link to a peer") && $0.metadata["reason"] == reason.rawValue
        }
    }

    /// What was received from a peer so far.
    func messages(from peer: TestNode) -> [PeerMessage] {
        events.events.compactMap { if case .received(let message, peer.incarnation) = $0 { message } else { nil } }
    }

    func waitForMessages(_ count: Int, from peer: TestNode) async throws {
        let incarnation = peer.incarnation
        try await events.wait(for: "\(count) messages from \(peer.name) at \(name)", times: count) {
            if case .received(_, incarnation) = $0 { true } else { false }
        }
    }

    /// Everything asked of the transport so far has been done.
    func settle() async throws { try await loop.submit {}.get() }

    func refused(_ reason: MeshRefusal) -> UInt64 {
        metrics.counters(.meshHellosRefusedTotal, by: MeshRefusal.self)[reason].value
    }

    func closed(_ reason: MeshClosing) -> UInt64 {
        metrics.counters(.meshLinksClosedTotal, by: MeshClosing.self)[reason].value
    }

    /// Each knows the others.
    static func introduce(_ nodes: [TestNode]) {
        for node in nodes { node.transport.setPeers(nodes.map(\.address)) }
    }
}

private struct RecordingLogHandler: LogHandler {
    let recorder: Recorder<TestNode.Line>
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        recorder.record(
            TestNode.Line(
                message: event.message.description, metadata: (event.metadata ?? [:]).mapValues(\.description)))
    }
}
