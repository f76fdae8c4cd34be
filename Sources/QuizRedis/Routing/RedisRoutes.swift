import NIOCore

/// Where commands go, and to whom there are to be connections: the rules of ``RedisClientCore``.
///
/// **Normal path.** There is a *map*: which master has which slot. A single server is a map with one master that never
/// changes. For a cluster some node is asked for the map, for a master with replicas some sentinel, first at start and then
/// every few seconds. There is a connection to each master of the map; a command goes to the one of its slot, and waits
/// while there is none.
///
/// **When things break.**
/// - A connection is lost: it is made again with growing pauses, and the map is looked at again, at most every
///   `mapPauseMin`. Who is asked takes turns; when nobody had an answer everybody is asked again after a growing pause.
/// - `MOVED`: the slot's master is changed, the command goes there, and that master is asked for the whole map. `ASK`: the
///   command goes there this once, behind `ASKING`. Together at most `hopsMax` times for a command.
/// - `TRYAGAIN`, `CLUSTERDOWN`, `LOADING`, `MASTERDOWN`: the command waits a growing while and goes where the map says then,
///   until its caller's patience is over. None of these has executed anything, so that repeating is harmless.
/// - A sentinel's word counts if its epoch is not older than the newest one heard, so that one that has missed a failover
///   does not lead back. Only when no sentinel knows as much and the master is away too the newest epoch is forgotten: all
///   sentinels were set up anew.
/// - A master that says it is none (`ROLE` at the start, `READONLY` later) is dropped at once, and the sentinels are asked.
///   When another master is named the connection to the old one is closed with what is in flight: nothing it says any more
///   is taken for success.
///
/// **Bounds.** `RedisSlotMap.mastersMax` masters, `RedisEndpoint.addressesMax` seeds, one search at a time. A connection to
/// somebody who is no master is given up when a map has been read twice without its having been used.
///
/// No clock and no IO: each event carries the time, and answers with what is to be done. `nextWake` says when `woken` is due.
struct RedisRoutes: Sendable {
    struct Timing: Sendable {
        var backoffMin = TimeAmount.milliseconds(50)
        var backoffMax = TimeAmount.seconds(1)
        /// Between two looks at the map when nothing is wrong: a cluster says by itself when its map is old, a sentinel does not.
        var clusterMapEvery = TimeAmount.seconds(15)
        var sentinelMapEvery = TimeAmount.seconds(2)
        /// The same while a master is away: another one may have taken its place.
        var mapEveryWhenBroken = TimeAmount.milliseconds(250)
        /// Between two looks at the map, whatever happens.
        var mapPauseMin = TimeAmount.milliseconds(100)
        /// Until a command that came too early is repeated; doubles up to `retryMax`.
        var retryMin = TimeAmount.milliseconds(20)
        var retryMax = TimeAmount.milliseconds(320)
    }

    enum Action: Sendable, Hashable {
        /// Make a connection; `ready` or `lost` comes of it.
        case connect(RedisServer)
        /// End the connection now; what is in flight fails.
        case close(RedisServer)
        /// End the connection when nothing is in flight any more.
        case retire(RedisServer)
        /// Ask for the map; `told` or `refused` comes of it, or `lost`.
        case ask(RedisServer)
        /// Commands that wait may have somewhere to go now.
        case dispatch
    }

    /// What becomes of a command that was not executed.
    enum Verdict: Sendable, Hashable {
        /// The error is its caller's.
        case deliver
        case send(RedisServer, asking: Bool)
        /// Behind `until` to `to`, behind `ASKING`; nil, or when it cannot be reached: where the map says.
        case wait(until: NIODeadline, to: RedisServer?)
    }

    /// How often a command is sent elsewhere.
    static let hopsMax = 5

