internal import QuizModel

/// How long things take in the simulation, in milliseconds of virtual time; each time one is drawn.
package struct DatabaseTiming: Sendable {
    package var networkMs = 0...2
    /// Most steps of a statement take no time to speak of, one in eight this long.
    package var stepMs = 0...2
    package var flushMs = 0...3
    package var standbyMs = 1...4
    package var connectMs = 1...5
    /// One Sync in so many is late by up to `syncDelayMs`: the client was stopped between two writes.
    package var syncLateOnceIn = 40
    package var syncDelayMs = 1...40
    package var deadlockTimeoutMs = 1_000

    package init() {}
}

/// A PostgreSQL server as far as the journal, the fence and the cluster's tables need one.
///
/// **What is modelled.** Row versions and READ COMMITTED snapshots; the four row locks with their queue, waits and
/// SKIP LOCKED; the check of a row behind a wait (EvalPlanQual); inserts that wait for an undecided row; deadlocks;
/// lock and statement timeouts; a commit in steps: written to the log, confirmed by a standby, visible, answered.
/// Every connection has a process of its own (`Backend`), which lives on when its client is gone.
///
/// **What is not.** Plans, indexes, types, other tables; a failure of the log's disk, which stops a real server.
///
/// Each statement runs in steps, between which anything else may happen; `Tests/QuizPostgresTests/Agreement` compares
/// the steps with a real server. One thread only: the scheduler's.
package final class SimulatedPostgres: @unchecked Sendable {  // touched by the scheduler's bodies only
    package let scheduler: any SimulatedScheduler
    package var timing: DatabaseTiming
    package let sabotage: DatabaseSabotage?
    package internal(set) var statistics = DatabaseStatistics()

    // MARK: What survives a crash

    var tables = Tables()
    let transactions = Transactions()
    /// Commits in the order of the log; the standby has a prefix of it.
    var log: [Xid] = []
    var standby: Standby?
    /// How much of the log some client was told about.
    var acknowledged = 0

    // MARK: What does not

    var backends: [Int: Backend] = [:]
    var rowLocks: [RowAddress: [Xid: LockMode]] = [:]
    /// Rows each transaction has locked.
    var lockedRows: [Xid: [RowAddress]] = [:]
    var queues: [RowAddress: RowQueue] = [:]
    private var lastBackend = 0
    /// Counts starts of the server.
    var generation = 0

    // MARK: Faults; see `SimulatedPostgres+Faults`

    package internal(set) var isDown = false
    package internal(set) var isStalled = false
    var parked: [() -> Void] = []
    var cuts: [String: Cut] = [:]
    var wires: [Wire] = []
    var poison: [RoomID: String] = [:]
    var diskIsFull = false
    /// Only for `DatabaseSabotage.tailReadInStatement` and its like: what a node's later reads see.
    var keptSnapshots: [String: Int] = [:]

    package init(
        scheduler: any SimulatedScheduler, timing: DatabaseTiming = DatabaseTiming(), sabotage: DatabaseSabotage? = nil
    ) {
        self.scheduler = scheduler
        self.timing = timing
        self.sabotage = sabotage
        tables.rebalances.insert(0, 0, by: bootstrap(), command: 0)
    }

    private func bootstrap() -> Xid {
        let xid = transactions.begin()
        transactions.commit(xid)
        return xid
    }

    // MARK: Steps

    /// Runs a step of the server's work later; not while it is stalled.
    func step(ms: Int? = nil, _ body: @escaping () -> Void) {
        let pause = ms ?? (scheduler.choose(8) == 0 ? scheduler.choose(in: timing.stepMs) : 0)
        scheduler.schedule(ms: pause) { [self] in
            if isStalled { parked.append(body) } else { body() }
        }
    }

    // MARK: Connections

    /// A process for a new connection; nil: nobody listens.
    func accept(_ wire: Wire, _ settings: SessionSettings) -> Backend? {
        guard !isDown else { return nil }
        lastBackend += 1
        let backend = Backend(id: lastBackend, server: self, wire: wire, settings: settings)
        backends[lastBackend] = backend
        wires.removeAll { $0.isOver }
        wires.append(wire)
        return backend
    }

    func forget(_ backend: Backend) { backends[backend.id] = nil }
}

/// Which way bytes do not get through.
struct Cut {
    var toServer = false
    var toClient = false
}

/// Settings of a session.
struct SessionSettings {
    var lockTimeoutMs: Int?
    var statementTimeoutMs: Int?
}

/// A standby the commits wait for.
struct Standby {
    /// How much of the log it has confirmed.
    var confirmed = 0
    /// False: it confirms nothing until it is back.
    var isThere = true
}
