internal import QuizModel

/// Anything that travels as a JSON object.
package typealias WirePayload = Codable & Sendable & Hashable

/// Every event the server sends. The one declaration: the gateway, the AsyncAPI document and the web client's types follow it.
///
/// On the wire an event is exactly `[name, payload, offset]`; the offset is the recovery watermark.
package enum ServerEventName: String, Sendable, CaseIterable {
    case roomState = "room:state"
    case roomMember = "room:member"
    case roomLeft = "room:left"
    case roomChanged = "room:changed"
    case roomClosed = "room:closed"
    case roomMe = "room:me"
    case roomSaving = "room:saving"
    case presenceUpdate = "presence:update"
    case gameCountdown = "game:countdown"
    case gameQuestion = "game:question"
    case gameProgress = "game:progress"
    case gameLocked = "game:locked"
    case gameReveal = "game:reveal"
    case gameLeaderboard = "game:leaderboard"
    case gameOver = "game:over"
    case gameSigned = "game:signed"
    case gamePaused = "game:paused"
    case gameResumed = "game:resumed"
    case gameLobby = "game:lobby"
    case chatMessage = "chat:message"
    case chatRecent = "chat:recent"
    case clusterRedirect = "cluster:redirect"

    package var payload: any WirePayload.Type {
        switch self {
        case .roomState: RoomStatePayload.self
        case .roomMember: MemberPayload.self
        case .roomLeft: MemberLeftPayload.self
        case .roomChanged: RoomChangedPayload.self
        case .roomClosed: RoomClosedPayload.self
        case .roomMe: MePayload.self
        case .roomSaving: SavingPayload.self
        case .presenceUpdate: PresencePayload.self
        case .gameCountdown: CountdownPayload.self
        case .gameQuestion: QuestionPayload.self
        case .gameProgress: ProgressPayload.self
        case .gameLocked: LockedPayload.self
        case .gameReveal: RevealPayload.self
        case .gameLeaderboard: LeaderboardPayload.self
        case .gameOver: GameOverPayload.self
        case .gameSigned: GameSignedPayload.self
        case .gamePaused: PausedPayload.self
        case .gameResumed: ResumedPayload.self
        case .gameLobby: LobbyPayload.self
        case .chatMessage: ChatMessagePayload.self
        case .chatRecent: ChatRecentPayload.self
        case .clusterRedirect: RedirectPayload.self
        }
    }

    package var eventClass: EventClass {
        switch self {
        case .roomState, .roomMember, .roomLeft, .roomChanged, .roomClosed, .gameCountdown, .gameQuestion, .gameLocked,
            .gameReveal, .gameLeaderboard, .gameOver, .gamePaused, .gameResumed, .gameLobby:
            .game
        case .roomMe, .clusterRedirect: .mine
        case .gameSigned, .chatMessage, .chatRecent: .chat
        case .roomSaving, .presenceUpdate, .gameProgress: .now
        }
    }

    /// What it tells, in a sentence.
    package var summary: String {
        switch self {
        case .roomState: "Everything public about a room: after a join, and after a connection that was not recovered."
        case .roomMember: "Somebody joined, or a member changed."
        case .roomLeft: "Somebody left or was kicked."
        case .roomChanged: "Settings, lock or host changed."
        case .roomClosed: "The last event of a room."
        case .roomMe: "The receiver's own seat."
        case .roomSaving: "The journal cannot be reached and the room's clock stands still; nothing is lost."
        case .presenceUpdate: "Which members have a connection."
        case .gameCountdown: "A game has begun; the first question opens at `until`."
        case .gameQuestion: "A question, sent a moment before it opens for all at one room instant."
        case .gameProgress: "How many of those playing have answered."
        case .gameLocked: "No new answers; those under way are waited for."
        case .gameReveal: "The right answers, the distribution and everybody's points."
        case .gameLeaderboard: "The standing after a question."
        case .gameOver: "The podium."
        case .gameSigned: "The finished game's journal hash and the server's signature over it."
        case .gamePaused: "The phase's clock stands still."
        case .gameResumed: "The phase goes on and ends at `until`."
        case .gameLobby: "Back to the lobby."
        case .chatMessage: "A line of room chat."
        case .chatRecent: "The newest lines of room chat, oldest first."
        case .clusterRedirect:
            "The room is on another node: the way there, for clients that say `redirect` among their capabilities."
        }
    }
}