    private struct Link: Sendable {
        enum State: Sendable, Hashable {
            /// Can transition to: ready, resting (a master of the map), gone.
            case connecting
            /// Can transition to: resting (a master of the map), gone.
            case ready
            /// Can transition to: connecting, gone.
            case resting(until: NIODeadline)
        }

        var state = State.connecting
        var failures = 0
        /// Since a map was read last.
        var isUsed = true
    }

    private enum Map: Sendable {
        case unknown
        case whole(RedisAddress)
        case slots(RedisSlotMap)
    }

    private enum Search: Sendable {
        /// Nobody is asked before; nil: never. Can transition to: reaching, asking.
        case resting(until: NIODeadline?)
        /// Somebody is being connected to. Can transition to: asking, reaching another, resting.
        case reaching(RedisServer)
        /// Can transition to: asking or reaching another, resting.
        case asking(RedisServer)
    }

    private let kind: RedisEndpoint.Kind
    private let seeds: [RedisServer]
    private let timing: Timing
    private var links: [RedisServer: Link] = [:]
    private var map = Map.unknown
    private var search = Search.resting(until: nil)
    /// Who is still to be asked in this search.
    private var round: [RedisServer] = []
    private var turn = 0
    private var searchBeganAt = NIODeadline.uptimeNanoseconds(0)
    private var searchFailures = 0
    /// The master a cluster has just pointed at: it knows the map.
    private var preferred: RedisServer?
    /// The newest one a sentinel has named.
    private var epoch: Int64?
    private var random: UInt64

    /// - Parameter seed: of the jitter in pauses.
    init(_ endpoint: RedisEndpoint, timing: Timing = .init(), seed: UInt64) {
        kind = endpoint.kind
        let role: RedisServer.Role = if case .sentinel = endpoint.kind { .sentinel } else { .data }
        seeds = endpoint.addresses.map { RedisServer(address: $0, role: role) }
        self.timing = timing
        random = seed
    }

    // MARK: Looking

    /// Where a command goes now.
    ///
    /// - Parameter slot: nil: anywhere.
    /// - Returns: nil: it has to wait.
    func route(_ slot: RedisSlot?) -> RedisServer? {
        switch map {
        case .unknown: nil
        case .whole(let master): usable(RedisServer(address: master))
        case .slots(let map):
            if let slot {
                map[slot].flatMap { usable(RedisServer(address: $0)) }
            } else {
                map.masters.lazy.compactMap { usable(RedisServer(address: $0)) }.first
            }
        }
    }

    /// Whether this server has a connection that works.
    func isReady(_ server: RedisServer) -> Bool { links[server]?.state == .ready }

    /// Whether there is, or is about to be, a connection to it.
    func isKnown(_ server: RedisServer) -> Bool { links[server] != nil }

    /// Whether some command could be sent at once.
    var isUsable: Bool { masters.contains { isReady($0) } }

    /// Whether every command could, as far as the map goes.
    var isWhole: Bool {
        let masters = masters
        return !masters.isEmpty && masters.allSatisfy { isReady($0) }
    }

    /// When `woken` has something to do; nil: never, until something else happens.
    var nextWake: NIODeadline? {
        var next: NIODeadline?
        if case .resting(let until?) = search { next = until }
        for case .resting(let until) in links.values.lazy.map(\.state) { next = min(next ?? until, until) }
        return next
    }

    private var masters: [RedisServer] {
        switch map {
        case .unknown: []
        case .whole(let master): [RedisServer(address: master)]
        case .slots(let map): map.masters.map { RedisServer(address: $0) }
        }
    }

    private func usable(_ server: RedisServer) -> RedisServer? { isReady(server) ? server : nil }

    private func isWanted(_ server: RedisServer) -> Bool {
        server.role == .data && masters.contains(server)
    }

    // MARK: Events

    mutating func started(at now: NIODeadline) -> [Action] {
        guard kind == .server else { return begin(at: now) }
        map = .whole(seeds[0].address)
        return connect(seeds[0])
    }

