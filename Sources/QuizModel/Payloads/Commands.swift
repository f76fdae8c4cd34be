// What clients ask for over the socket. Each is acknowledged with `{ok: true, …}` or `{ok: false, error: {…}}`.

/// `room:create`. Ack: `RoomCreatedAck`. The creator still has to join.
package struct CreateRoomCommand: Codable, Sendable, Hashable {
    package var settings: RoomSettings?
    /// Required when `settings.visibility` is `private`, refused otherwise.
    package var password: RoomPassword?

    package init(settings: RoomSettings? = nil, password: RoomPassword? = nil) {
        self.settings = settings
        self.password = password
    }
}

package struct RoomCreatedAck: Codable, Sendable, Hashable {
    package var room: RoomID
    package var code: RoomCode
    /// The room was made on another node; only on a socket, and for clients that follow redirects.
    package var redirect: RedirectPayload?

    package init(room: RoomID, code: RoomCode, redirect: RedirectPayload? = nil) {
        self.room = room
        self.code = code
        self.redirect = redirect
    }
}

/// `room:join`. Ack: `RoomJoinedAck`, after `room:state` and `room:me` have been sent. Joining a room again gives the
/// same seat back.
package struct JoinRoomCommand: Codable, Sendable, Hashable {
    package var code: RoomCode
    package var password: RoomPassword?
    /// `player` when absent.
    package var role: MemberRole?

    package init(code: RoomCode, password: RoomPassword? = nil, role: MemberRole? = nil) {
        self.code = code
        self.password = password
        self.role = role
    }
}

package struct RoomJoinedAck: Codable, Sendable, Hashable {
    package var code: RoomCode
    package var player: PlayerID
    package var seq: Int
    /// The room is on another node; only for clients that follow redirects.
    package var redirect: RedirectPayload?

    package init(code: RoomCode, player: PlayerID, seq: Int, redirect: RedirectPayload? = nil) {
        self.code = code
        self.player = player
        self.seq = seq
        self.redirect = redirect
    }
}

/// `room:leave`, `game:start`, `game:pause`, `game:resume`, `game:skip`, `game:rematch`, `room:close`: nothing to say
/// beside the name. Ack: `DoneAck`.
package struct PlainCommand: Codable, Sendable, Hashable {
    private enum Key: CodingKey {}

    package init() {}

    /// An object, whatever is in it; without this, a text would do as well.
    package init(from decoder: any Decoder) throws { _ = try decoder.container(keyedBy: Key.self) }
    package func encode(to encoder: any Encoder) throws { _ = encoder.container(keyedBy: Key.self) }
}

/// Nothing but `ok`.
package struct DoneAck: Codable, Sendable, Hashable {
    package init() {}
}

/// `room:ready`. Ack: `DoneAck`.
package struct ReadyCommand: Codable, Sendable, Hashable {
    package var ready: Bool
    package init(ready: Bool) { self.ready = ready }
}

/// `room:kick` and `room:transfer`, by the host. Ack: `DoneAck`.
package struct MemberCommand: Codable, Sendable, Hashable {
    package var player: PlayerID
    package init(player: PlayerID) { self.player = player }
}

/// `room:lock`, by the host. Ack: `DoneAck`. A locked room admits nobody new; members come back.
package struct LockCommand: Codable, Sendable, Hashable {
    package var locked: Bool
    package init(locked: Bool) { self.locked = locked }
}

/// `room:configure`, by the host in the lobby. Ack: `DoneAck`.
package struct ConfigureCommand: Codable, Sendable, Hashable {
    package var settings: RoomSettings
    /// Sets the password when the visibility becomes `private`.
    package var password: RoomPassword?

    package init(settings: RoomSettings, password: RoomPassword? = nil) {
        self.settings = settings
        self.password = password
    }
}

/// `game:answer`. Ack: `AnswerAck`, after the answer is stored durably. Sending it again, also from another
/// connection, gives the recorded answer back.
package struct AnswerCommand: Codable, Sendable, Hashable {
    /// The game the question belongs to. With it, an answer sent again after a rematch has begun is not taken for one to the new
    /// game's question.
    package var game: GameID?
    /// Index of the question in the game.
    package var question: Int
    /// Indices into the choices as shown; one unless the kind is `multiple`.
    package var choice: [Int]
    /// The client's name for this answer; repeated by its retries.
    package var id: ClientID

    package init(game: GameID? = nil, question: Int, choice: [Int], id: ClientID) {
        self.game = game
        self.question = question
        self.choice = choice
        self.id = id
    }
}

