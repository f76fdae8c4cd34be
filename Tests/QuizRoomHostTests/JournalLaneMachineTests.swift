import QuizModel
import QuizShards
import QuizTestKit
import Testing

@testable import QuizRoomHost

@Suite("JournalLaneMachine")
struct JournalLaneMachineTests {
    private static let owner = Incarnation(value: 7)

    private func term(_ shard: Int) throws -> Term {
        Term(shard: try #require(ShardID(index: shard)), epoch: Epoch(3), owner: Self.owner)
    }

    private func append(_ room: UInt128, shard: Int = 0, from number: Int64 = 1, count: Int = 1) throws -> RoomAppend {
        let rows = (0..<count).map { offset in
            let number = number + Int64(offset)
            return JournalRow(number: number, chain: [UInt8(number)], digest: nil, payload: [1])
        }
        return RoomAppend(
            room: RoomID(value: room), term: try term(shard),
            previous: JournalHead(number: number - 1, chain: [UInt8(number - 1)]), rows: rows)
    }

    private func sent(_ action: JournalLaneMachine.Action?) throws -> JournalBatch {
        guard case .send(let batch) = action else { throw Unexpected(action: action) }
        return batch
    }

    private struct Unexpected: Error { var action: JournalLaneMachine.Action? }

    @Test func `what arrives while a batch is under way becomes the next batch`() throws {
        var lane = JournalLaneMachine()
        lane.enqueue(try append(1))
        let first = try sent(lane.next())
        lane.enqueue(try append(2))
        lane.enqueue(try append(1, from: 2))
        #expect(lane.next() == nil)
        #expect(
            lane.outcome(.committed(kept: [RoomID(value: 1)])) == [
                .committed(RoomID(value: 1), JournalHead(number: 1, chain: [1]))
            ])
        let second = try sent(lane.next())
        #expect(first.appends.count == 1)
        #expect(second.appends.map(\.room) == [RoomID(value: 2), RoomID(value: 1)])
    }

    @Test func `rows of one room join and keep their order`() throws {
        var lane = JournalLaneMachine()
        lane.enqueue(try append(1, from: 1))
        lane.enqueue(try append(1, from: 2, count: 2))
        let batch = try sent(lane.next())
        #expect(batch.appends.first?.rows.map(\.number) == [1, 2, 3])
        #expect(batch.appends.first?.previous.number == 0)
    }

    @Test func `an unknown outcome sends the very same batch again, for ever`() throws {
        var lane = JournalLaneMachine()
        lane.enqueue(try append(1))
        let batch = try sent(lane.next())
        lane.enqueue(try append(2))
        for _ in 0..<10 {
            let actions = lane.outcome(.unknown(JournalFailure(code: "08006", context: "")))
            guard case .sendAgain(let again, _) = actions.first else { throw Unexpected(action: actions.first) }
            #expect(again == batch)
            #expect(lane.next() == nil)
        }
    }

    @Test func `a server that is full is asked again, and no room is blamed`() throws {
        var lane = JournalLaneMachine()
        lane.enqueue(try append(1))
        _ = lane.next()
        let actions = lane.outcome(.failed(JournalFailure(code: "53100", context: "disk full")))
        guard case .sendAgain = actions.first else { throw Unexpected(action: actions.first) }
    }

    @Test func `a poisoned room is found by halving, and it alone is quarantined`() throws {
        var lane = JournalLaneMachine()
        for room in 1...9 { lane.enqueue(try append(UInt128(room))) }
        let poisoned = RoomID(value: 6)
        var committed: Set<RoomID> = []
        var quarantined: [RoomID] = []
        var sends = 0
        while let action = lane.next() {
            let batch = try sent(action)
            sends += 1
            let isPoisoned = batch.appends.contains { $0.room == poisoned }
            let outcome: BatchOutcome =
                isPoisoned
                ? .failed(JournalFailure(code: "22001", context: "too long"))
                : .committed(kept: Set(batch.appends.map(\.room)))
            for action in lane.outcome(outcome) {
                if case .committed(let room, _) = action { committed.insert(room) }
                if case .quarantine(let room, _) = action { quarantined.append(room) }
            }
        }
        #expect(quarantined == [poisoned])
        #expect(committed.count == 8)
        #expect(sends <= 9)
        #expect(lane.backlogRows == 0)
        #expect(lane.backlogBytes == 0)
    }

