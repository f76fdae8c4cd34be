internal import QuizModel
internal import QuizPostgres
internal import QuizRoomHost
internal import QuizShards

/// A node of a duel: takes shards, loads their rooms and appends to their journals through the real lane machine.
final class DuelOwner {
    private struct Room {
        var record: RoomRecord
        var term: Term
        /// The newest row handed to the lane.
        var head: JournalHead
    }

    let incarnation: Incarnation
    let database: SimulatedDatabase
    private let ledger: DuelLedger
    private let scheduler: SeededScheduler
    private var lanes: [DuelLane] = []
    private var rooms: [RoomID: Room] = [:]
    private var own = OwnShards()
    private(set) var isGone = false
    private(set) var lastStopMs: Int64 = -1

    init(
        _ number: Int, _ server: SimulatedPostgres, _ scheduler: SeededScheduler, _ ledger: DuelLedger,
        _ configuration: PostgresConfiguration
    ) {
        incarnation = Incarnation(value: UInt128(1_000 + number))
        database = SimulatedDatabase(node: "node-\(number)", server: server, configuration: configuration)
        self.ledger = ledger
        self.scheduler = scheduler
        lanes = (0..<configuration.lanes).map { DuelLane($0, self) }
    }

    var node: String { database.node }
    var isStopped: Bool { database.host.isStopped }
    var roomCount: Int { rooms.count }

    func after(ms: Int, _ body: @escaping () -> Void) { database.host.run(afterMs: ms, body) }

    func stop() {
        lastStopMs = scheduler.nowMs
        database.stop()
    }

    func goOn() {
        lastStopMs = scheduler.nowMs
        database.goOn()
    }

    /// Batches that take too long are breaches from now on.
    func isTimed(_ isTimed: Bool) { for lane in lanes { lane.isTimed = isTimed } }

    func crash(withMachine: Bool) {
        isGone = true
        database.crash(withMachine: withMachine)
    }

    // MARK: Owning

    func take(_ shards: [ShardID], _ done: @escaping (_ won: Bool) -> Void = { _ in }) {
        database.host.run { [self] in
            database.ownership.take(shards, owner: incarnation) { [self] result in
                guard case .success(let won) = result else { return done(false) }
                adopt(won) { done(won.count == shards.count && $0) }
            }
        }
    }

    /// Takes shards and makes the rooms of a duel.
    func found(_ records: [RoomRecord], _ done: @escaping () -> Void) {
        let shards = Set(records.map(\.shard)).sorted()
        database.ownership.take(shards, owner: incarnation) { [self] result in
            guard case .success(let won) = result, won.count == shards.count else { return }
            create(records[...], won) { [self] in adopt(won) { _ in done() } }
        }
    }

    private func create(_ records: ArraySlice<RoomRecord>, _ won: [Term], _ done: @escaping () -> Void) {
        guard let record = records.first, let term = won.first(where: { $0.shard == record.shard }) else {
            return done()
        }
        database.query(.createRoom(record, term), pool: .web) { [self] _ in create(records.dropFirst(), won, done) }
    }

    private func adopt(_ won: [Term], _ done: @escaping (Bool) -> Void) {
        let (arriving, stale) = own.begin(won)
        for shard in stale { dropRooms(of: shard) }
        if arriving.isEmpty { return done(true) }
        load(arriving, attempt: 0, done)
    }

    private func load(_ arriving: [Term], attempt: Int, _ done: @escaping (Bool) -> Void) {
        database.load(arriving.map(\.shard)) { [self] result in
            guard case .success(let stored) = result else {
                if attempt < 5 {
                    return after(ms: 100) { [self] in load(arriving, attempt: attempt + 1, done) }
                }
                own.abandon(arriving)
                return done(false)
            }
            _ = own.finish(arriving)
            for room in stored {
                guard let term = arriving.first(where: { $0.shard == room.record.shard }),
                    own.answered[term.shard] == term
                else { continue }
                let head =
                    room.tail.last.map { JournalHead(number: $0.number, chain: $0.chain) } ?? room.snapshot?.head
                    ?? JournalHead(
                        number: 0, chain: JournalChain.start(room: room.record.room, rules: room.record.rules))
                rooms[room.record.room] = Room(record: room.record, term: term, head: head)
                ledger.load(room.record.room, term, head)
            }
            done(true)
        }
    }

    private func dropRooms(of shard: ShardID) {
        for room in rooms.values.filter({ $0.record.shard == shard }).map(\.record.room) { drop(room) }
    }

    func drop(_ room: RoomID) {
        guard let known = rooms.removeValue(forKey: room) else { return }
        lane(of: known.record.shard).drop(room)
    }

