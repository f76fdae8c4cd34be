public import QuizModel

/// Why the client could not do what it was asked.
public enum QuizClientError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The server said no; its error tells whether and when to try again.
    case refused(ErrorPayload)
    /// The connection went before the answer came, and the command is none that may be repeated: it may or may not have been carried out.
    case lost
    /// No answer in time, over however many connections.
    case timedOut
    /// `close` was called, or the client was refused for good.
    case closed
    /// The address is not like `https://quiz.example.org` or `http://127.0.0.1:8080`.
    case addressUnusable(String)
    /// An answer that is not what the protocol says.
    case unintelligible
    /// Nobody took the events for so long that some would have been lost.
    case readerTooSlow

    /// The server's reason, when it was the server that said no.
    public var code: ErrorCode? {
        if case .refused(let error) = self { error.code } else { nil }
    }

    public var description: String {
        switch self {
        case .refused(let error): error.message
        case .lost: "The connection went before the answer came."
        case .timedOut: "There was no answer in time."
        case .closed: "The client is closed."
        case .addressUnusable(let text):
            "\(text) is not an address like https://quiz.example.org or http://127.0.0.1:8080."
        case .unintelligible: "The server's answer is not what the protocol says."
        case .readerTooSlow: "The client's events were not read in time."
        }
    }
}
