package import QuizModel

/// A store or cache could not do what it was asked.
package struct StoreFailure: Error, Sendable, Hashable {
    package var code: String
    package var context: String

    package init(code: String, context: String) {
        self.code = code
        self.context = context
    }
}

/// A line of room chat to be stored.
package struct ChatLine: Sendable, Hashable {
    package var room: RoomID
    package var message: ChatMessagePayload

    package init(room: RoomID, message: ChatMessagePayload) {
        self.room = room
        self.message = message
    }
}

/// Chat, durably.
package protocol ChatStore: Sendable {
    /// Stores a line under the given id. The same (room, player, client id) again changes nothing and gives the first one back.
    func append(_ line: ChatLine, id: ChatMessageID) async throws(StoreFailure) -> ChatMessagePayload

    /// Stores lines of any rooms, each under the id it has, as if one after the other; in their order, what became of each.
    func append(_ lines: [ChatLine]) async -> [Result<ChatMessagePayload, StoreFailure>]

    /// Lines before the given one, or the newest; oldest first, at most `limit`.
    func page(room: RoomID, before: ChatMessageID?, limit: Int) async throws(StoreFailure) -> [ChatMessagePayload]
}

extension ChatStore {
    package func append(_ lines: [ChatLine]) async -> [Result<ChatMessagePayload, StoreFailure>] {
        var results: [Result<ChatMessagePayload, StoreFailure>] = []
        for line in lines {
            do throws(StoreFailure) {
                results.append(.success(try await append(line, id: line.message.id ?? .random())))
            } catch {
                results.append(.failure(error))
            }
        }
        return results
    }
}

/// The newest lines of a room, fast; may lose everything at any time.
package protocol RecentChat: Sendable {
    /// - Parameter lines: of each room one or more, oldest first.
    func push(_ lines: [RoomID: [ChatMessagePayload]]) async
    /// Oldest first; nil: not known here, ask the store.
    func recent(room: RoomID) async -> [ChatMessagePayload]?
    func fill(room: RoomID, with lines: [ChatMessagePayload]) async
}

/// A refresh token as stored: never the token, only its SHA-256.
package struct RefreshRecord: Sendable, Hashable {
    package var tokenDigest: [UInt8]
    /// Tokens rotated from one another share a family; the reuse of an old one revokes them all.
    package var family: UInt64
    package var player: PlayerID
    /// Milliseconds since 1970.
    package var expiresAtMs: Int64

    package init(tokenDigest: [UInt8], family: UInt64, player: PlayerID, expiresAtMs: Int64) {
        self.tokenDigest = tokenDigest
        self.family = family
        self.player = player
        self.expiresAtMs = expiresAtMs
    }
}

package enum RefreshRotation: Sendable, Hashable {
    case rotated(player: PlayerID, nickname: Nickname, family: UInt64)
    /// A token that had been rotated before came back: its family is revoked now.
    case reused(player: PlayerID)
    case unknown
}

package protocol AccountStore: Sendable {
    func createGuest(player: PlayerID, nickname: Nickname) async throws(StoreFailure)
    /// Makes a guest with its first token, or neither.
    func createGuest(player: PlayerID, nickname: Nickname, refresh: RefreshRecord) async throws(StoreFailure)
    func rename(player: PlayerID, nickname: Nickname) async throws(StoreFailure)
    func saveRefresh(_ record: RefreshRecord) async throws(StoreFailure)
    /// Replaces the token with digest `old` by `new` in one step. The successor has the old one's family.
    func rotateRefresh(old: [UInt8], new: [UInt8], nowMs: Int64, expiresAtMs: Int64) async throws(StoreFailure)
        -> RefreshRotation
    /// Revokes a family (sign-out).
    func revokeRefresh(tokenDigest: [UInt8]) async throws(StoreFailure) -> PlayerID?
}

/// Access tokens that are no longer believed although they have not expired. PostgreSQL decides, Redis has the fast copy.
package protocol RevocationStore: Sendable {
    /// Every token of `player` issued before `issuedBeforeMs` is revoked; keep the mark until `untilMs`.
    func revoke(player: PlayerID, issuedBeforeMs: Int64, untilMs: Int64) async throws(StoreFailure)
    /// The mark for `player`; nil: none.
    func revokedBefore(player: PlayerID) async throws(StoreFailure) -> Int64?
    /// All marks that have not run out, to fill a fast copy.
    func revocations(nowMs: Int64) async throws(StoreFailure) -> [(
        player: PlayerID, issuedBeforeMs: Int64, untilMs: Int64
    )]
}

/// A place at which a stranger's requests are counted.
package enum RateLimitedDoor: String, Sendable, CaseIterable {
    case guestSignIn = "guest"
    case refresh = "refresh"
    case roomLookUp = "lookup"
    case roomList = "list"
    case roomCreate = "create"
    case operators = "operators"

    /// Requests a minute and key.
    package var perMinute: Int {
        switch self {
        case .guestSignIn: Limits.guestsPerAddressPerMinute
        case .refresh: Limits.guestsPerAddressPerMinute
        case .roomLookUp: Limits.lookUpsPerAddressPerMinute
        case .roomList: Limits.listsPerAddressPerMinute
        case .roomCreate: 120
        case .operators: Limits.operatorCallsPerAddressPerMinute
        }
    }
}

package enum RateLimitDecision: Sendable, Hashable {
    case allowed
    case refused(retryAfterMs: Int)
}

package protocol RateLimiter: Sendable {
    /// Counts one request. Never fails: without its shared memory it falls back to a local count.
    func take(_ door: RateLimitedDoor, key: String) async -> RateLimitDecision
}

/// Who is connected where, for look-ups across nodes; may lose everything at any time.
package protocol PresenceDirectory: Sendable {
    /// Tells that the players have connections here. Repeated before `ttlMs` passes.
    func connected(_ players: [PlayerPresence]) async
    func disconnected(player: PlayerID) async
}

extension PresenceDirectory {
    package func connected(player: PlayerID, room: RoomCode?) async {
        await connected([PlayerPresence(player: player, room: room)])
    }
}

/// Somebody who is connected.
package struct PlayerPresence: Sendable, Hashable {
    package var player: PlayerID
    /// Nil: in no room.
    package var room: RoomCode?

    package init(player: PlayerID, room: RoomCode?) {
        self.player = player
        self.room = room
    }
}

extension AccountStore {
    /// In two steps; a store that can do better does.
    package func createGuest(
        player: PlayerID, nickname: Nickname, refresh: RefreshRecord
    ) async throws(StoreFailure) {
        try await createGuest(player: player, nickname: nickname)
        try await saveRefresh(refresh)
    }
}
