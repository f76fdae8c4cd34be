import QuizModel
import QuizRoomHost
import QuizShards
import Testing

/// What every `RoomStore` does beyond what its journal's rules ask of it.
enum RoomStoreConformance {
    typealias Rule = ConformanceRule<JournalAndRooms>

    static let rules: [Rule] = [
        Rule("taking counts the epoch up and taking again keeps it") { port in
            let (first, second) = (Incarnation.random(), Incarnation.random())
            let shards = [9, 2, 2, 5].compactMap(ShardID.init(index:))
            let taken = try await port.rooms.take(shards, owner: first)
            #expect(taken.map(\.shard.index) == [2, 5, 9])
            #expect(taken.allSatisfy { $0.owner == first && $0.epoch == Epoch(1) })
            #expect(try await port.rooms.take(shards, owner: first) == taken)
            #expect(try await port.rooms.take(Array(shards.prefix(1)), owner: second).map(\.epoch) == [Epoch(2)])
            #expect(try await port.rooms.take(shards, owner: first).map(\.epoch) == [Epoch(1), Epoch(1), Epoch(3)])
        },
        Rule("all shards are taken at once") { port in
            let owner = Incarnation.random()
            let taken = try await port.rooms.take(ShardID.all.reversed(), owner: owner)
            #expect(taken.map(\.shard) == ShardID.all)
            let next = try await port.rooms.take(ShardID.all, owner: .random())
            #expect(next.count == ShardID.count && next.allSatisfy { $0.epoch == Epoch(2) })
        },
        Rule("of two that take at once each shard has one owner") { port in
            let owners = [Incarnation.random(), .random()]
            let terms = try await withThrowingTaskGroup(of: [Term].self) { group in
                for owner in owners { group.addTask { try await port.rooms.take(ShardID.all, owner: owner) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            let now = try await port.journal.terms(of: ShardID.all, lane: 0)
            #expect(now.count == ShardID.count)
            // A term may have been won and lost again; no two of one shard share an epoch.
            #expect(Set(terms.map { [Int64($0.shard.index), $0.epoch.number] }).count == terms.count)
            #expect(now.values.allSatisfy(terms.contains))
        },
        Rule("a code is lent to one room") { port in
            let room = try await RoomDriver.make(in: port.rooms, shard: 1)
            var other = room.record
            other.room = .random()
            #expect(try await port.rooms.create(other, term: room.term) == .codeTaken)
            #expect(try await port.rooms.create(room.record, term: room.term) == .created)
            _ = try await port.journal.close(room.record.room, term: room.term, lane: 0)
            #expect(try await port.rooms.create(other, term: room.term) == .codeTaken)
        },
        Rule("of rooms made at once with one code one is created") { port in
            let room = try await RoomDriver.make(in: port.rooms, shard: 1)
            var generator = SystemRandomNumberGenerator()
            let code = RoomCode.random(using: &generator)
            let answers = try await withThrowingTaskGroup(of: RoomCreation.self) { group in
                for _ in 0..<8 {
                    let record = RoomRecord(room: .random(), code: code, shard: room.term.shard, rules: 1)
                    group.addTask { try await port.rooms.create(record, term: room.term) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0 == .created } == 1)
            #expect(answers.count { $0 == .codeTaken } == 7)
        },
        Rule("rooms are loaded by shard with their tails") { port in
            let owner = Incarnation.random()
            var expected: [RoomID: [JournalRow]] = [:]
            for index in [1, 1, 2, 3] {
                var room = try await RoomDriver.make(in: port.rooms, shard: index, owner: owner)
                let append = room.next(index)
                _ = await port.journal.append(append)
                if index != 3 { expected[room.record.room] = append.rows }
            }
            let loaded = try await port.rooms.load(shards: [1, 2].compactMap(ShardID.init(index:)))
            #expect(Dictionary(uniqueKeysWithValues: loaded.map { ($0.record.room, $0.tail) }) == expected)
            #expect(try await port.rooms.load(shards: []).isEmpty)
        },
        Rule("history comes newest first and in pages") { port in
            var room = try await RoomDriver.make(in: port.rooms, shard: 1)
            _ = await port.journal.append(room.next())
            let player = PlayerID.random()
            for moment in [1_000, 3_000, 2_000] as [Int64] {
                let result = StoredResult.sample(
                    room: room.record.room, head: room.head, players: [.random(), player], finishedAtMs: moment)
                #expect(try await port.journal.save(result, term: room.term, lane: 0))
            }
            let page = try await port.rooms.history(of: player, beforeMs: nil, limit: 2)
            #expect(page.map(\.finishedAtMs) == [3_000, 2_000])
            #expect(page.first?.players == 2 && page.first?.rank == 2 && page.first?.score == 899)
            #expect(try await port.rooms.history(of: player, beforeMs: 2_000, limit: 2).map(\.finishedAtMs) == [1_000])
            #expect(try await port.rooms.history(of: .random(), beforeMs: nil, limit: 2).isEmpty)
        },
        Rule("the journal of a room nobody made is none") { port in
            let journal = try await port.rooms.journal(of: .random(), through: 1)
            #expect(journal == nil)
        },
    ]
}
