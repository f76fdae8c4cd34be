/// What can happen in the simulated database, each thing counted when it does: a run that never reached a branch has
/// proven nothing about it.
package enum DatabaseBranch: String, CaseIterable, Sendable, Hashable, Codable {
    // Appends.
    case kept, resent, refused, fenced
    case batchRefused = "batch_refused"
    // Locks.
    case lockWaited = "lock_waited"
    case lockSkipped = "lock_skipped"
    case lockTimedOut = "lock_timed_out"
    case rowRechecked = "row_rechecked"
    case rowLostInWait = "row_lost_in_wait"
    case insertWaited = "insert_waited"
    case conflictIgnored = "conflict_ignored"
    /// Waits that can only end by a victim or a timeout.
    case cycle
    case deadlock
    // Outcomes.
    case committed
    case rolledBack = "rolled_back"
    case unknown, warning
    case standbyWaited = "standby_waited"
    // Orphans: processes of the server whose client is gone.
    case orphaned
    case orphanCommitted = "orphan_committed"
    case orphanEnded = "orphan_ended"
    case blockerEnded = "blocker_ended"
    case backendEnded = "backend_ended"
    // Bytes and time.
    case syncDelayed = "sync_delayed"
    case timedOut = "timed_out"
    case connectionLost = "connection_lost"
    case notConnected = "not_connected"
    case busy
    case transientRetried = "transient_retried"
    // Faults.
    case restarted
    case failedOver = "failed_over"
    case commitsLost = "commits_lost"
    case stalled, cut, crashed
    // Changes of owner.
    case taken
    case takenAgain = "taken_again"
    case takeRefused = "take_refused"
}

package struct DatabaseStatistics: Sendable, Hashable {
    package private(set) var counts: [DatabaseBranch: Int] = [:]

    package init() {}

    package subscript(branch: DatabaseBranch) -> Int { counts[branch] ?? 0 }

    package mutating func count(_ branch: DatabaseBranch, by number: Int = 1) {
        counts[branch, default: 0] += number
    }

    package mutating func add(_ other: DatabaseStatistics) {
        for (branch, number) in other.counts { count(branch, by: number) }
    }
}
