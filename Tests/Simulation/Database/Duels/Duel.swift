internal import QuizModel
internal import QuizPostgres
internal import QuizRoomHost
internal import QuizShards

/// A few nodes that fight over a few shards while things break; all of it follows from one seed.
///
/// At the end the faults stop, a new node takes everything and writes, and the ledger compares what the nodes were told
/// with what the database holds.
package final class Duel {
    /// What may break besides nodes.
    package enum Faults: Int, CaseIterable {
        /// Nothing: so nobody's batch may take long.
        case nodes
        case network, server, standby, all

        var hasNetwork: Bool { self == .network || self == .all }
        var hasServer: Bool { self == .server || self == .all }
        var hasStandby: Bool { self == .standby || self == .all }
    }

    /// What some hundred duels must have reached: all but what a sound protocol never does, and what a duel does not ask for.
    package static let expected = DatabaseBranch.allCases.filter {
        ![.cycle, .deadlock, .commitsLost, .busy].contains($0)
    }

    private static let lengthMs: Int64 = 2_500

    let ledger = DuelLedger()
    package let server: SimulatedPostgres
    package let faults: Faults
    private let scheduler: SeededScheduler
    private let shards: [ShardID]
    private let configuration: PostgresConfiguration
    private var owners: [DuelOwner] = []
    /// Failovers lose commits that the standby had confirmed, which no promise covers.
    private let losesCommits: Bool
    private var isOver = false
    private var lastOwner = 0

    package init(
        seed: UInt64, sabotage: DatabaseSabotage? = nil, faults: Faults? = nil, losesCommits: Bool = false
    ) {
        scheduler = SeededScheduler(seed: seed)
        self.losesCommits = losesCommits
        self.faults = faults ?? Faults.allCases[Int(seed % UInt64(Faults.allCases.count))]
        var timing = DatabaseTiming()
        timing.syncLateOnceIn = 3 + scheduler.choose(20)
        timing.stepMs = 0...(scheduler.choose(3) == 0 ? 20 : 2)
        // Delays in a row must not look like a batch that is held up.
        timing.syncDelayMs = 1...(10 + scheduler.choose(self.faults == .nodes ? 70 : 300))
        server = SimulatedPostgres(scheduler: scheduler, timing: timing, sabotage: sabotage)
        var configuration = PostgresConfiguration(conninfo: "", lanes: 1 + scheduler.choose(2))
        configuration.batchTimeout = .milliseconds(self.faults == .nodes ? 5_000 : 200 + scheduler.choose(2_000))
        self.configuration = configuration
        shards = [3, 4, 900].compactMap(ShardID.init(index:))
    }

    /// - Returns: what was broken; empty: all promises were kept.
    package func run() -> Set<DuelLedger.Breach> {
        found()
        if faults.hasStandby { server.setStandby(isRequired: true) }
        for owner in owners { owner.isTimed(faults == .nodes) }
        let endMs = scheduler.nowMs + Self.lengthMs
        every(5...40) { [self] in owner()?.write() }
        every(100...900) { [self] in owner()?.saveSnapshots() }
        every(80...500) { [self] in owner()?.take(someShards()) }
        every(150...700) { [self] in disturbNode() }
        if faults.hasNetwork { every(100...800) { [self] in disturbNetwork() } }
        if faults.hasServer { every(150...900) { [self] in disturbServer() } }
        if faults.hasStandby { every(100...700) { [self] in disturbStandby() } }
        scheduler.run(until: endMs)
        isOver = true
        finish()
        return ledger.breaches
    }

    /// Virtual time so far, milliseconds.
    package var nowMs: Int64 { scheduler.nowMs }
    package var steps: Int { scheduler.steps }

    // MARK: The course

    private func found() {
        join()
        join()
        if scheduler.choose(2) == 0 { join() }
        var records: [RoomRecord] = []
        for (index, shard) in (shards + shards.prefix(1)).enumerated() {
            guard let code = RoomCode("ABCDEF" + String(index + 2)) else { continue }
            records.append(RoomRecord(room: RoomID(value: UInt128(index + 1)), code: code, shard: shard, rules: 1))
        }
        var isReady = false
        owners[0].found(records) { isReady = true }
        while !isReady, scheduler.step() {}
    }

    private func join() {
        lastOwner += 1
        let owner = DuelOwner(lastOwner, server, scheduler, ledger, configuration)
        owner.isTimed(faults == .nodes)
        owners.append(owner)
    }

    private func every(_ pauseMs: ClosedRange<Int>, _ body: @escaping () -> Void) {
        scheduler.schedule(ms: scheduler.choose(in: pauseMs)) { [self] in
            if isOver { return }
            body()
            every(pauseMs, body)
        }
    }

    /// One that is there and not stopped; nil: nobody is.
    private func owner() -> DuelOwner? {
        let able = owners.filter { !$0.isGone && !$0.isStopped }
        return able.isEmpty ? nil : able[scheduler.choose(able.count)]
    }

    private func someShards() -> [ShardID] {
        var some = shards.filter { _ in scheduler.choose(2) == 0 }
        // Now and then one that nobody has ever had.
        if some.isEmpty || scheduler.choose(3) == 0 { some.append(ShardID.all[10 + scheduler.choose(6)]) }
        return some
    }

    private func finish() {
        for owner in owners where !owner.isGone { server.heal(owner.node) }
        server.resume()
        server.setStandby(isThere: true)
        server.setDisk(isFull: false)
        for room in server.rooms { server.accept(room.room) }
        for owner in owners { owner.isTimed(false) }
        // Late messages of the last faults, and changes of owner that are under way.
        scheduler.run(until: scheduler.nowMs + 12_000)
        join()
        let last = owners[owners.count - 1]
        var isTaken = false
        tryToTake(last, attempt: 1) { isTaken = $0 }
        scheduler.run(until: scheduler.nowMs + 40_000)
        if !isTaken { ledger.note(.shardsNotTaken) }
        let before = ledger.acknowledgedCount
        for _ in 0..<5 {
            last.write()
            scheduler.run(until: scheduler.nowMs + 500)
        }
        if isTaken, ledger.acknowledgedCount == before { ledger.note(.nothingWritten) }
        ledger.check(server)
    }

    private func tryToTake(_ owner: DuelOwner, attempt: Int, _ done: @escaping (Bool) -> Void) {
        owner.take(shards) { [self] isTaken in
            if isTaken || attempt == 3 { return done(isTaken) }
            tryToTake(owner, attempt: attempt + 1, done)
        }
    }

    // MARK: Faults

    private func disturbNode() {
        switch scheduler.choose(6) {
        case 0: owner()?.stop()
        case 1:
            // In the middle of a change of owner.
            guard let owner = owner() else { return }
            owner.take(someShards())
            scheduler.schedule(ms: scheduler.choose(in: 5...40)) { [self] in
                if !isOver, !owner.isGone, !owner.isStopped { owner.stop() }
            }
        case 2, 3: owners.first { !$0.isGone && $0.isStopped }?.goOn()
        case 4:
            guard owners.count < 8 else { return }
            owner()?.crash(withMachine: scheduler.choose(2) == 0)
            join()
        default: break
        }
    }

    private func disturbNetwork() {
        switch scheduler.choose(6) {
        case 0...2:
            let directions = [SimulatedPostgres.Direction.both, .toServer, .toClient]
            if let owner = owner() { server.cut(owner.node, directions[scheduler.choose(3)]) }
        case 3: server.stall()
        default:
            for owner in owners { server.heal(owner.node) }
            server.resume()
        }
    }

    private func disturbServer() {
        switch scheduler.choose(6) {
        case 0: server.restart(downMs: scheduler.choose(200))
        case 1, 2: server.endBackend(of: owner()?.node)
        case 3: server.refuse(server.rooms[scheduler.choose(server.rooms.count)].room)
        case 4: server.setDisk(isFull: scheduler.choose(2) == 0)
        default:
            server.setDisk(isFull: false)
            for room in server.rooms { server.accept(room.room) }
        }
    }

    private func disturbStandby() {
        switch scheduler.choose(6) {
        case 0: server.setStandby(isThere: false)
        case 1:
            guard server.cancelCommit(), scheduler.choose(2) == 0 else { return }
            // While the standby still lacks what somebody may take for committed.
            scheduler.schedule(ms: 1 + scheduler.choose(40)) { [self] in if !isOver { failOver() } }
        case 2: server.endBackend()
        case 3: failOver()
        default: server.setStandby(isThere: true)
        }
    }

    private func failOver() {
        ledger.check(server)
        server.failOver(downMs: scheduler.choose(200), losing: losesCommits ? 1 + scheduler.choose(9) : 0)
    }
}
