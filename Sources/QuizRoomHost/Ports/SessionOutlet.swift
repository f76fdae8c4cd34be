package import NIOCore
package import QuizModel

/// Why a room lets a session go.
package enum SessionEnd: Sendable, Hashable {
    case left
    /// The stock client must not come back by itself.
    case kicked
    case roomClosed
    /// The player has too many connections; this one's transport is closed.
    case surplus
    /// The node no longer owns the room: the session looks for it at its next owner.
    case moved
}

/// One connection's way out of a room; implemented by the gateway. Called on the room's event loop.
package protocol SessionOutlet: AnyObject, Sendable {
    var sessionID: String { get }
    var player: PlayerID { get }
    /// Round trip credit, milliseconds: the minimum of the last server pings; nil when nothing was measured (polling).
    var latencyMs: Int? { get }
    /// False once the connection is gone.
    var isOpen: Bool { get }

    func send(_ event: RoomEvent)
    /// Answers a command; `json` is one object.
    func acknowledge(_ ack: Int, _ json: ByteBuffer)
    /// Measures the latency once more.
    func ping()
    /// The session is no longer in the room.
    func ended(_ reason: SessionEnd)
}

/// Sends one event to many sessions, encoded once.
package protocol RoomBroadcaster: Sendable {
    func broadcast(_ event: RoomEvent, to sessions: [any SessionOutlet])
}

/// Where a game's questions come from.
package protocol GameQuestions: Sendable {
    /// At most `settings.questionCount` questions in the order in which they are asked; empty when nothing matches.
    func draw(for settings: RoomSettings) async throws(Rejection) -> [Question]
}
