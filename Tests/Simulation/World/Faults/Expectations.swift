/// What a run of some length must have seen.
package enum Expectations {
    /// Keys of `Trace.counts`.
    package static let all: [String] = Fault.words.map { "fault: \($0)" } + branches

    private static let branches = [
        "answer acknowledged", "rows committed", "session recovered",
        // Of the database: `DatabaseBranch`.
        "database: kept", "database: refused", "database: unknown", "database: batch_refused",
        "database: take_refused", "database: lock_waited", "database: connection_lost", "database: rolled_back",
        "database: sync_delayed", "database: standby_waited",
        // Fenced.
        "said: A shard has another owner; its rooms are dropped.",
        // Resent, halved, quarantined.
        "said: A batch's outcome is unknown; the same bytes are sent again.",
        "said: The journal refused a batch.",
        "said: The room is quarantined.",
        // Taken over, handed over, refused, taken back.
        "said: Shards are taken and their rooms are back.",
        "said: Shards are handed over.",
        "said: Shards could not be handed over; they stay.",
        "said: Shards that were offered could not be taken.",
        // Decided.
        "said: This node is the coordinator now.",
        "said: A new plan moves shards.",
        "said: The node gives up its part in the cluster.",
        // Stood still.
        "said: The journal does not answer; the room's clock stands still.",
        "said: The journal answers again; the room goes on.",
    ]
}