    @Test func `a room refused under another term loses its whole shard`() throws {
        var lane = JournalLaneMachine()
        lane.enqueue(try append(1, shard: 5))
        lane.enqueue(try append(2, shard: 6))
        _ = lane.next()
        let shard = try #require(ShardID(index: 5))
        #expect(
            lane.outcome(.committed(kept: [RoomID(value: 2)]))
                == [.committed(RoomID(value: 2), JournalHead(number: 1, chain: [1])), .readTerms([shard])])
        var other = try term(5)
        other.epoch = other.epoch.next
        #expect(lane.terms([shard: other]) == [.lost(try term(5))])
        #expect(lane.isIdle)
        #expect(lane.backlogRows == 0)
    }

    @Test func `an epoch handed out twice does not fool the lane: the owner counts too`() throws {
        var lane = JournalLaneMachine()
        lane.enqueue(try append(1, shard: 5))
        _ = lane.next()
        _ = lane.outcome(.committed(kept: []))
        let shard = try #require(ShardID(index: 5))
        let sameEpoch = Term(shard: shard, epoch: Epoch(3), owner: Incarnation(value: 8))
        #expect(lane.terms([shard: sameEpoch]) == [.lost(try term(5))])
    }

    @Test func `a room that is back under a new term keeps its rows when the old term's are given up`() throws {
        var lane = JournalLaneMachine()
        lane.enqueue(try append(1))
        _ = lane.next()
        _ = lane.outcome(.committed(kept: []))
        lane.drop(RoomID(value: 1))
        var back = try append(1)
        back.term.epoch = back.term.epoch.next
        lane.enqueue(back)
        #expect(lane.terms([back.term.shard: back.term]) == [.lost(try term(0))])
        #expect(try sent(lane.next()).appends == [back])
    }

    @Test func `a room refused again and again under its own term is quarantined`() throws {
        var lane = JournalLaneMachine()
        lane.enqueue(try append(1, shard: 5))
        let shard = try #require(ShardID(index: 5))
        for attempt in 1...JournalLaneMachine.refusalsMax {
            _ = try sent(lane.next())
            #expect(lane.outcome(.committed(kept: [])) == [.readTerms([shard])])
            let actions = lane.terms([shard: try term(5)])
            if attempt < JournalLaneMachine.refusalsMax {
                #expect(actions.isEmpty)
            } else {
                guard case .quarantine(RoomID(value: 1), _) = actions.first else {
                    throw Unexpected(action: actions.first)
                }
            }
        }
        #expect(lane.isIdle)
    }

    @Test func `fence rows that cannot be read are asked for again, and nothing is sent meanwhile`() throws {
        var lane = JournalLaneMachine()
        lane.enqueue(try append(1, shard: 5))
        _ = lane.next()
        _ = lane.outcome(.committed(kept: []))
        let shard = try #require(ShardID(index: 5))
        lane.enqueue(try append(2))
        #expect(lane.terms(nil) == [.readTerms([shard])])
        #expect(lane.next() == nil)
    }

    @Test func `a batch stays within its bounds`() throws {
        var lane = JournalLaneMachine()
        for room in 1...30 { lane.enqueue(try append(UInt128(room), count: 100)) }
        var rows = 0
        while let action = lane.next() {
            let batch = try sent(action)
            let count = batch.appends.reduce(0) { $0 + $1.rows.count }
            #expect(count <= Limits.rowsPerBatchMax)
            rows += count
            _ = lane.outcome(.committed(kept: Set(batch.appends.map(\.room))))
        }
        #expect(rows == 3_000)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func `random runs: every room's rows are committed once, in order, without a gap`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var lane = JournalLaneMachine()
        var next: [Int: Int64] = [:]
        var stored: [RoomID: Int64] = [:]
        var told: [RoomID: Int64] = [:]
        var inFlight: JournalBatch?
        func write(_ batch: JournalBatch) throws {
            for append in batch.appends {
                let last = stored[append.room] ?? 0
                if append.rows.last?.number == last { continue }  // the same batch again
                #expect(append.previous.number == last)
                stored[append.room] = try #require(append.rows.last).number
            }
        }
        for _ in 0..<4_000 {
            switch random.next() % 3 {
            case 0:
                let room = Int(random.next() % 6) + 1
                let number = (next[room] ?? 0) + 1
                next[room] = number
                lane.enqueue(try append(UInt128(room), shard: room, from: number))
            case 1:
                if let action = lane.next() { inFlight = try sent(action) }
            default:
                guard let batch = inFlight else { continue }
                let outcome: BatchOutcome
                switch random.next() % 4 {
                case 0:
                    // Lost on the way, or committed and the answer lost.
                    if random.next() % 2 == 0 { try write(batch) }
                    outcome = .unknown(JournalFailure(code: "08006", context: ""))
                default:
                    try write(batch)
                    outcome = .committed(kept: Set(batch.appends.map(\.room)))
                }
                for action in lane.outcome(outcome) {
                    switch action {
                    case .committed(let room, let head):
                        #expect(head.number > told[room] ?? 0)
                        #expect(head.number <= stored[room] ?? 0)
                        told[room] = head.number
                        inFlight = nil
                    case .sendAgain(let again, _): #expect(again == batch)
                    default: Issue.record("unexpected \(action)")
                    }
                }
            }
        }
        #expect(told.count == 6)
    }
}
