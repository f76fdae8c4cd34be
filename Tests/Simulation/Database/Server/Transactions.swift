/// A transaction's number.
typealias Xid = Int

/// What a statement sees: everything committed before it began, and its own transaction's earlier commands.
struct Snapshot {
    /// Commits up to this one are seen.
    let sequence: Int
    let xid: Xid
    /// Changes of the own transaction by earlier commands are seen, those of this one are not.
    let command: Int
}

/// Which transactions have ended, and how; the server's commit log.
///
/// *Durable* and *visible* are two steps: a commit is written to the log, may wait there for a standby, and only then
/// ends for everybody else.
final class Transactions {
    enum State: Equatable {
        case running
        /// `sequence` counts commits in the order in which they became visible.
        case committed(sequence: Int)
        case aborted
    }

    /// By number.
    private var states: [State] = [.aborted]
    /// Order of the first writes: PostgreSQL numbers transactions only then, and waits for the lowest number first.
    private var order: [Xid: Int] = [:]
    private(set) var sequence = 0
    /// Called when a commit has become visible.
    var whenCommitted: () -> Void = {}

    func begin() -> Xid {
        states.append(.running)
        return states.count - 1
    }

    func willWrite(_ xid: Xid) { if order[xid] == nil { order[xid] = order.count } }

    /// Running ones, in the order in which they are waited for.
    func inWaitingOrder(_ xids: some Sequence<Xid>) -> [Xid] {
        xids.filter(isRunning).sorted { order[$0, default: .max] < order[$1, default: .max] }
    }

    func commit(_ xid: Xid) {
        sequence += 1
        states[xid] = .committed(sequence: sequence)
        whenCommitted()
    }

    /// Also of one that had committed, when a failover has lost it.
    func abort(_ xid: Xid) { states[xid] = .aborted }

    func state(of xid: Xid) -> State { states[xid] }
    func isRunning(_ xid: Xid) -> Bool { state(of: xid) == .running }

    func isCommitted(_ xid: Xid) -> Bool {
        if case .committed = state(of: xid) { true } else { false }
    }

    /// Whether a change made by `xid` in its command `command` is seen.
    func sees(_ snapshot: Snapshot, _ xid: Xid, _ command: Int) -> Bool {
        if xid == snapshot.xid { return command < snapshot.command }
        guard case .committed(let sequence) = state(of: xid) else { return false }
        return sequence <= snapshot.sequence
    }
}
