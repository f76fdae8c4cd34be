// What clients ask for over the socket. Each is acknowledged with `{ok: true, …}` or `{ok: false, error: {…}}`.

/// `room:create`. Ack: `RoomCreatedAck`. The creator still has to join.
public struct CreateRoomCommand: Codable, Sendable, Hashable {
    public var settings: RoomSettings?
    /// Required when `settings.visibility` is `private`, refused otherwise.
    public var password: RoomPassword?

    public init(settings: RoomSettings? = nil, password: RoomPassword? = nil) {
        self.settings = settings
        self.password = password
    }
}

public struct RoomCreatedAck: Codable, Sendable, Hashable {
    public var room: RoomID
    public var code: RoomCode
    /// The room was made on another node; only on a socket, and for clients that follow redirects.
    public var redirect: RedirectPayload?

    public init(room: RoomID, code: RoomCode, redirect: RedirectPayload? = nil) {
        self.room = room
        self.code = code
        self.redirect = redirect
    }
}

/// `room:join`. Ack: `RoomJoinedAck`, after `room:state` and `room:me` have been sent. Joining a room again gives the
/// same seat back.
public struct JoinRoomCommand: Codable, Sendable, Hashable {
    public var code: RoomCode
    public var password: RoomPassword?
    /// `player` when absent.
    public var role: MemberRole?

    public init(code: RoomCode, password: RoomPassword? = nil, role: MemberRole? = nil) {
        self.code = code
        self.password = password
        self.role = role
    }
}

public struct RoomJoinedAck: Codable, Sendable, Hashable {
    public var code: RoomCode
    public var player: PlayerID
    public var seq: Int
    /// The room is on another node; only for clients that follow redirects.
    public var redirect: RedirectPayload?

    public init(code: RoomCode, player: PlayerID, seq: Int, redirect: RedirectPayload? = nil) {
        self.code = code
        self.player = player
        self.seq = seq
        self.redirect = redirect
    }
}

/// `room:leave`, `game:start`, `game:pause`, `game:resume`, `game:skip`, `game:rematch`, `room:close`: nothing to say
/// beside the name. Ack: `DoneAck`.
public struct PlainCommand: Codable, Sendable, Hashable {
    private enum Key: CodingKey {}

    public init() {}

    /// An object, whatever is in it; without this, a text would do as well.
    public init(from decoder: any Decoder) throws { _ = try decoder.container(keyedBy: Key.self) }
    public func encode(to encoder: any Encoder) throws { _ = encoder.container(keyedBy: Key.self) }
}

/// Nothing but `ok`.
public struct DoneAck: Codable, Sendable, Hashable {
    public init() {}
}

/// `room:ready`. Ack: `DoneAck`.
public struct ReadyCommand: Codable, Sendable, Hashable {
    public var ready: Bool
    public init(ready: Bool) { self.ready = ready }
}

/// `room:kick` and `room:transfer`, by the host. Ack: `DoneAck`.
public struct MemberCommand: Codable, Sendable, Hashable {
    public var player: PlayerID
    public init(player: PlayerID) { self.player = player }
}

/// `room:lock`, by the host. Ack: `DoneAck`. A locked room admits nobody new; members come back.
public struct LockCommand: Codable, Sendable, Hashable {
    public var locked: Bool
    public init(locked: Bool) { self.locked = locked }
}

/// `room:configure`, by the host in the lobby. Ack: `DoneAck`.
public struct ConfigureCommand: Codable, Sendable, Hashable {
    public var settings: RoomSettings
    /// Sets the password when the visibility becomes `private`.
    public var password: RoomPassword?

    public init(settings: RoomSettings, password: RoomPassword? = nil) {
        self.settings = settings
        self.password = password
    }
}

/// `game:answer`. Ack: `AnswerAck`, after the answer is stored durably. Sending it again, also from another
/// connection, gives the recorded answer back.
public struct AnswerCommand: Codable, Sendable, Hashable {
    /// The game the question belongs to. With it, an answer sent again after a rematch has begun is not taken for one to the new
    /// game's question.
    public var game: GameID?
    /// Index of the question in the game.
    public var question: Int
    /// Indices into the choices as shown; one unless the kind is `multiple`.
    public var choice: [Int]
    /// The client's name for this answer; repeated by its retries.
    public var id: ClientID

    public init(game: GameID? = nil, question: Int, choice: [Int], id: ClientID) {
        self.game = game
        self.question = question
        self.choice = choice
        self.id = id
    }
}

