// What the HTTP API says beside the types it shares with the socket.

/// `POST /api/session/guest`.
package struct GuestSignInRequest: Codable, Sendable, Hashable {
    package var nickname: Nickname
    package init(nickname: Nickname) { self.nickname = nickname }
}

/// Answer of `POST /api/session/guest` and `POST /api/session/refresh`. The refresh token travels in an `HttpOnly` cookie.
package struct SessionResponse: Codable, Sendable, Hashable {
    package var player: PlayerID
    package var nickname: Nickname
    /// Goes into the socket's `auth.token` and the header `Authorization: Bearer …`.
    package var token: String
    /// Seconds until `token` expires; at most 900.
    package var expiresInSeconds: Int
    /// Goes into the header `X-CSRF-Token` of the requests that use the cookie.
    package var csrf: String

    package init(player: PlayerID, nickname: Nickname, token: String, expiresInSeconds: Int, csrf: String) {
        self.player = player
        self.nickname = nickname
        self.token = token
        self.expiresInSeconds = expiresInSeconds
        self.csrf = csrf
    }
}

/// `POST /api/session/refresh`. A client without cookies sends its refresh token here.
package struct RefreshRequest: Codable, Sendable, Hashable {
    package var refresh: String?
    package init(refresh: String? = nil) { self.refresh = refresh }
}

/// One room in a list or a look-up.
package struct RoomSummary: Codable, Sendable, Hashable {
    package var code: RoomCode
    package var title: String
    package var visibility: RoomVisibility
    package var phase: RoomPhase
    package var players: Int
    package var playersMax: Int
    package var locked: Bool
    /// True: joining asks for a password.
    package var password: Bool
    /// Where the room's own node is reached, as an origin; nil when unknown, and in lists: any address will do.
    package var url: String?

    package init(
        code: RoomCode, title: String, visibility: RoomVisibility, phase: RoomPhase, players: Int, playersMax: Int,
        locked: Bool, password: Bool, url: String? = nil
    ) {
        self.code = code
        self.title = title
        self.visibility = visibility
        self.phase = phase
        self.players = players
        self.playersMax = playersMax
        self.locked = locked
        self.password = password
        self.url = url
    }
}

/// `GET /api/rooms`: public rooms, those with most players first; at most 50.
package struct RoomListResponse: Codable, Sendable, Hashable {
    package var rooms: [RoomSummary]
    package init(rooms: [RoomSummary]) { self.rooms = rooms }
}

package struct CategorySummary: Codable, Sendable, Hashable {
    package var id: CategoryID
    package var name: String
    package var questions: Int

    package init(id: CategoryID, name: String, questions: Int) {
        self.id = id
        self.name = name
        self.questions = questions
    }
}

package struct PackSummary: Codable, Sendable, Hashable {
    package var id: PackID
    package var title: String
    package var description: String
    package var questions: Int

    package init(id: PackID, title: String, description: String, questions: Int) {
        self.id = id
        self.title = title
        self.description = description
        self.questions = questions
    }
}

/// `GET /api/categories`.
package struct CategoryListResponse: Codable, Sendable, Hashable {
    package var categories: [CategorySummary]
    package init(categories: [CategorySummary]) { self.categories = categories }
}

/// `GET /api/packs`.
package struct PackListResponse: Codable, Sendable, Hashable {
    package var packs: [PackSummary]
    package init(packs: [PackSummary]) { self.packs = packs }
}

/// A finished game in a player's history.
package struct GameSummary: Codable, Sendable, Hashable {
    package var game: GameID
    package var title: String
    package var finishedAtMs: Int64
    package var players: Int
    package var rank: Int
    package var score: Int

    package init(game: GameID, title: String, finishedAtMs: Int64, players: Int, rank: Int, score: Int) {
        self.game = game
        self.title = title
        self.finishedAtMs = finishedAtMs
        self.players = players
        self.rank = rank
        self.score = score
    }
}

/// `GET /api/me/games?before=`: newest first, 20 a page.
package struct GameHistoryResponse: Codable, Sendable, Hashable {
    package var games: [GameSummary]
    /// Give this as `before` for the next page; nil: there is none.
    package var next: Int64?

    package init(games: [GameSummary], next: Int64?) {
        self.games = games
        self.next = next
    }
}

/// `GET /api/games/{game}`: a stored result, for those who played.
package struct GameResultResponse: Codable, Sendable, Hashable {
    package var game: GameID
    package var title: String
    package var finishedAtMs: Int64
    package var entries: [LeaderboardEntry]
    package var inputs: Int
    package var chain: String
    package var signature: String
    package var key: String

    package init(
        game: GameID, title: String, finishedAtMs: Int64, entries: [LeaderboardEntry], inputs: Int, chain: String,
        signature: String, key: String
    ) {
        self.game = game
        self.title = title
        self.finishedAtMs = finishedAtMs
        self.entries = entries
        self.inputs = inputs
        self.chain = chain
        self.signature = signature
        self.key = key
    }
}

package enum HealthStatus: String, Codable, Sendable, CaseIterable {
    case ok, failing
}

/// One thing a node's readiness depends on.
package struct HealthCheck: Codable, Sendable, Hashable {
    package var name: String
    package var status: HealthStatus
    /// Says what to do; nil when fine.
    package var message: String?

    package init(name: String, status: HealthStatus, message: String?) {
        self.name = name
        self.status = status
        self.message = message
    }
}

/// `GET /health/live` and `GET /health/ready`; 200 or 503.
package struct HealthResponse: Codable, Sendable, Hashable {
    package var status: HealthStatus
    package var checks: [HealthCheck]

    package init(status: HealthStatus, checks: [HealthCheck]) {
        self.status = status
        self.checks = checks
    }
}

/// The body of every HTTP error.
package struct ErrorResponse: Codable, Sendable, Hashable {
    package var error: ErrorPayload
    package init(_ rejection: Rejection) { error = ErrorPayload(rejection) }
}