package struct AnswerAck: Codable, Sendable, Hashable {
    package var question: Int
    /// The recorded choice: on a retry, the one that counted.
    package var choice: [Int]
    package var at: RoomInstant

    package init(question: Int, choice: [Int], at: RoomInstant) {
        self.question = question
        self.choice = choice
        self.at = at
    }
}

/// `chat:send`. Ack: `ChatSentAck`, after the store's commit. The same `id` again gives the same ack.
package struct ChatSendCommand: Codable, Sendable, Hashable {
    package var id: ClientID
    package var text: ChatText

    package init(id: ClientID, text: ChatText) {
        self.id = id
        self.text = text
    }
}

package struct ChatSentAck: Codable, Sendable, Hashable {
    package var message: ChatMessageID
    package var sentAtMs: Int64

    package init(message: ChatMessageID, sentAtMs: Int64) {
        self.message = message
        self.sentAtMs = sentAtMs
    }
}

/// `chat:history`. Ack: `ChatHistoryAck`.
package struct ChatHistoryCommand: Codable, Sendable, Hashable {
    /// Lines older than this one; absent: the newest.
    package var before: ChatMessageID?
    /// 1 to 100; 50 when absent.
    package var limit: Int?

    package init(before: ChatMessageID? = nil, limit: Int? = nil) {
        self.before = before
        self.limit = limit
    }
}

package struct ChatHistoryAck: Codable, Sendable, Hashable {
    /// Oldest first.
    package var messages: [ChatMessagePayload]
    /// Give this as `before` for the page before; nil: there is none.
    package var next: ChatMessageID?

    package init(messages: [ChatMessagePayload], next: ChatMessageID?) {
        self.messages = messages
        self.next = next
    }
}

/// `time:sync`, NTP style. Ack: `TimeSyncAck`. Take the sample with the smallest round trip.
package struct TimeSyncCommand: Codable, Sendable, Hashable {
    /// Anything; comes back unchanged.
    package var t0: Double
    package init(t0: Double) { self.t0 = t0 }
}

package struct TimeSyncAck: Codable, Sendable, Hashable {
    package var t0: Double
    /// Room time, milliseconds with fraction; in no room: the node's monotonic clock.
    package var t1: Double

    package init(t0: Double, t1: Double) {
        self.t0 = t0
        self.t1 = t1
    }
}

/// The error half of every ack and the body of every HTTP error.
package struct ErrorPayload: Codable, Sendable, Hashable {
    package var code: ErrorCode
    package var message: String
    package var retry: RetryAdvice

    package init(code: ErrorCode, message: String, retry: RetryAdvice) {
        self.code = code
        self.message = message
        self.retry = retry
    }

    package init(_ rejection: Rejection) {
        self.init(code: rejection.code, message: rejection.message, retry: rejection.retry)
    }
}

/// `{ok: false, error: {…}}`
package struct Refused: Codable, Sendable, Hashable {
    package var ok: Bool
    package var error: ErrorPayload

    package init(_ rejection: Rejection) {
        ok = false
        error = ErrorPayload(rejection)
    }
}

/// `{ok: true, …}`: the fields of the acknowledgement beside `ok`.
package struct Accepted<Ack: Codable & Sendable & Hashable>: Codable, Sendable, Hashable {
    package var ok: Bool
    package var ack: Ack

    private enum Key: CodingKey { case ok }

    package init(_ ack: Ack) {
        ok = true
        self.ack = ack
    }

    package init(from decoder: any Decoder) throws {
        ok = try decoder.container(keyedBy: Key.self).decode(Bool.self, forKey: .ok)
        ack = try Ack(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(ok, forKey: .ok)
        try ack.encode(to: encoder)
    }
}

/// The `auth` object of a Socket.IO handshake. A token; a nickname alone, which makes a guest; or the `resume` of a redirect.
package struct HandshakeAuth: Codable, Sendable, Hashable {
    package var token: String?
    package var nickname: Nickname?
    /// Set by stock clients on a reconnect.
    package var pid: String?
    /// Set by stock clients on a reconnect: the last string argument of any event.
    package var offset: String?
    /// `redirect`: the client follows `cluster:redirect`.
    package var capabilities: [String]?
    /// From `cluster:redirect`: who the client is and which room it is in. With it, only `offset` and `capabilities` are looked at.
    package var resume: String?

    package init(
        token: String? = nil, nickname: Nickname? = nil, pid: String? = nil, offset: String? = nil,
        capabilities: [String]? = nil, resume: String? = nil
    ) {
        self.token = token
        self.nickname = nickname
        self.pid = pid
        self.offset = offset
        self.capabilities = capabilities
        self.resume = resume
    }
}
