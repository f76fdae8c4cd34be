package import QuizCluster
internal import QuizModel

/// The links between the nodes.
///
/// Per pair at most one link. It keeps the order and loses nothing while it is up, like TCP under `QuizMesh`: what is sent while packets do not get
/// through waits, and arrives late, or is lost when the silence has lasted so long that the link is closed. A process that is stopped finds what arrived
/// meanwhile, and behind it the end of the link. A link that is lost is made again by itself.
package final class SimulatedMesh: @unchecked Sendable {  // the simulator's thread
    /// `Limits.meshSilenceMs`, and a little for the look at it.
    private static let silenceMs = Int64(Limits.meshSilenceMs) + 200

    private let simulator: Simulator
    private var ends: [Incarnation: MeshEnd] = [:]
    private var links: [Pair: MeshLink] = [:]
    /// Ways on which packets do not get through.
    private var blocked: Set<Way> = []
    /// Milliseconds every packet of these nodes takes more.
    private var slowness: [Incarnation: Int] = [:]
    /// Sees every message that is sent.
    package var tap: (PeerMessage) -> Void = { _ in }
    /// What sabotage does to messages: false loses one that the link should have kept.
    package var passes: (PeerMessage) -> Bool = { _ in true }

    struct Way: Hashable {
        var from: Incarnation
        var to: Incarnation
    }

    struct Pair: Hashable {
        var low: Incarnation
        var high: Incarnation

        init(_ one: Incarnation, _ other: Incarnation) { (low, high) = one < other ? (one, other) : (other, one) }
    }

    package init(simulator: Simulator) { self.simulator = simulator }

    /// A new node's way to the others.
    func join(_ incarnation: Incarnation, process: SimulatedProcess) -> MeshEnd {
        let end = MeshEnd(incarnation: incarnation, process: process, mesh: self)
        ends[incarnation] = end
        return end
    }

    // MARK: - Faults

    func block(_ from: Incarnation, _ to: Incarnation) {
        let way = Way(from: from, to: to)
        guard blocked.insert(way).inserted, let link = links[Pair(from, to)] else { return }
        watchSilence(of: link)
    }

    func unblock(_ from: Incarnation, _ to: Incarnation) {
        blocked.remove(Way(from: from, to: to))
        links[Pair(from, to)]?.unblock(from: from)
    }

    func setSlowness(_ incarnation: Incarnation, ms: Int) { slowness[incarnation] = ms }

    /// A connection breaks; it is made again at once.
    func breakLink(_ one: Incarnation, _ other: Incarnation) { links[Pair(one, other)].map(close) }

    /// Links of a process that was stopped look dead to the others after a while.
    func hasStopped(_ incarnation: Incarnation) {
        for link in links.values where link.joins(incarnation) { watchSilence(of: link) }
    }

    /// - Parameter isSilent: a machine that is gone says nothing; a process that is killed has its sockets closed by the kernel.
    func hasDied(_ incarnation: Incarnation, isSilent: Bool) {
        ends[incarnation] = nil
        for link in sortedLinks where link.joins(incarnation) {
            simulator.after(ms: isSilent ? Self.silenceMs : Int64(simulator.generator.pick(0...20))) {
                self.close(link)
            }
        }
    }

    // MARK: - Making and losing links

    /// The nodes this one knows have changed.
    func wantsChanged(of end: MeshEnd) {
        for link in sortedLinks where link.joins(end.incarnation) {
            let other = link.other(than: end.incarnation)
            if !end.peers.contains(other), ends[other]?.peers.contains(end.incarnation) != true { close(link) }
        }
        for peer in end.peers.sorted() { dial(end.incarnation, peer) }
    }

    private func dial(_ from: Incarnation, _ to: Incarnation) {
        simulator.after(ms: Int64(simulator.generator.pick(1...40))) { self.connect(from, to) }
    }

    private func connect(_ from: Incarnation, _ to: Incarnation) {
        let pair = Pair(from, to)
        guard let one = ends[from], let other = ends[to], links[pair] == nil, one.peers.contains(to) else { return }
        let isReachable = !blocked.contains(Way(from: from, to: to)) && !blocked.contains(Way(from: to, to: from))
        guard isReachable, one.process.isReachable, other.process.isReachable else {
            return simulator.after(ms: Int64(simulator.generator.pick(200...800))) { self.connect(from, to) }
        }
        let link = MeshLink(between: one, and: other)
        links[pair] = link
        one.opened(link, to: to)
        other.opened(link, to: from)
    }

    private func watchSilence(of link: MeshLink) {
        simulator.after(ms: Self.silenceMs) {
            guard link.isUp, self.isSilent(link) else { return }
            self.close(link)
        }
    }

    private func isSilent(_ link: MeshLink) -> Bool {
        let (one, other) = (link.one, link.other)
        return !one.process.isReachable || !other.process.isReachable
            || blocked.contains(Way(from: one.incarnation, to: other.incarnation))
            || blocked.contains(Way(from: other.incarnation, to: one.incarnation))
    }

    private func close(_ link: MeshLink) {
        guard link.isUp else { return }
        link.isUp = false
        let (one, other) = (link.one, link.other)
        links[Pair(one.incarnation, other.incarnation)] = nil
        one.closed(link, to: other.incarnation)
        other.closed(link, to: one.incarnation)
        for (end, peer) in [(one, other), (other, one)] where end.peers.contains(peer.incarnation) {
            dial(end.incarnation, peer.incarnation)
        }
    }

    /// In an order that does not depend on hashes.
    private var sortedLinks: [MeshLink] {
        links.sorted { ($0.key.low, $0.key.high) < ($1.key.low, $1.key.high) }.map(\.value)
    }

    // MARK: - Sending

    func send(_ message: PeerMessage, from: MeshEnd, to peer: Incarnation) -> Bool {
        guard let link = from.links[peer] else { return false }
        tap(message)
        guard link.isUp, passes(message) else { return true }  // on its way into the void
        let way = Way(from: from.incarnation, to: peer)
        let extra = (slowness[from.incarnation] ?? 0) + (slowness[peer] ?? 0)
        let delay = simulator.generator.pick(0...2) + (extra == 0 ? 0 : simulator.generator.pick(0...extra))
        link.send(message, from: from, delayMs: delay, isBlocked: blocked.contains(way), simulator: simulator)
        return true
    }
}

extension SimulatedProcess {
    /// Whether it would answer a ping.
    var isReachable: Bool { isAlive && !isStopped }
}
