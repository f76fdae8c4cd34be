internal import QuizPostgres

/// One step of a schedule that is played on the simulated server and on a real one.
package enum AgreementStep: Sendable {
    /// The session's client sends a statement and no Sync: it runs, its transaction stays open.
    case execute(session: Int, SimulatedStatement)
    case sync(session: Int)
    /// Somebody ends the session's process.
    case terminate(session: Int)
    /// The client closes its end. What it has sent is still done.
    case close(session: Int)
}

extension AgreementStep: CustomStringConvertible {
    package var description: String {
        switch self {
        case .execute(let session, let statement): "\(session): \(statement.sent.name)"
        case .sync(let session): "\(session): Sync"
        case .terminate(let session): "\(session): ended"
        case .close(let session): "\(session): closed"
        }
    }
}

/// What a session's client has been told.
package enum AgreementAnswer: Hashable, Sendable {
    case rows(SimulatedRows)
    /// SQLSTATE.
    case refused(String)
    case ready
    case closed
}

/// A session once everything stands still behind a step.
package struct SessionView: Hashable, Sendable {
    /// Since the step before.
    package var answers: [AgreementAnswer] = []
    /// The sessions it waits for.
    package var waitsFor: Set<Int> = []
    /// Whether the server still has its process.
    package var isThere = true

    package init(answers: [AgreementAnswer] = [], waitsFor: Set<Int> = [], isThere: Bool = true) {
        self.answers = answers
        self.waitsFor = waitsFor
        self.isThere = isThere
    }
}
