import QuizModel
import QuizRoomHost
import QuizShards
import Testing

/// A journal and the store beside it; one database.
struct JournalAndRooms: Sendable {
    var journal: any RoomJournal
    var rooms: any RoomStore
}

/// What every `RoomJournal` does.
enum RoomJournalConformance {
    typealias Rule = ConformanceRule<JournalAndRooms>

    static let rules: [Rule] = appending + fencing + saving

    private static let appending: [Rule] = [
        Rule("rows are kept and come back as they were") { port in
            var room = try await RoomDriver.make(in: port.rooms, shard: 1)
            let first = room.next(3)
            let second = room.next(2, payload: [0, 255, 0])
            #expect(await port.journal.append(first) == .committed(kept: [room.record.room]))
            #expect(await port.journal.append(second) == .committed(kept: [room.record.room]))
            let journal = try await port.rooms.journal(of: room.record.room, through: 4)
            #expect(journal?.record == room.record)
            #expect(journal?.rows == first.rows + second.rows.prefix(1))
        },
        Rule("the same batch again is kept and changes nothing") { port in
            var room = try await RoomDriver.make(in: port.rooms, shard: 1)
            let batch = JournalBatch(appends: [room.next(3)])
            for _ in 0..<3 { #expect(await port.journal.append(batch) == .committed(kept: [room.record.room])) }
            #expect(try await port.rooms.journal(of: room.record.room, through: .max)?.rows.count == 3)
        },
        Rule("the same batch again is kept after later ones") { port in
            var room = try await RoomDriver.make(in: port.rooms, shard: 1)
            let first = room.next(2)
            _ = await port.journal.append(first)
            _ = await port.journal.append(room.next(2))
            #expect(await port.journal.append(first) == .committed(kept: [room.record.room]))
        },
        Rule("another row under a number that is taken is refused") { port in
            var room = try await RoomDriver.make(in: port.rooms, shard: 1)
            let other = room.peek()
            let first = room.next()
            _ = await port.journal.append(first)
            #expect(await port.journal.append(other) == .committed(kept: []))
            #expect(try await port.rooms.journal(of: room.record.room, through: .max)?.rows == first.rows)
        },
        Rule("a row behind one that differs is refused") { port in
            var room = try await RoomDriver.make(in: port.rooms, shard: 1)
            var fork = room
            _ = await port.journal.append(room.next())
            _ = fork.next()
            #expect(await port.journal.append(fork.next()) == .committed(kept: []))
            #expect(await port.journal.append(room.next()) == .committed(kept: [room.record.room]))
        },
        Rule("a row behind a gap is refused and leaves no hole") { port in
            var room = try await RoomDriver.make(in: port.rooms, shard: 1)
            _ = await port.journal.append(room.next())
            _ = room.next()
            #expect(await port.journal.append(room.next()) == .committed(kept: []))
            #expect(try await port.rooms.journal(of: room.record.room, through: .max)?.rows.count == 1)
        },
        Rule("a longer append over rows that are there is refused whole") { port in
            var room = try await RoomDriver.make(in: port.rooms, shard: 1)
            let before = room
            let first = room.next()
            _ = await port.journal.append(first)
            var longer = before.peek(2)
            longer.rows[0] = first.rows[0]
            #expect(await port.journal.append(longer) == .committed(kept: []))
            #expect(try await port.rooms.journal(of: room.record.room, through: .max)?.rows == first.rows)
        },
        Rule("a room that was never created is refused") { port in
            var room = try await RoomDriver.make(in: port.rooms, shard: 1)
            room.record.room = .random()
            #expect(await port.journal.append(room.next()) == .committed(kept: []))
        },
        Rule("a room of another shard is refused") { port in
            let owner = Incarnation.random()
            let here = try await RoomDriver.make(in: port.rooms, shard: 1, owner: owner)
            var there = try await RoomDriver.make(in: port.rooms, shard: 2, owner: owner)
            there.term = here.term
            #expect(await port.journal.append(there.next()) == .committed(kept: []))
        },
        Rule("rooms are judged one by one") { port in
            let owner = Incarnation.random()
            var good = try await RoomDriver.make(in: port.rooms, shard: 900, owner: owner)
            var gap = try await RoomDriver.make(in: port.rooms, shard: 3, owner: owner)
            var lost = try await RoomDriver.make(in: port.rooms, shard: 4, owner: owner)
            _ = try await port.rooms.take([lost.term.shard], owner: .random())
            _ = gap.next()
            let batch = JournalBatch(appends: [lost.next(), good.next(2), gap.next()])
            #expect(await port.journal.append(batch) == .committed(kept: [good.record.room]))
        },
        Rule("rows that cannot be stored fail the batch and nothing is written") { port in
            let owner = Incarnation.random()
            var good = try await RoomDriver.make(in: port.rooms, shard: 1, owner: owner)
            var bad = try await RoomDriver.make(in: port.rooms, shard: 2, owner: owner)
            var poison = bad.next()
            poison.rows[0].chain = [1, 2, 3]
            let outcome = await port.journal.append(JournalBatch(appends: [good.next(), poison]))
            guard case .failed(let failure) = outcome else {
                Issue.record("The outcome was \(outcome).")
                return
            }
            #expect(failure.code.hasPrefix("23"))
            #expect(try await port.rooms.journal(of: good.record.room, through: .max)?.rows == [])
        },
    ]

    private static let fencing: [Rule] = [
        Rule("a term that is over can write nothing at all") { port in
            var room = try await RoomDriver.make(in: port.rooms, shard: 5)
            _ = await port.journal.append(room.next())
            let head = room.head
            _ = try await port.rooms.take([room.term.shard], owner: .random())
            #expect(await port.journal.append(room.next()) == .committed(kept: []))
            let snapshot = StoredSnapshot(room: room.record.room, head: head, bytes: [1])
            #expect(try await !port.journal.save(snapshot, term: room.term, lane: 0))
            #expect(
                try await !port.journal.save(
                    StoredResult.sample(room: room.record.room, head: head), term: room.term, lane: 0))
            #expect(try await !port.journal.close(room.record.room, term: room.term, lane: 0))
            var record = room.record
            record.room = .random()
            #expect(try await port.rooms.create(record, term: room.term) == .termOver)
        },
        Rule("an epoch of another owner is another term") { port in
            var room = try await RoomDriver.make(in: port.rooms, shard: 5)
            room.term.owner = .random()
            #expect(await port.journal.append(room.next()) == .committed(kept: []))
        },
        Rule("the fence rows are read as they are") { port in
            let room = try await RoomDriver.make(in: port.rooms, shard: 5)
            let shards = [5, 6].compactMap(ShardID.init(index:))
            #expect(try await port.journal.terms(of: shards, lane: 1) == [room.term.shard: room.term])
        },
    ]

