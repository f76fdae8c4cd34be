internal import QuizCluster
internal import QuizModel
internal import QuizPostgres
internal import QuizRoomHost
internal import QuizShards

/// A small schedule drawn from a seed: a few sessions, two shards, two rooms, and statements that meet each other there.
///
/// It is drawn while the simulated server plays it, so that most statements speak of rows as they are.
package struct AgreementSchedule {
    package private(set) var steps: [AgreementStep] = []
    /// What the simulated server's sessions said after each step.
    package private(set) var views: [[SessionView]] = []

    package static let sessions = 4
    private static let shards = [3, 4].compactMap(ShardID.init(index:))
    private static let owners = (1...2).map { Incarnation(value: $0) }
    private static let rooms = (1...3).map { RoomID(value: $0 + 100) }
    private static let codes = ["ABCDEF2", "ABCDEF3"].compactMap(RoomCode.init)

    private let choices: SeededScheduler
    private let model: ModelSessions

    package init(seed: UInt64, sabotage: DatabaseSabotage? = nil) {
        choices = SeededScheduler(seed: seed)
        model = ModelSessions(count: Self.sessions, sabotage: sabotage)
        prepare()
        for _ in 0..<(6 + choices.choose(7)) { draw() }
        finish()
    }

    // MARK: Drawing

    private mutating func play(_ step: AgreementStep) {
        steps.append(step)
        views.append(model.play(step))
    }

    private mutating func run(_ statement: SimulatedStatement, in session: Int = 0) {
        play(.execute(session: session, statement))
        play(.sync(session: session))
    }

    /// Both shards have an owner, both rooms a row.
    private mutating func prepare() {
        run(.insertMissing(Self.shards))
        let wishes = Self.shards.map {
            FenceRules.Wish(expected: Term(shard: $0, epoch: Epoch(0), owner: .nobody), reason: .unowned)
        }
        run(.compareAndSet(wishes, owner: Self.owners[0], note: "first"))
        for (shard, (room, code)) in zip(Self.shards, zip(Self.rooms, Self.codes)) {
            let term = Term(shard: shard, epoch: Epoch(1), owner: Self.owners[0])
            run(.createRoom(RoomRecord(room: room, code: code, shard: shard, rules: 1), term))
            run(.append(JournalBatch(appends: [Self.append(room, term, after: 0, count: 1)])))
        }
        if choices.choose(2) == 0 { run(.firstCoordinator(Self.owners[0])) }
    }

    private mutating func draw() {
        let session = choices.choose(Self.sessions)
        guard model.isOpen(session) else { return }
        guard model.isFree(session) else {
            // It waits, or has failed.
            switch choices.choose(5) {
            case 0: play(.terminate(session: session))
            case 1: play(.close(session: session))
            default: play(.sync(session: session))
            }
            return
        }
        switch choices.choose(20) {
        case 0: play(.terminate(session: session))
        case 1: play(.close(session: session))
        case 2...6: play(.sync(session: session))
        default: play(.execute(session: session, statement()))
        }
    }

    /// Everybody ends, and one more session looks at what is left.
    private mutating func finish() {
        for session in 1..<Self.sessions where model.isOpen(session) { play(.sync(session: session)) }
        for session in 1..<Self.sessions where model.isOpen(session) { play(.close(session: session)) }
        guard model.isOpen(0) else { return }
        play(.sync(session: 0))
        for statement in [
            SimulatedStatement.fences, .heads(Self.shards), .open(Self.shards), .pendingPlan, .history(limit: 20),
            .settings, .tails(Self.rooms.map { .init(room: $0, after: 0) }),
        ] where model.isFree(0) {
            run(statement)
        }
    }

    // MARK: Statements

    private func one<Item>(of items: [Item]) -> Item { items[choices.choose(items.count)] }

    private func some<Item>(_ items: [Item]) -> [Item] {
        let some = items.filter { _ in choices.choose(2) == 0 }
        let found = some.isEmpty ? [one(of: items)] : some
        return choices.choose(2) == 0 ? found : found.reversed()
    }

    /// Nearly always the term as it is.
    private func term(_ shard: ShardID) -> Term {
        let current = model.server.terms[shard] ?? Term(shard: shard, epoch: Epoch(1), owner: Self.owners[0])
        guard choices.choose(8) == 0 else { return current }
        return Term(shard: shard, epoch: Epoch(Int64(1 + choices.choose(3))), owner: one(of: Self.owners))
    }

    private func statement() -> SimulatedStatement {
        switch choices.choose(17) {
        case 0...4: return .append(batch())
        case 5...7:
            let wishes = some(Self.shards).map { FenceRules.Wish(expected: term($0), reason: .asked) }
            return .compareAndSet(wishes, owner: one(of: Self.owners), note: "")
        case 15: return .confirm(some(Self.shards).map(term))
        case 8:
            let (room, shard) = one(of: Array(zip(Self.rooms, Self.shards)))
            let number = model.server.journal(of: room).last?.row.number ?? 1
            let head = JournalHead(number: number, chain: Self.chain(room, number, 0))
            return .saveSnapshot(StoredSnapshot(room: room, head: head, bytes: [7]), term(shard))
        case 9:
            let (room, shard) = one(of: Array(zip(Self.rooms, Self.shards)))
            return .close(room, term(shard))
        case 10:
            let shard = one(of: Self.shards)
            let record = RoomRecord(room: one(of: Self.rooms), code: one(of: Self.codes), shard: shard, rules: 1)
            return .createRoom(record, term(shard))
        case 11: return coordination()
        case 12: return .change(change())
        default: return reading()
        }
    }

    private func batch() -> JournalBatch {
        let pairs = some(Array(zip(Self.rooms, Self.shards)))
        return JournalBatch(
            appends: pairs.map { room, shard in
                let last = model.server.journal(of: room).last?.row.number ?? 0
                let after = max(0, last - (choices.choose(4) == 0 ? 1 : 0) + (choices.choose(8) == 0 ? 1 : 0))
                let variant: UInt8 = choices.choose(6) == 0 ? 1 : 0
                return Self.append(room, term(shard), after: after, count: 1 + choices.choose(2), variant: variant)
            })
    }

    private func coordination() -> SimulatedStatement {
        let term = CoordinatorTerm(epoch: Epoch(Int64(1 + choices.choose(2))), owner: one(of: Self.owners))
        switch choices.choose(4) {
        case 0: return .firstCoordinator(one(of: Self.owners))
        case 1: return .succeedCoordinator(term, one(of: Self.owners))
        default:
            let plan = some(Self.shards).sorted().map {
                ShardMove(
                    shard: $0, from: nil, to: one(of: Self.owners), reason: .pinned,
                    note: choices.choose(2) == 0 ? "" : "why")
            }
            return .writePlan(plan, term)
        }
    }

    private func change() -> ClusterSettingChange {
        switch choices.choose(6) {
        case 0: .weight(node: "a", choices.choose(2) == 0 ? nil : choices.choose(1_200))
        case 1: .drain(node: "a")
        case 2: .undrain(node: "a")
        case 3: .pin(one(of: Self.shards), node: choices.choose(8) == 0 ? "" : "a")
        case 4: .unpin(one(of: Self.shards))
        default: .rebalance
        }
    }

    private func reading() -> SimulatedStatement {
        switch choices.choose(9) {
        case 0: .readFences(Self.shards)
        case 1: .terms(Self.shards)
        case 2: .tails(Self.rooms.map { .init(room: $0, after: 0) })
        case 3: .open(Self.shards)
        case 4: .heads(Self.shards)
        case 5: .coordinator
        case 6: .pendingPlan
        case 7: .insertMissing([Self.shards[0]] + [5, 6].compactMap(ShardID.init(index:)))
        default: .record(one(of: Self.rooms))
        }
    }

    // MARK: Rows

    private static func append(
        _ room: RoomID, _ term: Term, after number: Int64, count: Int, variant: UInt8 = 0
    ) -> RoomAppend {
        RoomAppend(
            room: room, term: term, previous: JournalHead(number: number, chain: chain(room, number, 0)),
            rows: (1...Int64(count)).map { step in
                JournalRow(
                    number: number + step, chain: chain(room, number + step, variant),
                    digest: step == Int64(count) ? 5 : nil, payload: [variant])
            })
    }

    private static func chain(_ room: RoomID, _ number: Int64, _ variant: UInt8) -> [UInt8] {
        [UInt8(truncatingIfNeeded: room.value), UInt8(truncatingIfNeeded: number), variant]
            + [UInt8](repeating: 9, count: 29)
    }
}