public struct AnswerAck: Codable, Sendable, Hashable {
    public var question: Int
    /// The recorded choice: on a retry, the one that counted.
    public var choice: [Int]
    public var at: RoomInstant

    public init(question: Int, choice: [Int], at: RoomInstant) {
        self.question = question
        self.choice = choice
        self.at = at
    }
}

/// `chat:send`. Ack: `ChatSentAck`, after the store's commit. The same `id` again gives the same ack.
public struct ChatSendCommand: Codable, Sendable, Hashable {
    public var id: ClientID
    public var text: ChatText

    public init(id: ClientID, text: ChatText) {
        self.id = id
        self.text = text
    }
}

public struct ChatSentAck: Codable, Sendable, Hashable {
    public var message: ChatMessageID
    public var sentAtMs: Int64

    public init(message: ChatMessageID, sentAtMs: Int64) {
        self.message = message
        self.sentAtMs = sentAtMs
    }
}

/// `chat:history`. Ack: `ChatHistoryAck`.
public struct ChatHistoryCommand: Codable, Sendable, Hashable {
    /// Lines older than this one; absent: the newest.
    public var before: ChatMessageID?
    /// 1 to 100; 50 when absent.
    public var limit: Int?

    public init(before: ChatMessageID? = nil, limit: Int? = nil) {
        self.before = before
        self.limit = limit
    }
}

public struct ChatHistoryAck: Codable, Sendable, Hashable {
    /// Oldest first.
    public var messages: [ChatMessagePayload]
    /// Give this as `before` for the page before; nil: there is none.
    public var next: ChatMessageID?

    public init(messages: [ChatMessagePayload], next: ChatMessageID?) {
        self.messages = messages
        self.next = next
    }
}

/// `time:sync`, NTP style. Ack: `TimeSyncAck`. Take the sample with the smallest round trip.
///
/// A room's clock stands still while the room moves to another node. A sample further behind the others than half of both round trips shows it: forget
/// those others.
public struct TimeSyncCommand: Codable, Sendable, Hashable {
    /// Anything; comes back unchanged.
    public var t0: Double
    public init(t0: Double) { self.t0 = t0 }
}

public struct TimeSyncAck: Codable, Sendable, Hashable {
    public var t0: Double
    /// Room time, milliseconds with fraction; in no room: the node's monotonic clock.
    public var t1: Double

    public init(t0: Double, t1: Double) {
        self.t0 = t0
        self.t1 = t1
    }
}

/// The error half of every ack and the body of every HTTP error.
public struct ErrorPayload: Codable, Sendable, Hashable {
    public var code: ErrorCode
    public var message: String
    public var retry: RetryAdvice

    public init(code: ErrorCode, message: String, retry: RetryAdvice) {
        self.code = code
        self.message = message
        self.retry = retry
    }

    public init(_ rejection: Rejection) {
        self.init(code: rejection.code, message: rejection.message, retry: rejection.retry)
    }
}

/// `{ok: false, error: {…}}`
public struct Refused: Codable, Sendable, Hashable {
    public var ok: Bool
    public var error: ErrorPayload

    public init(_ rejection: Rejection) {
        ok = false
        error = ErrorPayload(rejection)
    }
}

/// `{ok: true, …}`: the fields of the acknowledgement beside `ok`.
public struct Accepted<Ack: Codable & Sendable & Hashable>: Codable, Sendable, Hashable {
    public var ok: Bool
    public var ack: Ack

    private enum Key: CodingKey { case ok }

    public init(_ ack: Ack) {
        ok = true
        self.ack = ack
    }

    public init(from decoder: any Decoder) throws {
        ok = try decoder.container(keyedBy: Key.self).decode(Bool.self, forKey: .ok)
        ack = try Ack(from: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(ok, forKey: .ok)
        try ack.encode(to: encoder)
    }
}

/// The `auth` object of a Socket.IO handshake. A token; a nickname alone, which makes a guest; or the `resume` of a redirect.
public struct HandshakeAuth: Codable, Sendable, Hashable {
    public var token: String?
    public var nickname: Nickname?
    /// Set by stock clients on a reconnect.
    public var pid: String?
    /// Set by stock clients on a reconnect: the last string argument of any event.
    public var offset: String?
    /// `redirect`: the client follows `cluster:redirect`.
    public var capabilities: [String]?
    /// From `cluster:redirect`: who the client is and which room it is in. With it, only `offset` and `capabilities` are looked at.
    public var resume: String?

    public init(
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
