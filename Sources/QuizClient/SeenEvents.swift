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

    /// Whether a connection that has taken over brings what the one before has given already: it may be a little behind.
    ///
    /// Within one connection no event is old: numbers count up, and what has no number repeats the newest one in its offset.
    func isOld(_ event: Arrival) -> Bool {
        guard let seq, event.name != .roomState, event.name != .clusterRedirect else { return false }
        if let own = event.seq { return own <= seq }
        // `code.seq.proof`; outside rooms the code is a dash.
        let parts = event.offset?.split(separator: ".") ?? []
        guard parts.count == 3, parts[0] != "-", let mark = Int(parts[1]) else { return false }
        return mark < seq
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
