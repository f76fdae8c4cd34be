/// Something the node does often, to be measured by itself.
public struct Operation: Sendable {
    public let name: String
    /// Takes a tenth of a millisecond or more.
    public let isLong: Bool
    /// Makes what is needed, and gives what is to be measured; it may be done any number of times.
    public let prepare: @Sendable () -> () -> Void

    init(_ name: String, isLong: Bool = false, prepare: @escaping @Sendable () -> () -> Void) {
        self.name = name
        self.isLong = isLong
        self.prepare = prepare
    }
}

/// In the order of a frame's journey.
public let operations: [Operation] = [
    .decodeCommand, .applyAnswer, .acknowledgeAnswer, .encodeEvent, .journalBatch, .tick(members: 50), .meshFrame,
]

extension Optional {
    /// Inputs here are written by hand and right.
    var known: Wrapped {
        guard let self else { preconditionFailure("An operation's input is not what it should be.") }
        return self
    }
}
