import QuizModel
import QuizPostgres
import QuizRoomHost
import QuizShards

@testable import QuizSimulatedDatabase

/// Two nodes, two shards of the first, a room in each; time moves when a test says so.
final class Bench {
    /// What a call answered; nil: nothing yet.
    final class Answer<Value> {
        var value: Value?
    }

    let scheduler = SeededScheduler(seed: 1)
    let server: SimulatedPostgres
    let first: SimulatedDatabase
    let second: SimulatedDatabase
    let shards = [3, 4].compactMap(ShardID.init(index:))
    private(set) var rooms: [(record: RoomRecord, term: Term, head: JournalHead)] = []

    /// Steps that take no time, so that only what a test asks for comes between them.
    init() {
        var timing = DatabaseTiming()
        timing.networkMs = 1...1
        timing.stepMs = 0...0
        timing.flushMs = 1...1
        timing.syncLateOnceIn = 0
        server = SimulatedPostgres(scheduler: scheduler, timing: timing)
        var configuration = PostgresConfiguration(conninfo: "", lanes: 1)
        configuration.batchTimeout = .milliseconds(400)
        first = SimulatedDatabase(node: "first", server: server, configuration: configuration)
        second = SimulatedDatabase(node: "second", server: server, configuration: configuration)
        found()
    }

    private func found() {
        let terms = take(shards, by: first, owner: 1)
        run(ms: 500)
        for (index, term) in (terms.value ?? []).enumerated() {
            guard let code = RoomCode("ABCDEF" + String(index + 2)) else { continue }
            let record = RoomRecord(room: RoomID(value: UInt128(index + 1)), code: code, shard: term.shard, rules: 1)
            first.query(.createRoom(record, term), pool: .web) { _ in }
            rooms.append(
                (record, term, JournalHead(number: 0, chain: JournalChain.start(room: record.room, rules: 1))))
        }
        run(ms: 500)
    }

    func run(ms: Int64) { scheduler.run(until: scheduler.nowMs + ms) }

    func take(_ shards: [ShardID], by node: SimulatedDatabase, owner: UInt128) -> Answer<[Term]> {
        let answer = Answer<[Term]>()
        node.ownership.take(shards, owner: Incarnation(value: owner)) { answer.value = try? $0.get() }  // Nil: refused.
        return answer
    }

    /// The next row of each of these rooms.
    func next(_ places: Int...) -> JournalBatch {
        JournalBatch(
            appends: places.map { place in
                let (record, term, head) = rooms[place]
                let number = head.number + 1
                let chain = JournalChain.next(after: head.chain, number: number, payload: [1])
                rooms[place].head = JournalHead(number: number, chain: chain)
                let row = JournalRow(number: number, chain: chain, digest: nil, payload: [1])
                return RoomAppend(room: record.room, term: term, previous: head, rows: [row])
            })
    }

    func append(_ batch: JournalBatch) -> Answer<BatchOutcome> {
        let answer = Answer<BatchOutcome>()
        first.lane(0).append(batch) { answer.value = $0 }
        return answer
    }

    func id(_ place: Int) -> RoomID { rooms[place].record.room }
    func rowCount(_ place: Int) -> Int { server.journal(of: id(place)).count }
}

extension BatchOutcome {
    /// Nil: its outcome is known.
    var unknownCode: String? { if case .unknown(let failure) = self { failure.code } else { nil } }
}