    /// A connection was made and has proved itself.
    mutating func ready(_ server: RedisServer) -> [Action] {
        // Given up meanwhile.
        guard links[server] != nil else { return [.close(server)] }
        links[server]?.state = .ready
        links[server]?.failures = 0
        var actions: [Action] = []
        if case .reaching(server) = search {
            search = .asking(server)
            actions.append(.ask(server))
        }
        if server.role == .data { actions.append(.dispatch) }
        return actions
    }

    /// A connection was lost, or did not come to be.
    mutating func lost(_ server: RedisServer, at now: NIODeadline) -> [Action] {
        guard let link = links[server] else { return [] }
        if isWanted(server) {
            let failures = min(link.failures + 1, 20)
            links[server] = Link(state: .resting(until: now + pause(failures)), failures: failures)
        } else {
            links[server] = nil
        }
        var actions: [Action] = []
        switch search {
        case .reaching(server), .asking(server): actions = next(at: now)
        case .resting, .reaching, .asking: if isWanted(server) { hurry(at: now) }
        }
        return server.role == .data ? actions + [.dispatch] : actions
    }

    /// A node has told the cluster's map.
    mutating func told(_ map: RedisSlotMap, by server: RedisServer, at now: NIODeadline) -> [Action] {
        guard case .asking(server) = search else { return [] }
        self.map = .slots(map)
        found(at: now, every: timing.clusterMapEvery)
        var actions = map.masters.flatMap { connect(RedisServer(address: $0)) }
        for server in links.keys.sorted() where !isWanted(server) {
            if links[server]?.isUsed == true {
                links[server]?.isUsed = false
            } else {
                links[server] = nil
                actions.append(.retire(server))
            }
        }
        return actions + [.dispatch]
    }

    /// A sentinel has named the master.
    mutating func told(_ report: SentinelReport, by server: RedisServer, at now: NIODeadline) -> [Action] {
        guard case .asking(server) = search else { return [] }
        if let epoch, report.epoch < epoch { return next(at: now) }
        epoch = report.epoch
        var actions: [Action] = []
        if case .whole(let master) = map, master != report.master {
            let old = RedisServer(address: master)
            if links.removeValue(forKey: old) != nil { actions.append(.close(old)) }
        }
        map = .whole(report.master)
        found(at: now, every: timing.sentinelMapEvery)
        return actions + connect(RedisServer(address: report.master)) + [.dispatch]
    }

    /// Who was asked does not know, or has not answered in time.
    mutating func refused(_ server: RedisServer, at now: NIODeadline) -> [Action] {
        guard case .asking(server) = search else { return [] }
        return next(at: now)
    }

    /// `nextWake` has come.
    mutating func woken(at now: NIODeadline) -> [Action] {
        var actions: [Action] = []
        for server in links.keys.sorted() {
            if case .resting(let until)? = links[server]?.state, until <= now {
                links[server]?.state = .connecting
                actions.append(.connect(server))
            }
        }
        if case .resting(let until?) = search, until <= now { actions += begin(at: now) }
        return actions
    }

