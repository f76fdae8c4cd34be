package import NIOCore
package import QuizModel
package import QuizRoomHost
package import QuizShards

/// Everything one node says to another.
///
/// A link keeps the order and loses nothing while it is up; when it breaks, what was under way is gone. So each message says
/// whether repeating it is harmless and what happens when it is lost.
package enum PeerMessage: Sendable, Hashable {
    // From a gateway to the owner of a room.
    case attach(SessionAttach)
    case command(SessionCommand)
    case detach(SessionDetach)
    case chat(SessionChat)

    // From the owner to a gateway.
    case event(SessionsEvent)
    case reply(SessionReply)
    case attached(SessionAttached)
    case ended(SessionEnded)
    case measure(SessionMeasure)

    // Between owners.
    case prepare(HandOffPrepare)
    case prepared(HandOffPrepared)
    case final(HandOffFinal)
    case finished(HandOffFinished)
    case owns(ShardClaims)
    case notMine(ShardClaims)

    // Questions any node may ask another one; see `PeerCall`.
    case ask(PeerCall)
    case answer(PeerAnswer)
}

/// Names a session on the link: the gateway's own number and how often it has attached. The owner repeats both; a gateway drops what belongs to
/// an older attachment.
package struct SessionHandle: Hashable, Sendable {
    /// Random, drawn by the gateway for each connection of a client; also the session's name in the room's journal.
    package var session: UInt64
    /// 1, 2, 3…
    package var attachment: UInt32

    package init(session: UInt64, attachment: UInt32) {
        self.session = session
        self.attachment = attachment
    }
}

/// Sender: the gateway of a session. Duty: the owner lets the session into the room. Reply: `attached`, or `notMine`. Repeating it with a higher attachment
/// number is harmless; the older attachment ends.
package struct SessionAttach: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// A client's `room:join`; `json` is its payload, `ack` the number its answer goes to.
        case join(json: ByteBuffer, ack: Int?, number: UInt32)
        /// The session was in the room before. `offset` is the last one its client was sent; an offset older than `baseline` is not believed.
        case resume(offset: String, baseline: Int)
    }

    package var handle: SessionHandle
    package var code: RoomCode
    package var player: PlayerID
    package var nickname: Nickname
    package var kind: Kind
    /// Milliseconds since the request was read from its socket.
    package var ageMs: Int
    /// See `SessionOutlet.latencyMs`.
    package var latencyMs: Int?

    package init(
        handle: SessionHandle, code: RoomCode, player: PlayerID, nickname: Nickname, kind: Kind, ageMs: Int,
        latencyMs: Int?
    ) {
        self.handle = handle
        self.code = code
        self.player = player
        self.nickname = nickname
        self.kind = kind
        self.ageMs = ageMs
        self.latencyMs = latencyMs
    }
}

/// Sender: the gateway. Duty: the owner performs the command once, however often it comes: its number tells. Reply: `reply` when it has an ack. When it is lost, the gateway
/// sends it again after the next `attached`.
package struct SessionCommand: Hashable, Sendable {
    package var handle: SessionHandle
    /// Counts the session's commands from 1; never starts again.
    package var number: UInt32
    package var ack: Int?
    /// For example `game:answer`.
    package var name: String
    /// One JSON value.
    package var json: ByteBuffer
    package var ageMs: Int
    package var latencyMs: Int?

    package init(
        handle: SessionHandle, number: UInt32, ack: Int?, name: String, json: ByteBuffer, ageMs: Int, latencyMs: Int?
    ) {
        self.handle = handle
        self.number = number
        self.ack = ack
        self.name = name
        self.json = json
        self.ageMs = ageMs
        self.latencyMs = latencyMs
    }
}

/// Sender: the gateway whose client has gone. Duty: the owner forgets the session; the seat stays. No reply. Harmless to repeat; when it is lost, the link is too,
/// and with it all its sessions.
package struct SessionDetach: Hashable, Sendable {
    package var handle: SessionHandle
    package init(handle: SessionHandle) { self.handle = handle }
}

