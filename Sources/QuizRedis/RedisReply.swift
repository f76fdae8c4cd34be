/// What Redis answers (RESP2), error replies apart: those are a ``RedisFailure``.
package enum RedisReply: Sendable, Hashable {
    case string([UInt8])
    case integer(Int64)
    case null
    case array([RedisReply])
    case status(String)
    /// An error inside an array, as `EXEC` gives.
    case error(String)

    /// The text of a string or status; nil for everything else.
    package var text: String? {
        switch self {
        case .string(let bytes): String(decoding: bytes, as: UTF8.self)
        case .status(let text): text
        case .integer, .null, .array, .error: nil
        }
    }

    package var integer: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    package var elements: [RedisReply]? {
        if case .array(let elements) = self { elements } else { nil }
    }
}

/// A command that got no good answer.
package struct RedisFailure: Error, Sendable, Hashable {
    package enum Code: String, Sendable, CaseIterable {
        /// An error reply; `context` has its text. The connection stays usable.
        case server
        /// The other side does not speak RESP2, or answered what was not asked. The connection is closed.
        case protocolViolation = "protocol"
        /// In flight when the connection closed: it may have been executed.
        case connectionLost = "connection_lost"
        /// Not answered within the caller's patience: it may have been, or may yet be, executed.
        case timedOut = "timed_out"
        /// Refused at once, because too many commands are queued or in flight.
        case overloaded
        /// The client has been closed.
        case closed
    }

    package var code: Code
    package var context: String

    package init(_ code: Code, _ context: String = "") {
        self.code = code
        self.context = context
    }
}
