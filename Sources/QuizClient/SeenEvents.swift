import NIOCore
import QuizWire

/// What has been given to the reader, so that a second connection's events are given once, and nothing old after something new.
struct SeenEvents: Sendable {
    /// Of the last game event that was given; nil before the first state.
    private(set) var seq: Int?
    /// The last offset; what the client knows, for the server.
    private(set) var offset: String?

    /// An event as it came, its payload not read yet.
    struct Arrival: Sendable {
        var name: ServerEventName
        var payload: ByteBuffer
        var offset: String?
        /// Nil for an event without a number.
        var seq: Int?
    }

    mutating func note(_ event: Arrival) {
        if let offset = event.offset { self.offset = offset }
        if let seq = event.seq { self.seq = seq }
    }

    /// What a connection that takes over holds and the one before has not brought.
    func unseen(_ held: [Arrival]) -> [Arrival] {
        held.enumerated().filter { index, event in
            if let own = event.seq { return own > seq ?? -1 }
            guard event.name.eventClass == .now || event.name == .roomMe else { return true }
            return !held[(index + 1)...].contains { $0.name == event.name }
        }.map(\.element)
    }
}
