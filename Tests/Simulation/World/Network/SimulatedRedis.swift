internal import DequeModule
internal import QuizCluster
internal import QuizModel
internal import QuizShards

/// The Redis of the cluster: forgets, loses its last seconds, or cannot be reached by some.
package final class SimulatedRedis: @unchecked Sendable {  // the simulator's thread
    struct Content {
        var generation = 0
        var members: [Incarnation: DirectorySnapshot.Member] = [:]
        var terms: [ShardID: Term] = [:]
    }

    /// How long a client waits for an answer.
    static let patienceMs: Int64 = 1_000

    let simulator: Simulator
    var content = Content()
    private var earlier: Deque<Content> = []
    /// Processes whose requests do not arrive.
    var cutOff: Set<String> = []
    /// Processes that hear no answer.
    var deaf: Set<String> = []
    var isAway = false

    package init(simulator: Simulator) {
        self.simulator = simulator
        remember()
    }

    /// FLUSHALL, or a new server.
    func forget() {
        content = Content(generation: content.generation + 1)
        earlier = []
    }

    /// A replica takes over that lacks the last seconds.
    func loseLastSeconds() {
        if let old = earlier.first { content = old }
        earlier = []
    }

    /// Keeps how it was three seconds ago.
    private func remember() {
        simulator.after(ms: 1_000) {
            self.earlier.append(self.content)
            if self.earlier.count > 3 { self.earlier.removeFirst() }
            self.remember()
        }
    }
}

/// One node's `ShardDirectory`.
final class RedisEnd: ShardDirectory, @unchecked Sendable {  // the simulator's thread
    private let redis: SimulatedRedis
    private let process: SimulatedProcess

    init(_ redis: SimulatedRedis, of process: SimulatedProcess) {
        self.redis = redis
        self.process = process
    }

    func beat(_ announcement: NodeAnnouncement, beat: UInt64) async -> DirectorySnapshot? {
        await request { content in
            content.members[announcement.incarnation] = .init(announcement: announcement, beat: beat)
            return DirectorySnapshot(generation: "generation \(content.generation)", members: content.members)
        }
    }

    func forget(_ node: Incarnation) async { _ = await request { $0.members[node] = nil } }

    func publish(_ terms: [Term]) async -> Bool {
        let done: Void? = await request { content in
            for term in terms where term.epoch > content.terms[term.shard]?.epoch ?? Epoch(0) {
                content.terms[term.shard] = term
            }
        }
        return done != nil
    }

    func map() async -> [ShardID: Term]? { await request { $0.terms } }

    private func request<Answer: Sendable>(
        _ body: @escaping @Sendable (inout SimulatedRedis.Content) -> Answer
    ) async -> Answer? {
        await withUnsafeContinuation { continuation in
            let (redis, simulator, process) = (redis, redis.simulator, process)
            let answer = OneAnswer(continuation)
            simulator.after(ms: SimulatedRedis.patienceMs, in: process) { answer.give(nil) }
            simulator.after(ms: Int64(simulator.generator.pick(0...1))) {
                guard !redis.isAway, !redis.cutOff.contains(process.name) else { return }
                let result = body(&redis.content)
                guard !redis.deaf.contains(process.name) else { return }
                simulator.after(ms: Int64(simulator.generator.pick(0...1)), in: process) { answer.give(result) }
            }
        }
    }
}

/// The first answer counts.
final class OneAnswer<Answer: Sendable>: @unchecked Sendable {  // the simulator's thread
    private var continuation: UnsafeContinuation<Answer, Never>?

    init(_ continuation: UnsafeContinuation<Answer, Never>) { self.continuation = continuation }

    func give(_ answer: Answer) {
        continuation?.resume(returning: answer)
        continuation = nil
    }
}
