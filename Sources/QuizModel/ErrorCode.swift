/// Why something a client asked for was refused. The one table of client-visible codes.
public enum ErrorCode: String, Codable, Sendable, CaseIterable {
    // The request itself.
    case invalid = "invalid_request"
    case unauthorized = "unauthorized"
    case forbidden = "forbidden"
    case notFound = "not_found"
    case rateLimited = "rate_limited"
    case busy = "busy"
    case unavailable = "unavailable"
    case overloaded = "overloaded"
    // Rooms.
    case roomNotFound = "room_not_found"
    case roomFull = "room_full"
    case roomLocked = "room_locked"
    case roomClosed = "room_closed"
    case wrongPassword = "wrong_password"
    case kicked = "kicked"
    case notInRoom = "not_in_room"
    case alreadyInRoom = "already_in_room"
    case notHost = "not_host"
    case playerNotFound = "player_not_found"
    // Games.
    case wrongPhase = "wrong_phase"
    case notReady = "not_ready"
    case noQuestions = "no_questions"
    case questionClosed = "question_closed"
    case alreadyAnswered = "already_answered"
    case choiceUnknown = "choice_unknown"
    case displaysCannotAnswer = "displays_cannot_answer"

    /// What a person is told; says what to do where something can be done.
    public var sentence: String {
        switch self {
        case .invalid: "The request is not well formed."
        case .unauthorized: "Sign in again: the token is missing, expired or revoked."
        case .forbidden: "You may not do that."
        case .notFound: "There is nothing here."
        case .rateLimited: "Too many requests. Wait a moment and try again."
        case .busy: "The server is busy. Try again in a moment."
        case .unavailable: "The game is being saved. It goes on by itself in a moment."
        case .overloaded: "The server has as many games as it can carry. Those that run go on. Try again in a moment."
        case .roomNotFound: "There is no such room, or it is private and the password is missing or wrong."
        case .roomFull: "The room is full."
        case .roomLocked: "The host has locked the room."
        case .roomClosed: "The room has been closed."
        case .wrongPassword: "There is no such room, or it is private and the password is missing or wrong."
        case .kicked: "The host has removed you from this room."
        case .notInRoom: "Join a room first."
        case .alreadyInRoom: "You are in another room. Leave it first."
        case .notHost: "Only the host can do that."
        case .playerNotFound: "That player is not in the room."
        case .wrongPhase: "That is not possible at this point of the game."
        case .notReady: "Somebody is not ready yet."
        case .noQuestions: "No questions match these settings."
        case .questionClosed: "Too late: the question is closed."
        case .alreadyAnswered: "You have already answered this question."
        case .choiceUnknown: "That is not one of the choices."
        case .displaysCannotAnswer: "A display shows the game and cannot answer."
        }
    }

    /// Whether the same request may succeed later, and after how many milliseconds to try.
    public var retry: RetryAdvice {
        switch self {
        case .rateLimited, .busy: .after(milliseconds: 1_000)
        case .unavailable: .after(milliseconds: 500)
        case .overloaded: .after(milliseconds: 5_000)
        case .notReady: .after(milliseconds: 2_000)
        default: .never
        }
    }
}

/// `false`, or a number of milliseconds.
public enum RetryAdvice: Codable, Sendable, Hashable {
    case never
    case after(milliseconds: Int)

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let milliseconds = try? container.decode(Int.self) {  // a Boolean is the other legal form
            self = .after(milliseconds: milliseconds)
        } else if try container.decode(Bool.self) == false {
            self = .never
        } else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "`retry` is false or milliseconds.")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .never: try container.encode(false)
        case .after(let milliseconds): try container.encode(milliseconds)
        }
    }
}

/// A refusal as a value: the code, and a sentence where the code's own does not say enough.
public struct Rejection: Error, Sendable, Hashable {
    public var code: ErrorCode
    public var message: String
    public var retry: RetryAdvice

    public init(_ code: ErrorCode, message: String? = nil, retry: RetryAdvice? = nil) {
        self.code = code
        self.message = message ?? code.sentence
        self.retry = retry ?? code.retry
    }
}
