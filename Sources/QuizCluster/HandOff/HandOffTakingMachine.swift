package import QuizShards

/// Takes a group of shards from their owner A, decided at B; begins when `final` has come. The protocol and its failure paths stand at
/// `HandOffMachine`.
///
/// **Normal path.** B moves the fences from A's terms to itself, brings up the rooms of what it has won, and tells A and everybody.
///
/// **Failure paths.** The database does not answer: nobody knows whether the fences moved, so B claims nothing. A asks the fence; what is B's after all is
/// found by B's watch over its own fences. The rooms cannot be read: they are B's all the same, and the watch brings them up.
package struct HandOffTakingMachine: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        /// The compare-and-set is under way. Can transition to: adopting, ended (nothing won).
        case moving
        /// The rooms of these are being brought up. Can transition to: ended.
        case adopting([Term])
        case ended
    }

    package enum Event: Sendable, Hashable {
        /// Terms B has now, of those that were offered; nil: the database did not answer.
        case moved([Term]?)
        /// The rooms are there, or could not be read.
        case adopted(isDone: Bool)
    }

    package enum Action: Sendable, Hashable {
        case move
        case adopt([Term])
        /// Say `finished` to A, and `owns` to everybody.
        case tell([Term])
    }

    package private(set) var state = State.moving

    package init() {}

    package func begin() -> [Action] { [.move] }

    package mutating func handle(_ event: Event) -> [Action] {
        switch (state, event) {
        case (.moving, .moved(let won?)) where !won.isEmpty:
            state = .adopting(won)
            return [.adopt(won)]
        case (.moving, .moved):
            state = .ended
            return [.tell([])]
        case (.adopting(let won), .adopted):
            state = .ended
            return [.tell(won)]
        case (_, .moved), (_, .adopted): return []
        }
    }
}
