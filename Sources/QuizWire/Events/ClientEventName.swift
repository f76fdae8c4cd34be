internal import QuizModel

/// Every command a client may send. Each is acknowledged with `{ok: true, …}` or `{ok: false, error: {…}}`.
package enum ClientEventName: String, Sendable, CaseIterable {
    case roomCreate = "room:create"
    case roomJoin = "room:join"
    case roomLeave = "room:leave"
    case roomReady = "room:ready"
    case roomKick = "room:kick"
    case roomTransfer = "room:transfer"
    case roomLock = "room:lock"
    case roomConfigure = "room:configure"
    case roomClose = "room:close"
    case gameStart = "game:start"
    case gameAnswer = "game:answer"
    case gamePause = "game:pause"
    case gameResume = "game:resume"
    case gameSkip = "game:skip"
    case gameRematch = "game:rematch"
    case chatSend = "chat:send"
    case chatHistory = "chat:history"
    case timeSync = "time:sync"

    /// What the command carries and what its acknowledgement carries beside `ok`.
    package var types: CommandTypes {
        switch self {
        case .roomCreate: .init(CreateRoomCommand.self, ack: RoomCreatedAck.self)
        case .roomJoin: .init(JoinRoomCommand.self, ack: RoomJoinedAck.self)
        case .roomReady: .init(ReadyCommand.self, ack: DoneAck.self)
        case .roomKick, .roomTransfer: .init(MemberCommand.self, ack: DoneAck.self)
        case .roomLock: .init(LockCommand.self, ack: DoneAck.self)
        case .roomConfigure: .init(ConfigureCommand.self, ack: DoneAck.self)
        case .roomLeave, .roomClose, .gameStart, .gamePause, .gameResume, .gameSkip, .gameRematch:
            .init(PlainCommand.self, ack: DoneAck.self)
        case .gameAnswer: .init(AnswerCommand.self, ack: AnswerAck.self)
        case .chatSend: .init(ChatSendCommand.self, ack: ChatSentAck.self)
        case .chatHistory: .init(ChatHistoryCommand.self, ack: ChatHistoryAck.self)
        case .timeSync: .init(TimeSyncCommand.self, ack: TimeSyncAck.self)
        }
    }

    package var command: any WirePayload.Type { types.command }
    package var ack: any WirePayload.Type { types.ack }

    /// What it does, in a sentence.
    package var summary: String {
        switch self {
        case .roomCreate: "Makes a room; the creator still has to join it."
        case .roomJoin: "Takes a seat, or gives the same seat back."
        case .roomLeave: "Gives the seat up."
        case .roomReady: "Says whether the player is ready."
        case .roomKick: "Removes a member for good; by the host."
        case .roomTransfer: "Makes another member the host; by the host."
        case .roomLock: "Admits nobody new; by the host."
        case .roomConfigure: "Changes the settings; by the host in the lobby."
        case .roomClose: "Closes the room; by the host."
        case .gameStart: "Starts a game; by the host."
        case .gameAnswer:
            "Answers a question; acknowledged when it is stored durably. A retry gives the recorded answer."
        case .gamePause: "Stops the phase's clock; by the host."
        case .gameResume: "Goes on after a pause; by the host."
        case .gameSkip: "Ends the phase now; by the host."
        case .gameRematch: "Goes back to the lobby after a game; by the host."
        case .chatSend: "Says a line; acknowledged when it is stored durably. A retry never doubles it."
        case .chatHistory: "Gives lines of room chat, a page at a time."
        case .timeSync: "Compares clocks, NTP style."
        }
    }
}

/// The two halves of a command.
package struct CommandTypes: Sendable {
    package let command: any WirePayload.Type
    package let ack: any WirePayload.Type

    init(_ command: any WirePayload.Type, ack: any WirePayload.Type) {
        self.command = command
        self.ack = ack
    }
}
