internal import QuizCluster
package import QuizModel
package import QuizRoomHost
internal import QuizShards
internal import QuizTestKit

/// A database that keeps the rules and knows nothing of PostgreSQL's inside: requests take time, arrive late, or not at all, and their answers too.
package final class MemoryDatabase: @unchecked Sendable {  // the simulator's thread
    /// How long a client waits for an answer.
    static let patienceMs: Int64 = 2_000

    let simulator: Simulator
    let journal = InMemoryRoomJournal()
    let cluster: InMemoryClusterStore
    /// Processes whose requests do not arrive.
    var cutOff: Set<String> = []
    /// Processes that hear no answer.
    var deaf: Set<String> = []
    private var isStalled = false
    private var stalled: [@Sendable () -> Void] = []
    /// Told of each room's rows of a batch, the fence at that moment, and whether they were kept.
    var observer: (RoomAppend, Term?, Bool) -> Void = { _, _, _ in }
    /// False: sabotage.
    var isFenced = true

    package init(simulator: Simulator) {
        self.simulator = simulator
        cluster = InMemoryClusterStore(journal: journal)
    }

    func stall() { isStalled = true }

    func goOn() {
        isStalled = false
        let waiting = stalled
        stalled = []
        for body in waiting { body() }
    }

    // MARK: - What checks see

    package func rows(of room: RoomID) -> [JournalRow] { journal.rows(of: room) }
    package var results: [StoredResult] { journal.results }

    /// A request on its way: it arrives after a while, or later, or never.
    func arrive(from process: SimulatedProcess, _ body: @escaping @Sendable () -> Void) {
        simulator.after(ms: Int64(simulator.generator.pick(0...2))) {
            guard !self.cutOff.contains(process.name) else { return }
            if self.isStalled { self.stalled.append(body) } else { body() }
        }
    }

    /// An answer on its way back.
    func answer(to process: SimulatedProcess, _ body: @escaping @Sendable () -> Void) {
        guard !cutOff.contains(process.name), !deaf.contains(process.name) else { return }
        simulator.after(ms: Int64(simulator.generator.pick(0...2)), in: process, body)
    }

    func append(_ batch: JournalBatch) -> BatchOutcome {
        let fence = journal.withFence { $0 }
        let box = OutcomeBox()
        journal.append(isFenced ? batch : batch.unfenced(fence), lane: 0) { box.outcome = $0 }
        guard let outcome = box.outcome else { preconditionFailure("The store in memory answers before it returns.") }
        if case .committed(let kept) = outcome {
            for append in batch.appends {
                observer(append, fence[append.term.shard], kept.contains(append.room))
            }
        }
        return outcome
    }
}

extension JournalBatch {
    /// Sabotage: whoever owns the shard is taken for the writer.
    fileprivate func unfenced(_ fence: [ShardID: Term]) -> JournalBatch {
        var batch = self
        for index in batch.appends.indices {
            batch.appends[index].term = fence[batch.appends[index].term.shard] ?? batch.appends[index].term
        }
        return batch
    }
}

private final class OutcomeBox: @unchecked Sendable {  // the simulator's thread
    var outcome: BatchOutcome?
}
