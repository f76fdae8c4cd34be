/// Something a PostgreSQL connection could not do.
package struct PostgresError: Error, Sendable, Hashable {
    package enum Code: Sendable, Hashable {
        /// The server refused the statement; its SQLSTATE. The statement's transaction wrote nothing.
        case refused(String)
        /// The connection broke while an answer was awaited: whether the statement was committed is not known.
        case connectionLost
        /// No answer came in time; the statement may still be running. As unknown as `connectionLost`.
        case timedOut
        /// No connection could be made; nothing was sent.
        case notConnected
        /// All connections are in use and the queue is full, or the wait in it was too long; nothing was sent.
        case busy
        /// Text held U+0000, which PostgreSQL cannot store; nothing was sent.
        case unsuitableText
        /// The answer has another shape than the statement's reader expects.
        case unexpectedAnswer
        /// A connection that must reach the server itself goes through a pooler; nothing was sent.
        case behindPooler
        /// The adapter was shut down; nothing was sent.
        case closed
    }

    package var code: Code
    /// A sentence without parameters' values, so that it may be logged.
    package var context: String

    package init(_ code: Code, _ context: String) {
        self.code = code
        self.context = context
    }

    /// SQLSTATE, or a word for what happened to the connection.
    package var name: String {
        switch code {
        case .refused(let state): state
        case .connectionLost: "connection_lost"
        case .timedOut: "timed_out"
        case .notConnected: "not_connected"
        case .busy: "busy"
        case .unsuitableText: "unsuitable_text"
        case .unexpectedAnswer: "unexpected_answer"
        case .behindPooler: "behind_pooler"
        case .closed: "closed"
        }
    }

    /// The statement may have been committed although no answer says so.
    package var leavesOutcomeUnknown: Bool { code == .connectionLost || code == .timedOut }

    /// The refusal speaks of the server's state (no memory, shutting down, read-only after a failover), not of the
    /// statement's rows: sending other rows will not help, sending the same ones again later, over a new connection,
    /// will.
    package var isServerTrouble: Bool {
        guard case .refused(let state) = code else { return false }
        return ["08", "53", "57", "58", "XX"].contains(state.prefix(2)) || state == "25006"
    }

    /// Deadlock, serialization failure or lock timeout: nothing was written, the same statement may be sent again at
    /// once.
    package var isTransient: Bool {
        code == .refused("40P01") || code == .refused("40001") || code == .refused("55P03")
    }
}