    // MARK: Writing

    private func lane(of shard: ShardID) -> DuelLane { lanes[shard.index % lanes.count] }

    /// Some rows for some of its rooms.
    func write() {
        database.host.run { [self] in
            for room in rooms.keys.sorted() where scheduler.choose(2) == 0 {
                append(to: room, count: 1 + scheduler.choose(3))
            }
            for lane in lanes { lane.proceed() }
        }
    }

    private func append(to id: RoomID, count: Int) {
        guard var room = rooms[id], lane(of: room.record.shard).backlog < 200 else { return }
        let previous = room.head
        var rows: [JournalRow] = []
        for _ in 0..<count {
            let number = room.head.number + 1
            // No two rows are ever the same, whoever writes them.
            let payload = (0..<8).map { _ in UInt8(scheduler.choose(256)) }
            let chain = JournalChain.next(after: room.head.chain, number: number, payload: payload)
            rows.append(JournalRow(number: number, chain: chain, digest: nil, payload: payload))
            room.head = JournalHead(number: number, chain: chain)
        }
        rooms[id] = room
        lane(of: room.record.shard).enqueue(RoomAppend(room: id, term: room.term, previous: previous, rows: rows))
    }

    func saveSnapshots() {
        database.host.run { [self] in
            for lane in lanes { lane.saveSnapshots() }
        }
    }

    // MARK: What its lanes tell

    func committed(_ append: RoomAppend) { ledger.acknowledge(append) }
    func failed(_ append: RoomAppend) { ledger.refuse(append) }
    func lost(_ term: Term) { if own.lose(term) { dropRooms(of: term.shard) } }

    func heldUp(ms: Int64) { ledger.note(.batchHeldUp(ms: ms)) }
}

/// A lane of a duel's node: the shell around `JournalLaneMachine`.
final class DuelLane {
    /// How long a batch may take while nothing but other nodes is broken.
    static let patienceMs: Int64 = 900

    private let index: Int
    private unowned let owner: DuelOwner
    private var machine = JournalLaneMachine()
    private var sent: JournalBatch?
    /// The newest committed append of each room.
    private var heads: [RoomID: (head: JournalHead, term: Term)] = [:]
    /// Set by the duel while everything but nodes works.
    var isTimed = false

    init(_ index: Int, _ owner: DuelOwner) {
        self.index = index
        self.owner = owner
    }

    var backlog: Int { machine.backlogRows }

    func enqueue(_ append: RoomAppend) { machine.enqueue(append) }

    func drop(_ room: RoomID) {
        machine.drop(room)
        heads[room] = nil
    }

    func proceed() {
        while let action = machine.next() { perform(action) }
    }

    func saveSnapshots() {
        for (room, committed) in heads.sorted(by: { $0.key < $1.key }) {
            let snapshot = StoredSnapshot(room: room, head: committed.head, bytes: [1])
            owner.database.write(.saveSnapshot(snapshot, committed.term), committed.term, lane: index) { _ in }
        }
    }

    private func perform(_ action: JournalLaneMachine.Action) {
        switch action {
        case .send(let batch): send(batch)
        case .sendAgain(let batch, let afterMs): owner.after(ms: afterMs) { [self] in send(batch) }
        case .readTerms(let shards):
            owner.after(ms: 50) { [self] in
                owner.database.terms(of: shards, lane: index) { [self] result in
                    for action in machine.terms(try? result.get()) { perform(action) }  // Nil: asked again.
                    proceed()
                }
            }
        case .committed(let room, let head):
            guard let append = sent?.appends.first(where: { $0.room == room }) else { return }
            heads[room] = (head, append.term)
            owner.committed(append)
        case .lost(let term): owner.lost(term)
        case .quarantine(let room, _): owner.drop(room)
        }
    }

    private func send(_ batch: JournalBatch) {
        sent = batch
        let beganMs = owner.database.host.nowMs
        owner.database.lane(index).append(batch) { [self] outcome in
            let tookMs = owner.database.host.nowMs - beganMs
            if isTimed, owner.lastStopMs < beganMs, tookMs > Self.patienceMs { owner.heldUp(ms: tookMs) }
            if case .failed(let failure) = outcome, batch.appends.count == 1, failure.isOfTheData {
                owner.failed(batch.appends[0])
            }
            for action in machine.outcome(outcome) { perform(action) }
            proceed()
        }
    }
}

extension JournalFailure {
    /// The lane machine gives the room up then: its rows count as not written.
    fileprivate var isOfTheData: Bool { ["22", "23", "54"].contains(code.prefix(2)) }
}