/// Sender: the gateway, which stores the line. Duty: the owner shows it to the room, once per player and client id. Reply: `reply` with `{"ok":true}` or a rejection to `ack`,
/// which the gateway keeps for itself. Harmless to repeat.
package struct SessionChat: Hashable, Sendable {
    package var handle: SessionHandle
    package var ack: Int
    /// A `ChatMessagePayload` as JSON.
    package var json: ByteBuffer

    package init(handle: SessionHandle, ack: Int, json: ByteBuffer) {
        self.handle = handle
        self.ack = ack
        self.json = json
    }
}

/// Sender: the owner. Duty: the gateway hands one event, encoded once, to each of these sessions. It crosses once per node. When it is lost, the link is too: the
/// sessions attach again and get what they missed.
package struct SessionsEvent: Hashable, Sendable {
    package var sessions: [SessionHandle]
    package var name: String
    package var json: ByteBuffer
    package var offset: String
    package var conflation: Int?

    package init(sessions: [SessionHandle], name: String, json: ByteBuffer, offset: String, conflation: Int?) {
        self.sessions = sessions
        self.name = name
        self.json = json
        self.offset = offset
        self.conflation = conflation
    }
}

/// Sender: the owner. Duty: the gateway answers the client's command. After it the command need not be sent again.
package struct SessionReply: Hashable, Sendable {
    package var handle: SessionHandle
    package var ack: Int
    package var json: ByteBuffer

    package init(handle: SessionHandle, ack: Int, json: ByteBuffer) {
        self.handle = handle
        self.ack = ack
        self.json = json
    }
}

/// Sender: the owner, in answer to `attach`; precedes every event of that attachment. Duty: the gateway sends the unanswered commands again.
package struct SessionAttached: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        /// What was missed follows.
        case recovered
        /// `room:state` follows; offsets older than the baseline are void.
        case fresh(baseline: Int)
        /// The player is not in the room, or was not let in: the reply says why.
        case notMember
        /// There is no such room.
        case notFound
        /// The room's journal is damaged.
        case quarantined
    }

    package var handle: SessionHandle
    package var room: RoomID?
    package var verdict: Verdict

    package init(handle: SessionHandle, room: RoomID?, verdict: Verdict) {
        self.handle = handle
        self.room = room
        self.verdict = verdict
    }
}

/// Sender: the owner. Duty: the gateway treats its session as `SessionOutlet.ended` says; `moved` makes it look for the new owner.
package struct SessionEnded: Hashable, Sendable {
    package var handle: SessionHandle
    package var reason: SessionEnd

    package init(handle: SessionHandle, reason: SessionEnd) {
        self.handle = handle
        self.reason = reason
    }
}

/// Sender: the owner, without a latency. Duty: the gateway measures the sessions' latency once more and, a moment later, answers with it. Harmless to lose and to repeat.
package struct SessionMeasure: Hashable, Sendable {
    package var sessions: [SessionHandle]
    /// See `SessionOutlet.latencyMs`; nil from an owner.
    package var latencyMs: Int?

    package init(sessions: [SessionHandle], latencyMs: Int? = nil) {
        self.sessions = sessions
        self.latencyMs = latencyMs
    }
}

/// Sender: the owner A of shards that are to be B's. Duty: B says whether it can take them. Reply: `prepared`. Harmless to repeat.
package struct HandOffPrepare: Hashable, Sendable {
    /// Names the hand-off between A and B; drawn at random.
    package var number: UInt64
    package var terms: [Term]
    /// Highest rules among the shard's rooms; B must know them.
    package var rules: Int
    package var rooms: Int

    package init(number: UInt64, terms: [Term], rules: Int, rooms: Int) {
        self.number = number
        self.terms = terms
        self.rules = rules
        self.rooms = rooms
    }
}

