import NIOConcurrencyHelpers
package import QuizModel
package import QuizSocial

/// A `RateLimiter` that counts without a clock: each key gets so many requests, then none until `reset`.
package final class CountingRateLimiter: RateLimiter {
    private let counts = NIOLockedValueBox<[String: Int]>([:])
    private let allowance: @Sendable (RateLimitedDoor) -> Int

    /// - Parameter allowance: requests a key may make at a door; the product's own limits by default.
    package init(allowance: @escaping @Sendable (RateLimitedDoor) -> Int = { $0.perMinute }) {
        self.allowance = allowance
    }

    /// Requests seen by door and key, as `door key`.
    package var seen: [String: Int] { counts.withLockedValue { $0 } }

    package func reset() { counts.withLockedValue { $0 = [:] } }

    package func take(_ door: RateLimitedDoor, key: String) async -> RateLimitDecision {
        let count = counts.withLockedValue { counts in
            counts["\(door.rawValue) \(key)", default: 0] += 1
            return counts["\(door.rawValue) \(key)", default: 0]
        }
        return count <= allowance(door) ? .allowed : .refused(retryAfterMs: 60_000)
    }
}

/// `PresenceDirectory` in memory.
package final class InMemoryPresenceDirectory: PresenceDirectory {
    private let rooms = NIOLockedValueBox<[PlayerID: RoomCode?]>([:])

    package init() {}

    /// Everybody who is connected, and their room.
    package var connected: [PlayerID: RoomCode?] { rooms.withLockedValue { $0 } }

    /// Forgets everybody, as Redis may.
    package func forget() { rooms.withLockedValue { $0 = [:] } }

    package func connected(_ players: [PlayerPresence]) async {
        rooms.withLockedValue { rooms in
            for presence in players { rooms[presence.player] = .some(presence.room) }
        }
    }

    package func disconnected(player: PlayerID) async {
        _ = rooms.withLockedValue { $0.removeValue(forKey: player) }
    }
}
