package import QuizModel
package import QuizRoomHost
package import QuizShards

/// Gives a group of shards from their owner A to B, decided at A.
///
/// **Normal path.** A asks whether B can take them (`prepare`, `prepared`) and still serves. A stops their rooms and waits until all they took is committed. A says so (`final`).
/// B moves the fences from A's terms to itself by one compare-and-set a shard: **that is the move**. B brings the rooms back from the database, tells
/// everybody that it owns them, and A as well (`finished`). A's sessions of those rooms attach to B.
///
/// **Failure paths.** B refuses, or does not answer: everything stays as it was. Rooms do not come to rest in time: they go on. B does not say `finished`: nobody at
/// A knows whether it moved the fences, so A moves them to *itself*, from the same terms. Only one of the two can win each shard. What A wins goes on at A
/// under the next epoch; what it does not win has moved. A dies: B's message finds no reader; shards B has moved are B's, the others are taken over like those of any
/// dead node. B dies after it moved the fences: the same. PostgreSQL is away: neither can move a fence; A's rooms stand still, and it tries again until one has.
/// Redis is away: nothing changes.
///
/// **Invariant.** At every instant the fence names one owner. Whoever is not named writes nothing; whoever does not know does not speak. B's side is
/// `HandOffTakingMachine`; every interleaving of the two, up to stated bounds, is explored in `HandOffExplorerTests`.
package struct HandOffMachine: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        /// Can transition to: stopping (accepted), ended.
        case preparing
        /// The rooms come to rest. Can transition to: moving, ended (they did not).
        case stopping
        /// `final` is sent. Can transition to: reclaiming (no word from B), ended.
        case moving
        /// A's own compare-and-set is under way. Can transition to: ended; itself, when the database does not answer.
        case reclaiming
        case ended
    }

    package enum Event: Sendable, Hashable {
        case prepared(isAccepted: Bool)
        /// Nil: not all of them came to rest in time.
        case stopped([RoomID: JournalHead]?)
        /// The terms B has now, of those that were offered.
        case finished([Term])
        /// Terms A has after its compare-and-set; nil: the database did not answer.
        case reclaimed([Term]?)
        /// No answer in time, or the link is gone.
        case silence
    }

    package enum Action: Sendable, Hashable {
        case sendPrepare
        case stopRooms
        case sendFinal([RoomID: JournalHead])
        case reclaim
        /// These go on here, under these terms.
        case resume([Term])
        /// These have moved.
        case release(Set<ShardID>)
    }

    package private(set) var state = State.preparing
    package let terms: [Term]
    package let to: Incarnation

    /// - Parameter terms: at least one; A's own.
    package init(terms: [Term], to: Incarnation) {
        self.terms = terms
        self.to = to
    }

    package func begin() -> [Action] { [.sendPrepare] }

    package mutating func handle(_ event: Event) -> [Action] {
        switch (state, event) {
        case (.preparing, .prepared(isAccepted: true)):
            state = .stopping
            return [.stopRooms]
        case (.preparing, .prepared(isAccepted: false)), (.preparing, .silence):
            state = .ended
            return []
        case (.stopping, .stopped(let heads?)):
            state = .moving
            return [.sendFinal(heads)]
        case (.stopping, .stopped(nil)):
            state = .ended
            return [.resume(terms)]
        case (.moving, .finished(let moved)) where Set(moved.map(\.shard)).isSuperset(of: terms.map(\.shard)):
            state = .ended
            return [.release(Set(terms.map(\.shard)))]
        case (.moving, .finished), (.moving, .silence):
            // Some or all of it is uncertain: the fence decides.
            state = .reclaiming
            return [.reclaim]
        case (.reclaiming, .reclaimed(let won?)):
            state = .ended
            let kept = Set(won.map(\.shard))
            let gone = Set(terms.map(\.shard)).subtracting(kept)
            return (won.isEmpty ? [] : [.resume(won)]) + (gone.isEmpty ? [] : [.release(gone)])
        case (.reclaiming, .reclaimed(nil)): return [.reclaim]
        // Late and repeated messages of a step that is over.
        case (_, .prepared), (_, .stopped), (_, .finished), (_, .reclaimed), (_, .silence): return []
        }
    }
}
