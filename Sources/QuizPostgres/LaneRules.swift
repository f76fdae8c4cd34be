package import QuizModel
package import QuizRoomHost

/// What a lane makes of the server's answers: values without a connection, so that a simulated server meets the same
/// rules as the real one.
package enum LaneRules {
    /// How long a new connection waits for one process of an old one to end.
    package static let endingTimeout = Duration.seconds(5)

    /// What a lane does with a statement that failed.
    package enum Next: Sendable, Hashable {
        /// Send it again at once: nothing was written.
        case again
        /// Report the error; the connection stays.
        case giveUp
        /// Report the error and give the connection up. Its process may still be at work, and must be gone before
        /// anything else is sent.
        case abandon
    }

    /// The attempts at one statement.
    package struct Attempts: Sendable {
        /// A deadlock's victim wrote nothing and may try again at once; a third time is left to the caller.
        private static let attemptsMax = 3

        private var attempt = 1

        package init() {}

        package mutating func failed(_ error: PostgresError) -> Next {
            if error.isTransient, attempt < Self.attemptsMax {
                attempt += 1
                return .again
            }
            return error.leavesOutcomeUnknown || error.isServerTrouble ? .abandon : .giveUp
        }
    }

    /// A commit with a WARNING ("committed locally, but might not have been replicated") is as unknown as one without
    /// an answer.
    ///
    /// - Returns: nil: there is no doubt.
    package static func doubt(warnings: [String]) -> PostgresError? {
        warnings.first.map { PostgresError(.connectionLost, "The commit came with a warning: \($0)") }
    }

    /// How a batch that failed has ended.
    package static func outcome(of error: PostgresError) -> BatchOutcome {
        switch error.code {
        case .refused where !error.isServerTrouble, .unsuitableText: .failed(JournalFailure(error))
        // `unexpectedAnswer` cannot tell what was committed; `notConnected` can, but the answer is the same: again.
        default: .unknown(JournalFailure(error))
        }
    }

    /// The rooms of a batch whose rows are all in the journal, and those of which only a part was added.
    ///
    /// Only rows of an earlier attempt that commits at this moment can be in the way; the next attempt sees them.
    ///
    /// - Parameter added: what `JournalStatements.append` gave: rows inserted, or −1 when all of them were there.
    package static func kept(
        of batch: JournalBatch, added: [RoomID: Int]
    ) -> (kept: Set<RoomID>, partly: [RoomID]) {
        let expected = Dictionary(
            batch.appends.map { ($0.room, $0.rows.count) }, uniquingKeysWith: { first, _ in first })
        let kept = Set(added.filter { $0.value == -1 || $0.value == expected[$0.key] }.keys)
        return (kept, added.keys.filter { !kept.contains($0) }.sorted())
    }

    /// What a fenced write other than an append answers.
    package enum Fenced: Sendable, Hashable {
        case written
        /// The fence row was not there with this term, or somebody holds it: read it to know.
        case notLocked
    }

    /// - Throws: `head_not_committed` when the head the write speaks of is not in the journal.
    package static func fenced(locked: Bool, accepted: Bool) throws(JournalFailure) -> Fenced {
        guard locked else { return .notLocked }
        guard accepted else {
            throw JournalFailure(
                code: "head_not_committed", context: "The journal does not hold the head this write speaks of.")
        }
        return .written
    }
}

extension JournalFailure {
    package init(_ error: PostgresError) { self.init(code: error.name, context: error.context) }

    package static let fenceLocked = JournalFailure(
        code: "fence_locked", context: "Somebody holds the shard's fence row; the term may be about to end.")
}
