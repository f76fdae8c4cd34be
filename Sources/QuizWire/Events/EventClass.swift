/// What becomes of a server event while its receiver is away.
package enum EventClass: String, Sendable, CaseIterable {
    /// Public and journaled, numbered by `seq`. Replayed in order after a reconnect, or replaced by `room:state`.
    case game
    /// The receiver's own seat. Sent whole after every attach.
    case mine
    /// Broadcast at once; what was missed is fetched by cursor or sent again after every attach.
    case chat
    /// Droppable; the current value is sent after every attach.
    case now

    /// What a client may rely on, for the generated documents.
    package var promise: String {
        switch self {
        case .game: "Numbered by `seq` without a gap; replayed in order after a recovered reconnect."
        case .mine: "About the receiver alone; sent whole after every attach."
        case .chat: "Broadcast at once; fetch what was missed after a reconnect."
        case .now: "Only the newest value counts; older ones may be dropped."
        }
    }
}