    /// A command was not executed.
    ///
    /// - Parameters:
    ///   - hops: how often it has been sent elsewhere before.
    ///   - tries: how often it has waited before.
    mutating func complained(
        _ complaint: RedisComplaint, _ server: RedisServer, hops: Int, tries: Int, at now: NIODeadline
    ) -> (verdict: Verdict, actions: [Action]) {
        switch (kind, complaint) {
        case (.server, .readOnly):
            // Perhaps the name leads to another server by now.
            return (.deliver, [.close(server)] + lost(server, at: now))
        case (.sentinel, .readOnly), (.sentinel, .masterDown), (.sentinel, .loading):
            return (later(tries, at: now), [.close(server)] + lost(server, at: now))
        case (.cluster, .moved(let slot, let address)):
            guard hops < Self.hopsMax, case .slots(var map) = self.map, map.assign(slot...slot, to: address) else {
                return (.deliver, [])
            }
            self.map = .slots(map)
            let master = RedisServer(address: address)
            preferred = master
            hurry(at: now)
            let actions = connect(master)
            return (isReady(master) ? .send(master, asking: false) : .wait(until: now, to: nil), actions)
        case (.cluster, .ask(let address)):
            guard hops < Self.hopsMax else { return (.deliver, []) }
            let target = RedisServer(address: address)
            let actions = connect(target)
            return (isReady(target) ? .send(target, asking: true) : .wait(until: now, to: target), actions)
        case (.cluster, .tryAgain): return (later(tries, at: now), [])
        case (.cluster, .clusterDown), (.cluster, .masterDown), (.cluster, .readOnly), (.cluster, .loading):
            hurry(at: now)
            return (later(tries, at: now), [])
        default: return (.deliver, [])
        }
    }

    // MARK: Searching

    private mutating func begin(at now: NIODeadline) -> [Action] {
        searchBeganAt = now
        turn += 1
        round = candidates
        preferred = nil
        return next(at: now)
    }

    /// Who may know the map, each once, whoever probably answers first, and another one first each time.
    private var candidates: [RedisServer] {
        func turned(_ servers: [RedisServer]) -> [RedisServer] {
            let first = servers.isEmpty ? 0 : turn % servers.count
            return Array(servers[first...] + servers[..<first])
        }
        guard kind == .cluster else { return turned(seeds) }
        let (working, others) = (masters.filter { isReady($0) }, masters.filter { !isReady($0) })
        var seen: Set<RedisServer> = []
        return ((preferred.map { [$0] } ?? []) + turned(working) + turned(seeds) + others).filter {
            seen.insert($0).inserted
        }
    }

    private mutating func next(at now: NIODeadline) -> [Action] {
        while !round.isEmpty {
            let server = round.removeFirst()
            switch links[server]?.state {
            case .ready?:
                search = .asking(server)
                return [.ask(server)]
            // It has just failed.
            case .resting?: continue
            case .connecting?:
                search = .reaching(server)
                return []
            case nil:
                search = .reaching(server)
                return connect(server)
            }
        }
        searchFailures = min(searchFailures + 1, 20)
        if !isUsable { epoch = nil }
        search = .resting(until: now + pause(searchFailures))
        return []
    }

    private mutating func found(at now: NIODeadline, every: TimeAmount) {
        searchFailures = 0
        round = []
        search = .resting(until: now + (isWhole ? every : timing.mapEveryWhenBroken))
    }

    private mutating func hurry(at now: NIODeadline) {
        guard kind != .server, case .resting(let until) = search else { return }
        let soonest = max(now, searchBeganAt + timing.mapPauseMin)
        // A pause that grows after failures stays.
        if searchFailures == 0 { search = .resting(until: min(until ?? soonest, soonest)) }
    }

    // MARK: Pauses

    private mutating func connect(_ server: RedisServer) -> [Action] {
        guard links[server] == nil else {
            links[server]?.isUsed = true
            return []
        }
        links[server] = Link()
        return [.connect(server)]
    }

    private mutating func pause(_ failures: Int) -> TimeAmount {
        let full = min(timing.backoffMax.nanoseconds, timing.backoffMin.nanoseconds << min(failures - 1, 20))
        // splitmix64; the upper bits are the better ones.
        random &+= 0x9E37_79B9_7F4A_7C15
        var mixed = random
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        let share = Int64((mixed ^ (mixed >> 31)) >> 33)
        return .nanoseconds(full + (full / 2) * (share >> 11) / (1 << 20))
    }

    private func later(_ tries: Int, at now: NIODeadline) -> Verdict {
        let pause = min(timing.retryMax.nanoseconds, timing.retryMin.nanoseconds << min(tries, 20))
        return .wait(until: now + .nanoseconds(pause), to: nil)
    }
}
