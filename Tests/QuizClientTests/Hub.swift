import NIOConcurrencyHelpers
import NIOCore
import QuizCluster
import QuizModel

/// The mesh of a test: hands messages to their receivers in order, on one loop.
final class Hub: Sendable {
    private let loop: any EventLoop
    private let receivers = NIOLockedValueBox<[Incarnation: any PeerReceiver]>([:])
    private let links = NIOLockedValueBox<Set<Set<Incarnation>>>([])

    init(loop: any EventLoop) { self.loop = loop }

    func attach(_ receiver: any PeerReceiver, as own: Incarnation) { receivers.withLockedValue { $0[own] = receiver } }

    func linked(to own: Incarnation) -> Set<Incarnation> {
        links.withLockedValue { Set($0.filter { $0.contains(own) }.flatMap { $0 }).subtracting([own]) }
    }

    func link(_ one: Incarnation, _ other: Incarnation) {
        guard links.withLockedValue({ $0.insert([one, other]).inserted }) else { return }
        let (first, second) = receivers.withLockedValue { ($0[one], $0[other]) }
        loop.execute {
            first?.linkOpened(to: other)
            second?.linkOpened(to: one)
        }
    }

    func send(_ message: PeerMessage, from own: Incarnation, to peer: Incarnation) -> Bool {
        guard links.withLockedValue({ $0.contains([own, peer]) }),
            let receiver = receivers.withLockedValue({ $0[peer] })
        else { return false }
        loop.execute { receiver.received(message, from: own) }
        return true
    }
}

/// One node's end of the hub.
struct HubTransport: PeerTransport {
    let hub: Hub
    let own: Incarnation

    func send(_ message: PeerMessage, to peer: Incarnation) -> Bool { hub.send(message, from: own, to: peer) }
    var linked: Set<Incarnation> { hub.linked(to: own) }
    func setPeers(_ peers: [PeerAddress]) { for peer in peers { hub.link(own, peer.incarnation) } }
}
