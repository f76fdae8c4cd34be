package import QuizModel
internal import QuizRoomHost
internal import QuizShards

/// What the owners of a duel were told, and what the database must therefore hold.
package final class DuelLedger {
    package enum Breach: Hashable, CustomStringConvertible {
        /// A row was acknowledged and is not there.
        case acknowledgedRowLost(RoomID, Int64)
        /// A new owner read a journal, and rows of an older term came behind its back.
        case rowBehindNewOwner(RoomID, Int64)
        /// A row a new owner has read is not there any more.
        case loadedRowLost(RoomID, Int64)
        /// Numbers are missing, or a row does not continue the one before it.
        case brokenChain(RoomID, Int64)
        /// Rows that were reported as not written are there.
        case refusedRowThere(RoomID, Int64)
        /// Waits that can only end by a victim.
        case cycleOfWaits
        /// A batch took too long although nothing was broken but another node.
        case batchHeldUp(ms: Int64)
        /// Once the faults are over, a new node cannot get the shards.
        case shardsNotTaken
        /// Once the faults are over, a new node cannot write.
        case nothingWritten

        package var description: String {
            switch self {
            case .acknowledgedRowLost(_, let number): "acknowledged row \(number) is lost"
            case .rowBehindNewOwner(_, let number): "row \(number) of an older term came behind a new owner's back"
            case .loadedRowLost(_, let number): "row \(number), which a new owner has read, is lost"
            case .brokenChain(_, let number): "row \(number) does not continue the one before it"
            case .refusedRowThere(_, let number): "row \(number) was reported as not written and is there"
            case .cycleOfWaits: "a cycle of waits"
            case .batchHeldUp(let ms): "a batch was held up for \(ms) ms"
            case .shardsNotTaken: "a new node could not take the shards"
            case .nothingWritten: "a new node could not write"
            }
        }

        /// The promise that is broken.
        package var promise: String {
            switch self {
            case .acknowledgedRowLost, .loadedRowLost: "P1"
            case .rowBehindNewOwner: "P2"
            case .brokenChain, .refusedRowThere: "P4"
            case .cycleOfWaits, .batchHeldUp, .shardsNotTaken, .nothingWritten: "liveness"
            }
        }
    }

    private struct Load {
        var room: RoomID
        var epoch: Epoch
        var head: JournalHead
    }

    private var acknowledged: [RoomID: [Int64: [UInt8]]] = [:]
    private var loads: [Load] = []
    private var refused: [RoomID: [Int64: [UInt8]]] = [:]
    private(set) var breaches: Set<Breach> = []
    private(set) var acknowledgedCount = 0

    func acknowledge(_ append: RoomAppend) {
        for row in append.rows {
            acknowledged[append.room, default: [:]][row.number] = row.chain
            acknowledgedCount += 1
        }
    }

    func load(_ room: RoomID, _ term: Term, _ head: JournalHead) {
        loads.append(Load(room: room, epoch: term.epoch, head: head))
    }

    func refuse(_ append: RoomAppend) {
        for row in append.rows { refused[append.room, default: [:]][row.number] = row.chain }
    }

    func note(_ breach: Breach) { breaches.insert(breach) }

    // MARK: Checking

    func check(_ server: SimulatedPostgres) {
        if server.statistics[.cycle] > 0 { note(.cycleOfWaits) }
        for room in server.rooms {
            let journal = server.journal(of: room.room)
            checkChain(room, journal)
            let chains = Dictionary(journal.map { ($0.row.number, $0.row.chain) }, uniquingKeysWith: { $1 })
            for (number, chain) in acknowledged[room.room] ?? [:] where chains[number] != chain {
                note(.acknowledgedRowLost(room.room, number))
            }
            for (number, chain) in refused[room.room] ?? [:] where chains[number] == chain {
                note(.refusedRowThere(room.room, number))
            }
            for load in loads where load.room == room.room {
                if load.head.number > 0, chains[load.head.number] != load.head.chain {
                    note(.loadedRowLost(room.room, load.head.number))
                }
                for entry in journal where entry.row.number > load.head.number && entry.epoch < load.epoch {
                    note(.rowBehindNewOwner(room.room, entry.row.number))
                }
            }
        }
    }

    private func checkChain(_ room: RoomRecord, _ journal: [JournalEntry]) {
        var chain = JournalChain.start(room: room.room, rules: room.rules)
        for (index, entry) in journal.enumerated() {
            let row = entry.row
            let next = JournalChain.next(after: chain, number: row.number, payload: row.payload)
            guard row.number == Int64(index + 1), row.chain == next else {
                return note(.brokenChain(room.room, row.number))
            }
            chain = row.chain
        }
    }
}
