/// A protocol error planted in the simulated database or its clients, to show that the simulation sees such errors. P2 is
/// the promise that falls; the other numbers are those of the experiments on PostgreSQL 15 in the guide's chapter on the fence.
package enum DatabaseSabotage: String, CaseIterable, Sendable, Hashable {
    /// Appends look at no fence row at all.
    case fenceOff = "P2"
    /// E1: the term is compared in the statement, but its row is not locked.
    case uncheckedTerm = "E1"
    /// E2: the row is locked `FOR KEY SHARE`, which an update of other columns does not wait for.
    case keyShare = "E2"
    /// E4: sessions that block a change of owner are waited for, not ended.
    case blockersKept = "E4"
    /// E6: batches are sent without waiting for the one before, and no row asks for its predecessor.
    case pipelinedCommits = "E6"
    /// E8: batches lock fence rows in the order of their rooms, and wait.
    case lockOrder = "E8"
    /// E9: appends wait for a fence row that is held.
    case waitForFence = "E9"
    /// E12: a commit that came with a warning counts as one.
    case warningIgnored = "E12"
    /// E12 for changes of owner: one that came with a warning, or that a session ended while it waited for the standby
    /// has left behind, counts as won.
    case takeUnconfirmed = "E12_take"
    /// E13: after a lost answer the journal is read, instead of sending the rows again.
    case plainRead = "E13"
    /// E14: the new owner reads the tails with the snapshot of the statement that took the shard.
    case tailReadInStatement = "E14"
    /// E14 under REPEATABLE READ: reads with a snapshot from before the statement that took the shard.
    case tailReadRepeatable = "E14_repeatable_read"
}