/// Sender: B, in answer to `prepare`. Duty: A stops the shard's rooms and sends `final`, or leaves everything as it is. A late one is ignored.
package struct HandOffPrepared: Hashable, Sendable {
    package var number: UInt64
    package var isAccepted: Bool

    package init(number: UInt64, isAccepted: Bool) {
        self.number = number
        self.isAccepted = isAccepted
    }
}

/// Sender: A, whose rooms of the shards have stopped and have nothing uncommitted. Duty: B moves the fences from these terms to itself and brings the rooms
/// back from the database, as after a death (Decision 0010). Reply: `finished`. Harmless to repeat. When it or the reply is lost, A moves the
/// fences to itself.
package struct HandOffFinal: Hashable, Sendable {
    package struct Room: Hashable, Sendable {
        package var room: RoomID
        /// What B must find.
        package var head: JournalHead

        package init(room: RoomID, head: JournalHead) {
            self.room = room
            self.head = head
        }
    }

    package var number: UInt64
    package var terms: [Term]
    package var reason: MoveReason
    package var rooms: [Room]

    package init(number: UInt64, terms: [Term], reason: MoveReason, rooms: [Room]) {
        self.number = number
        self.terms = terms
        self.reason = reason
        self.rooms = rooms
    }
}

/// Sender: B, in answer to `final`. Duty: A drops the rooms of these shards. Harmless to repeat.
package struct HandOffFinished: Hashable, Sendable {
    package var number: UInt64
    /// B's terms of the shards it has taken; those that are missing it could not take.
    package var now: [Term]

    package init(number: UInt64, now: [Term]) {
        self.number = number
        self.now = now
    }
}

/// Sender: an owner (`owns`: after each change of owner, and whole after a link opens), or anybody who was asked for a shard that is another's (`notMine`). Duty: whoever hears a higher epoch believes
/// it, and attaches its sessions there. Harmless to lose and to repeat.
package struct ShardClaims: Hashable, Sendable {
    package var terms: [Term]
    package init(terms: [Term]) { self.terms = terms }
}

/// A question to another node; `answer` repeats its number. Lost with the link: the asker gives up after a time-out.
package struct PeerCall: Hashable, Sendable {
    package enum Question: Hashable, Sendable {
        /// What `GET /api/rooms/{code}` answers; the reply is a `RoomSummary` or empty.
        case room(RoomCode)
        /// Public rooms here; the reply is an array of `RoomSummary`.
        case publicRooms
        /// Makes a room here; `json` is a `CreateRoomCommand`. The reply is an `Accepted` or `Refused`.
        case create(json: ByteBuffer, player: PlayerID)
        /// An HTTP request of a long-polling session whose name says that it lives there.
        case poll(PolledRequest)
        /// For operators: what the node knows of itself, as JSON.
        case status
    }

    package var number: UInt64
    package var question: Question

    package init(number: UInt64, question: Question) {
        self.number = number
        self.question = question
    }
}

/// A request that a gateway passes on as it came.
package struct PolledRequest: Hashable, Sendable {
    package var method: String
    package var uri: String
    package var headers: [Pair]
    package var body: ByteBuffer
    /// The client's address, numeric.
    package var remoteAddress: String

    package struct Pair: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(method: String, uri: String, headers: [Pair], body: ByteBuffer, remoteAddress: String) {
        self.method = method
        self.uri = uri
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
    }
}

package struct PeerAnswer: Hashable, Sendable {
    package var number: UInt64
    /// For `poll` the HTTP status; else 200, or 404 for nothing.
    package var status: Int
    package var headers: [PolledRequest.Pair]
    package var body: ByteBuffer

    package init(number: UInt64, status: Int, headers: [PolledRequest.Pair] = [], body: ByteBuffer) {
        self.number = number
        self.status = status
        self.headers = headers
        self.body = body
    }
}
