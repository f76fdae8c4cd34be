/// What a run of some length must have seen.
package enum Expectations {
    /// Keys of `Trace.counts`.
    package static let all: [String] = Fault.words.map { "fault: \($0)" } + branches

    private static let branches = [
        "answer acknowledged", "append kept", "append refused", "session recovered", "session not recovered",
        // Fenced.
        "said: A shard has another owner; its rooms are dropped.",
        // Resent.
        "said: A batch's outcome is unknown; the same bytes are sent again.",
        // Taken over.
        "said: Shards are taken and their rooms are back.",
        "said: Shards could not be taken over; it is tried again.",
        // Handed over, refused or taken back.
        "said: Shards are handed over.",
        "said: Shards could not be handed over; they stay.",
        "said: Shards that were handed over could not be brought up at once.",
        // Decided.
        "said: This node is the coordinator now.",
        "said: A new plan moves shards.",
        // Stood still.
        "said: The journal does not answer; the room's clock stands still.",
        "said: The journal answers again; the room goes on.",
    ]
}