    private static let saving: [Rule] = [
        Rule("a snapshot ahead of the journal is refused") { port in
            var room = try await RoomDriver.make(in: port.rooms, shard: 1)
            _ = room.next()
            let snapshot = StoredSnapshot(room: room.record.room, head: room.head, bytes: [1])
            let failure = await #expect(throws: JournalFailure.self) {
                try await port.journal.save(snapshot, term: room.term, lane: 0)
            }
            #expect(failure?.code == "head_not_committed")
        },
        Rule("the two newest snapshots are kept and the older of them is loaded") { port in
            var room = try await RoomDriver.make(in: port.rooms, shard: 1)
            var rows: [JournalRow] = []
            var snapshots: [StoredSnapshot] = []
            for step in 1...3 {
                let append = room.next(2)
                rows += append.rows
                _ = await port.journal.append(append)
                snapshots.append(StoredSnapshot(room: room.record.room, head: room.head, bytes: [UInt8(step), 0]))
                #expect(try await port.journal.save(snapshots[step - 1], term: room.term, lane: 0))
                let loaded = try await port.rooms.load(shards: [room.term.shard])
                #expect(loaded.map(\.record) == [room.record])
                // With one snapshot only the journal is replayed from its start.
                let expected = step == 1 ? nil : snapshots[step - 2]
                #expect(loaded.first?.snapshot == expected)
                #expect(loaded.first?.tail == Array(rows.dropFirst(Int(expected?.head.number ?? 0))))
            }
        },
        Rule("a result is stored once and found again") { port in
            var room = try await RoomDriver.make(in: port.rooms, shard: 1)
            _ = await port.journal.append(room.next())
            let result = StoredResult.sample(room: room.record.room, head: room.head)
            var changed = result
            changed.title = "Another"
            changed.entries.removeLast()
            #expect(try await port.journal.save(result, term: room.term, lane: 0))
            #expect(try await port.journal.save(changed, term: room.term, lane: 0))
            #expect(try await port.rooms.result(of: result.game) == result)
            #expect(try await port.rooms.result(of: .random()) == nil)
        },
        Rule("a closed room is not loaded and closing it again is harmless") { port in
            let room = try await RoomDriver.make(in: port.rooms, shard: 1)
            for _ in 0..<2 { #expect(try await port.journal.close(room.record.room, term: room.term, lane: 0)) }
            #expect(try await port.rooms.load(shards: [room.term.shard]).isEmpty)
        },
    ]
}

extension StoredResult {
    static func sample(
        room: RoomID, head: JournalHead, players: [PlayerID] = [.random(), .random(), .random()],
        finishedAtMs: Int64 = 1_000
    ) -> StoredResult {
        let entries = players.enumerated().compactMap { index, player in
            Nickname("Ada \(index)").map {
                LeaderboardEntry(
                    player: player, nickname: $0, rank: index + 1, previousRank: index == 0 ? nil : index,
                    score: 900 - index,
                    accuracyPoints: 600, speedPoints: 300 - index, streak: index, right: 3)
            }
        }
        return StoredResult(
            game: .random(), room: room, title: "Capitals — Ω", finishedAtMs: finishedAtMs, head: head,
            entries: entries,
            resultBytes: [0, 1, 2], signature: [UInt8](repeating: 7, count: 64), keyID: "0011223344556677")
    }
}
