package import NIOCore
package import QuizRoom
package import QuizWire

extension GameEvent {
    /// The event's name on the wire.
    package var name: ServerEventName {
        switch self {
        case .member: .roomMember
        case .left: .roomLeft
        case .changed: .roomChanged
        case .closed: .roomClosed
        case .countdown: .gameCountdown
        case .question: .gameQuestion
        case .locked: .gameLocked
        case .reveal: .gameReveal
        case .leaderboard: .gameLeaderboard
        case .over: .gameOver
        case .paused: .gamePaused
        case .resumed: .gameResumed
        case .lobby: .gameLobby
        }
    }

    /// The payload as it is sent; the same bytes at every replay.
    package func payload() throws -> ByteBuffer {
        switch self {
        case .member(let payload): try WireJSON.buffer(payload)
        case .left(let payload): try WireJSON.buffer(payload)
        case .changed(let payload): try WireJSON.buffer(payload)
        case .closed(let payload): try WireJSON.buffer(payload)
        case .countdown(let payload): try WireJSON.buffer(payload)
        case .question(let payload): try WireJSON.buffer(payload)
        case .locked(let payload): try WireJSON.buffer(payload)
        case .reveal(let payload): try WireJSON.buffer(payload)
        case .leaderboard(let payload): try WireJSON.buffer(payload)
        case .over(let payload): try WireJSON.buffer(payload)
        case .paused(let payload): try WireJSON.buffer(payload)
        case .resumed(let payload): try WireJSON.buffer(payload)
        case .lobby(let payload): try WireJSON.buffer(payload)
        }
    }
}
