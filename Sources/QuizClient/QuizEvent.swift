internal import NIOCore
public import QuizModel
internal import QuizWire

/// What a client is told: by the server, and about its connection.
public enum QuizEvent: Sendable, Hashable {
    // About the connection.

    /// Connected, for the first time or again. Recovered: every game event that was missed follows, and nothing else; else the whole state does.
    case connected(recovered: Bool)
    /// The connection is gone; the client comes back by itself.
    case disconnected
    /// The client is now connected to another node, without having left the room.
    case moved(url: String)

    // About the room.

    case roomState(RoomStatePayload)
    case roomMember(MemberPayload)
    case roomLeft(MemberLeftPayload)
    case roomChanged(RoomChangedPayload)
    case roomClosed(RoomClosedPayload)
    case roomMe(MePayload)
    case roomSaving(SavingPayload)
    case presence(PresencePayload)

    // About the game.

    case countdown(CountdownPayload)
    case question(QuestionPayload)
    case progress(ProgressPayload)
    case locked(LockedPayload)
    case reveal(RevealPayload)
    case leaderboard(LeaderboardPayload)
    case over(GameOverPayload)
    case signed(GameSignedPayload)
    case paused(PausedPayload)
    case resumed(ResumedPayload)
    case lobby(LobbyPayload)

    // Talk.

    case chat(ChatMessagePayload)
    case chatRecent(ChatRecentPayload)

    /// The number of a game event: 1, 2, 3… in each room, the state's own for `roomState`; nil for all others.
    public var seq: Int? {
        switch self {
        case .roomState(let payload): payload.seq
        case .roomMember(let payload): payload.seq
        case .roomLeft(let payload): payload.seq
        case .roomChanged(let payload): payload.seq
        case .roomClosed(let payload): payload.seq
        case .countdown(let payload): payload.seq
        case .question(let payload): payload.seq
        case .locked(let payload): payload.seq
        case .reveal(let payload): payload.seq
        case .leaderboard(let payload): payload.seq
        case .over(let payload): payload.seq
        case .paused(let payload): payload.seq
        case .resumed(let payload): payload.seq
        case .lobby(let payload): payload.seq
        case .connected, .disconnected, .moved, .roomMe, .roomSaving, .presence, .progress, .signed, .chat, .chatRecent:
            nil
        }
    }

    /// - Returns: nil for what the client follows by itself, and for what does not fit the protocol.
    init?(_ name: ServerEventName, _ payload: ByteBuffer) {
        func read<Payload: Decodable>(_ make: (Payload) -> QuizEvent) -> QuizEvent? {
            // A payload of a newer server that this client cannot read is left out.
            (try? WireJSON.decode(Payload.self, from: payload)).map(make)
        }
        let event: QuizEvent? =
            switch name {
            case .roomState: read(QuizEvent.roomState)
            case .roomMember: read(QuizEvent.roomMember)
            case .roomLeft: read(QuizEvent.roomLeft)
            case .roomChanged: read(QuizEvent.roomChanged)
            case .roomClosed: read(QuizEvent.roomClosed)
            case .roomMe: read(QuizEvent.roomMe)
            case .roomSaving: read(QuizEvent.roomSaving)
            case .presenceUpdate: read(QuizEvent.presence)
            case .gameCountdown: read(QuizEvent.countdown)
            case .gameQuestion: read(QuizEvent.question)
            case .gameProgress: read(QuizEvent.progress)
            case .gameLocked: read(QuizEvent.locked)
            case .gameReveal: read(QuizEvent.reveal)
            case .gameLeaderboard: read(QuizEvent.leaderboard)
            case .gameOver: read(QuizEvent.over)
            case .gameSigned: read(QuizEvent.signed)
            case .gamePaused: read(QuizEvent.paused)
            case .gameResumed: read(QuizEvent.resumed)
            case .gameLobby: read(QuizEvent.lobby)
            case .chatMessage: read(QuizEvent.chat)
            case .chatRecent: read(QuizEvent.chatRecent)
            case .clusterRedirect: nil
            }
        guard let event else { return nil }
        self = event
    }
}
