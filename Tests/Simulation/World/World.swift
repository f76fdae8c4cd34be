internal import QuizCluster
internal import QuizModel
internal import QuizRoomHost
internal import QuizShards
internal import QuizSimulatedDatabase

/// A cluster with its players in one run: which is wholly determined by its seed.
///
/// Nodes start, players come, games are played while things break and operators move shards about. Then everything is mended, and every game must
/// come to its end.
package final class World: @unchecked Sendable {  // the simulator's thread
    /// After the last fault: everything has to be played to its end by then.
    private static let patienceMs: Int64 = 150_000

    package let seed: UInt64
    package let simulator: Simulator
    package let trace: Trace
    let services: WorldServices
    let ledger: Ledger
    /// By position; a node that died is replaced by the next process of its name.
    private(set) var nodes: [SimulatedNode] = []
    private(set) var rooms: [SimulatedRoom] = []
    private(set) var clients: [SimulatedClient] = []
    private let loopsPerNode: Int
    /// Nothing breaks: then no session may be lost at all.
    private let isCalm: Bool
    private var faultsUnderWay = 0
    private var hasFinishedFaults = false

    package init(seed: UInt64, sabotage: Sabotage?, keepsTrace: Bool = false) throws {
        self.seed = seed
        simulator = Simulator(seed: seed)
        trace = Trace(simulator: simulator, isKept: keepsTrace)
        services = try WorldServices(simulator: simulator, trace: trace, sabotage: sabotage)
        ledger = Ledger(simulator: simulator, trace: trace, database: services.database)
        loopsPerNode = simulator.generator.oneIn(4) ? 2 : 1
        isCalm = simulator.generator.oneIn(5)
        services.mesh.tap = { [ledger] in ledger.sent($0) }
    }

    /// - Throws: `Breach`.
    package func run() throws(Breach) {
        simulator.begin()
        settle()
        inspectFromTimeToTime()
        while ledger.breach == nil, !isOver {
            guard try simulator.step() else { throw Breach(.liveness, "Nothing is left to happen.") }
        }
        for (branch, count) in services.database.server.statistics.counts {
            trace.count("database: \(branch.rawValue)", by: count)
        }
        if let breach = ledger.breach { throw breach }
        try close()
    }

    // MARK: - Setting up

    private func settle() {
        let count = simulator.generator.oneIn(4) ? 2 + simulator.generator.pick(0...2) : 3
        for index in 0..<count { nodes.append(start("n\(index + 1)")) }
        services.database.server.setStandby(isRequired: simulator.generator.oneIn(2))
        let doomed = simulator.generator.oneIn(3) ? 1 : 0
        let sound = simulator.generator.pick(2...3)
        for index in 0..<sound + doomed {
            let settings = RoomSettings(
                title: "Room \(index + 1)", questionCount: simulator.generator.pick(1...2), answerWindowMs: 5_000)
            let room = SimulatedRoom(
                name: "room \(index + 1)", settings: settings, games: simulator.generator.oneIn(3) ? 2 : 1,
                players: simulator.generator.pick(2...4),
                isDoomed: index >= sound)
            rooms.append(room)
            for seat in 0..<room.players {
                clients.append(
                    SimulatedClient(
                        name: "p\(index + 1)-\(seat + 1)", isHost: seat == 0, room: room, ledger: ledger,
                        doors: { [unowned self] in self.nodes.filter { $0.isOpen && $0.process.isAlive } }))
            }
        }
        for client in clients {
            simulator.after(ms: Int64(simulator.generator.pick(0...2_000))) { client.begin() }
        }
        simulator.after(ms: Int64(simulator.generator.pick(500...9_000))) { self.breakSomething() }
        let faultsEndMs = Int64(simulator.generator.pick(20_000...45_000))
        simulator.after(ms: faultsEndMs) {
            self.hasFinishedFaults = true
            self.trace.note("no more faults")
        }
    }

    func start(_ name: String) -> SimulatedNode {
        let node = SimulatedNode(name: name, world: services, loops: loopsPerNode)
        node.begin()
        return node
    }

    func replace(_ index: Int) {
        guard !nodes[index].process.isAlive else { return }
        nodes[index] = start(nodes[index].name)
    }

    // MARK: - Faults

    private func breakSomething() {
        guard !hasFinishedFaults else { return }
        if faultsUnderWay < 2 {
            let fault = Fault.draw(
                &simulator.generator, nodes: nodes.count, rooms: rooms.count, clients: clients.count, isCalm: isCalm)
            trace.note("\(fault)")
            trace.count("fault: \(fault.word)")
            if fault.disturbsMs > 0 {
                ledger.disturbedUntilMs = max(ledger.disturbedUntilMs, simulator.nowMs + fault.disturbsMs)
            }
            faultsUnderWay += 1
            inflict(fault) { self.faultsUnderWay -= 1 }
        }
        simulator.after(ms: Int64(simulator.generator.pick(200...5_000))) { self.breakSomething() }
    }

    // MARK: - The end

    private func inspectFromTimeToTime() {
        simulator.after(ms: 500) {
            self.ledger.inspect()
            self.inspectFromTimeToTime()
        }
    }

    private var lastFaultMs: Int64 = 0

    private var isOver: Bool {
        if !hasFinishedFaults || faultsUnderWay > 0 {
            lastFaultMs = simulator.nowMs
            return false
        }
        if simulator.nowMs > lastFaultMs + Self.patienceMs { return true }
        return clients.allSatisfy { $0.isDone || $0.room.isDoomed } && nodes.allSatisfy(\.isOpen) && hasAllResults
    }

    private var hasAllResults: Bool {
        let results = services.database.results
        return rooms.allSatisfy { room in room.isDoomed || results.count { $0.room == room.id } >= room.games }
    }

    /// What must be so when everything is mended.
    private func close() throws(Breach) {
        let late = clients.filter { !$0.isDone && !$0.room.isDoomed }
        guard late.isEmpty else {
            throw Breach(
                .liveness, "\(late.count) players wait in vain; \(late[0].situation), room \(rooms(of: late[0])).")
        }
        let shut = nodes.filter { !$0.isOpen }
        guard shut.isEmpty else { throw Breach(.liveness, "\(shut[0].name) finds no place for every room.") }
        guard hasAllResults else { throw Breach(.liveness, "A finished game has no result.") }
        try FinalAudit(world: self).run()
        for (branch, count) in services.trace.counts where branch == "secret in a log" && count > 0 {
            throw Breach(.p8, "A secret is in a log.")
        }
    }

    private func rooms(of client: SimulatedClient) -> String {
        guard let code = client.room.code, let room = ledger.rooms[code] else { return "not made" }
        return "\(code) at row \(room.rows), \(room.phase.rawValue)"
    }
}
