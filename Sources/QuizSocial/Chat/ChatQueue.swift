internal import NIOConcurrencyHelpers
internal import QuizModel

/// Lines of chat that wait to be stored.
///
/// Whoever puts the first one in stores; what comes while a statement is under way waits here and goes with the next one. So under load many rooms' lines
/// are one statement and one commit, by themselves. Bound: `linesMax`; the next line is refused with `busy`.
final class ChatQueue: Sendable {
    typealias Done = @Sendable (Result<ChatSentAck, Rejection>) -> Void

    struct Entry: Sendable {
        /// With the id it is to have.
        var line: ChatLine
        var done: Done
    }

    enum Place: Sendable {
        /// Somebody is at work and will come to it.
        case behindOthers
        /// Nobody is: the caller has to see to it that the queue is emptied.
        case first
        case full
    }

    private struct State {
        var waiting: [Entry] = []
        var isWorkedAt = false
    }

    private static let linesMax = 10_000
    /// Of one statement.
    private static let batchMax = 500

    private let state = NIOLockedValueBox(State())

    func add(_ entry: Entry) -> Place {
        state.withLockedValue { state in
            guard state.waiting.count < Self.linesMax else { return .full }
            state.waiting.append(entry)
            guard !state.isWorkedAt else { return .behindOthers }
            state.isWorkedAt = true
            return .first
        }
    }

    /// The next lines to store; empty: there are none, and the work has ended.
    func next() -> [Entry] {
        state.withLockedValue { state in
            let batch = Array(state.waiting.prefix(Self.batchMax))
            state.waiting.removeFirst(batch.count)
            if batch.isEmpty { state.isWorkedAt = false }
            return batch
        }
    }
}
