internal import DequeModule
package import QuizCluster
package import QuizModel

/// One node's `PeerTransport`.
package final class MeshEnd: PeerTransport, @unchecked Sendable {  // the simulator's thread
    let incarnation: Incarnation
    let process: SimulatedProcess
    private let mesh: SimulatedMesh
    private(set) var links: [Incarnation: MeshLink] = [:]
    private(set) var peers: Set<Incarnation> = []
    /// What comes from one peer comes in order, over all links to it.
    private var strands: [Incarnation: Strand] = [:]
    weak var receiver: (any PeerReceiver)?

    init(incarnation: Incarnation, process: SimulatedProcess, mesh: SimulatedMesh) {
        self.incarnation = incarnation
        self.process = process
        self.mesh = mesh
    }

    // MARK: - PeerTransport

    package func send(_ message: PeerMessage, to peer: Incarnation) -> Bool {
        mesh.send(message, from: self, to: peer)
    }

    package var linked: Set<Incarnation> { Set(links.keys) }

    package func setPeers(_ peers: [PeerAddress]) {
        let wanted = Set(peers.map(\.incarnation))
        guard wanted != self.peers else { return }
        self.peers = wanted
        mesh.wantsChanged(of: self)
    }

    // MARK: - For the mesh

    func opened(_ link: MeshLink, to peer: Incarnation) {
        deliver(from: peer) {
            guard link.isUp else { return }
            self.links[peer] = link
            self.receiver?.linkOpened(to: peer)
        }
    }

    func closed(_ link: MeshLink, to peer: Incarnation) {
        deliver(from: peer) {
            guard self.links[peer] === link else { return }
            self.links[peer] = nil
            self.receiver?.linkClosed(to: peer)
        }
    }

    func received(_ message: PeerMessage, over link: MeshLink, from peer: Incarnation) {
        deliver(from: peer) {
            // What arrived before the end of the link is read before the end is.
            guard self.links[peer] === link else { return }
            self.receiver?.received(message, from: peer)
        }
    }

    private func deliver(from peer: Incarnation, _ body: @escaping @Sendable () -> Void) {
        let strand = strands[peer] ?? Strand(of: process)
        strands[peer] = strand
        Simulator.current.enqueue(body, on: strand)
    }
}

/// One connection between two nodes.
final class MeshLink: @unchecked Sendable {  // the simulator's thread
    /// One direction.
    private struct Flow {
        /// Nothing overtakes.
        var lastArrivalMs: Int64 = 0
        var held: Deque<PeerMessage> = []
    }

    let one: MeshEnd
    let other: MeshEnd
    var isUp = true
    private var flows: [Incarnation: Flow] = [:]

    init(between one: MeshEnd, and other: MeshEnd) {
        self.one = one
        self.other = other
    }

    func joins(_ incarnation: Incarnation) -> Bool {
        one.incarnation == incarnation || other.incarnation == incarnation
    }

    func other(than incarnation: Incarnation) -> Incarnation {
        one.incarnation == incarnation ? other.incarnation : one.incarnation
    }

    func send(_ message: PeerMessage, from: MeshEnd, delayMs: Int, isBlocked: Bool, simulator: Simulator) {
        var flow = flows[from.incarnation] ?? Flow()
        defer { flows[from.incarnation] = flow }
        if isBlocked || !flow.held.isEmpty {
            flow.held.append(message)
            return
        }
        let to = from === one ? other : one
        flow.lastArrivalMs = max(flow.lastArrivalMs, simulator.nowMs + Int64(delayMs))
        simulator.after(ms: flow.lastArrivalMs - simulator.nowMs) {
            if self.isUp { to.received(message, over: self, from: from.incarnation) }
        }
    }

    /// What waited is sent once more by the kernel.
    func unblock(from: Incarnation) {
        guard let held = flows[from]?.held, isUp else { return }
        flows[from]?.held = []
        let (source, to) = from == one.incarnation ? (one, other) : (other, one)
        for message in held { to.received(message, over: self, from: source.incarnation) }
    }
}
