package import NIOCore
internal import QuizModel
package import QuizWire

/// A session's commands that have no answer yet, numbered; after its room has moved they are sent to the new owner again.
///
/// Only commands with an ack are kept: of the others no client knows whether they arrived. Bound: `Limits.unansweredCommandsMax`; the next one is refused
/// with `busy`.
package struct CommandBacklog: Sendable {
    package struct Entry: Sendable, Hashable {
        package var number: UInt32
        package var name: ClientEventName
        package var json: ByteBuffer
        package var ack: Int?
        package var began: NIODeadline
    }

    /// In the order in which they came.
    package private(set) var unanswered: [Entry] = []
    private var lastNumber: UInt32 = 0

    package init() {}

    /// Numbers a command and keeps it when it wants an answer.
    ///
    /// - Parameter isHeld: it cannot be sent yet, so that it is kept in any case.
    /// - Returns: nil when too many wait; the command must not be sent.
    package mutating func add(
        name: ClientEventName, json: ByteBuffer, ack: Int?, began: NIODeadline, isHeld: Bool
    ) -> Entry? {
        guard unanswered.count < Limits.unansweredCommandsMax else { return nil }
        lastNumber += 1
        let entry = Entry(number: lastNumber, name: name, json: json, ack: ack, began: began)
        if ack != nil || isHeld { unanswered.append(entry) }
        return entry
    }

    package mutating func answered(_ ack: Int) {
        // Nearly always the first.
        if let position = unanswered.firstIndex(where: { $0.ack == ack }) { unanswered.remove(at: position) }
    }

    /// What is to be sent now; of what wants no answer nothing is kept.
    package mutating func sendAll() -> [Entry] {
        defer { unanswered.removeAll { $0.ack == nil } }
        return unanswered
    }

    /// Takes everything out, to be refused.
    package mutating func clear() -> [Entry] {
        defer { unanswered = [] }
        return unanswered
    }
}
