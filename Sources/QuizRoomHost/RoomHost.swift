package import Logging
internal import NIOConcurrencyHelpers
package import NIOCore
package import QuizModel
internal import QuizRoom
package import QuizShards
internal import QuizTelemetry
internal import ServiceLifecycle

/// The rooms of this node: makes them, finds them, adopts and releases them with their shards, and passes the journal's
/// findings on.
///
/// A shard belongs to one journal lane, a lane to one event loop, and a room to its shard's loop: rows reach their lane without a hop.
package final class RoomHost: Service, JournalLaneDelegate {
    package struct Configuration: Sendable {
        /// This process; drawn at start.
        package var incarnation: Incarnation
        /// Journal lanes; 1 to 64.
        package var lanes: Int
        /// How long members may stay away after a take-over before they count as absent.
        package var returnWindow: TimeAmount
        /// Rules this build can run. Rooms that follow others are quarantined.
        package var rules = RoomStateMachine.supportedRules

        package init(incarnation: Incarnation = .random(), lanes: Int = 4, returnWindow: TimeAmount = .seconds(15)) {
            self.incarnation = incarnation
            self.lanes = max(1, min(64, lanes))
            self.returnWindow = returnWindow
        }
    }

    /// What a room code leads to.
    package enum Finding: Sendable {
        case room(RoomActor)
        /// Its journal does not fold; an operator has been told.
        case quarantined
        case none
    }

    struct Registry {
        var rooms: [RoomCode: RoomActor] = [:]
        var codes: [RoomID: RoomCode] = [:]
        var shards = OwnShards()
        var quarantined: Set<RoomCode> = []
    }

    private let configuration: Configuration
    let parts: Parts
    let loops: [RoomLoop]
    let lanes: [JournalLane]
    let registry = NIOLockedValueBox(Registry())
    /// Rules that new rooms follow, see `+Rules`.
    let newRules: NIOLockedValueBox<Int>
    /// Rules this node can run.
    package var rules: ClosedRange<Int> { configuration.rules }
    let log: Logger

    /// The adapters and services rooms use.
    package struct Parts: Sendable {
        package var journal: any RoomJournal
        package var store: any RoomStore
        package var broadcaster: any RoomBroadcaster
        package var questions: any GameQuestions
        package var work: BackgroundWork
        package var signer: ResultSigner
        package var keys: RoomKeys
        package var metrics: RoomMetrics
        package var wallClockMs: @Sendable () -> Int64

        package init(
            journal: any RoomJournal, store: any RoomStore, broadcaster: any RoomBroadcaster,
            questions: any GameQuestions, work: BackgroundWork, signer: ResultSigner, keys: RoomKeys,
            metrics: RoomMetrics, wallClockMs: @escaping @Sendable () -> Int64
        ) {
            self.journal = journal
            self.store = store
            self.broadcaster = broadcaster
            self.questions = questions
            self.work = work
            self.signer = signer
            self.keys = keys
            self.metrics = metrics
            self.wallClockMs = wallClockMs
        }
    }

    /// - Parameter eventLoops: at least one; the gateway's.
    package init(configuration: Configuration, parts: Parts, eventLoops: [any EventLoop], log: Logger) {
        precondition(!eventLoops.isEmpty, "Rooms need an event loop.")
        self.configuration = configuration
        self.parts = parts
        self.log = log
        // Until it is known what all others can run, what the build before can.
        newRules = NIOLockedValueBox(configuration.rules.lowerBound)
        let loops = eventLoops.map { RoomLoop(eventLoop: $0, metrics: parts.metrics) }
        self.loops = loops
        lanes = (0..<configuration.lanes).map { index in
            JournalLane(
                index: index, loop: loops[index % loops.count].eventLoop, journal: parts.journal, work: parts.work,
                metrics: parts.metrics, log: log)
        }
    }

    // MARK: - Life

    /// Starts lanes and loops. Call once, before anything is adopted.
    package func begin() {
        for lane in lanes { lane.loop.execute { lane.attach(self) } }
        for loop in loops { loop.start() }
    }

    /// Brings back the rooms of shards whose fence this node has just won; running games first. Only when all are there does the node answer for the
    /// shards, so that nobody is told "there is no such room" meanwhile.
    /// Shards it answers for under these terms already stay as they are.
    ///
    /// - Parameters:
    ///   - began: when the winning compare-and-set was sent.
    ///   - heads: what the owner before had committed, where it said so.
    /// - Throws: `JournalFailure` when the database cannot be read: the shards are this node's all the same; adopt them again.
    package func adopt(
        _ terms: [Term], began: NIODeadline, expecting heads: [RoomID: JournalHead] = [:]
    ) async throws(JournalFailure) {
        let (arriving, stale) = registry.withLockedValue { $0.shards.begin(terms) }
        let heads = arriving.count == terms.count ? heads : [:]
        let terms = arriving
        for shard in stale { dropRooms(of: shard) }
        guard !terms.isEmpty else { return }
        let stored = try await load(terms)
        let expected = Dictionary(terms.map { ($0.shard, $0) }, uniquingKeysWith: { first, _ in first })
        var revived: [(record: RoomRecord, room: ReplayedRoom)] = []
        for room in stored {
            do {
                if let why = room.quarantine { throw ReplayFault.setAside(why) }
                let key = parts.keys.ringKey(room.record.room)
                revived.append((room.record, try RoomReplay.replay(room, ringKey: key, rules: rules)))
            } catch {
                parts.metrics.loaded[.quarantined].increment()
                parts.metrics.roomsQuarantined.increment()
                registry.withLockedValue { _ = $0.quarantined.insert(room.record.code) }
                log.error(
                    "A room's journal does not fold; the room is quarantined.",
                    metadata: .keys([.roomID: "\(room.record.room)", .reason: "\(error)"]))
            }
        }
        noticeLost(heads, in: stored)
        revived.sort { $0.room.machine.phase.isRunning && !$1.room.machine.phase.isRunning }
        // The compare-and-set was a look at the fence; an idle node has had no other lately.
        for loop in loops { loop.eventLoop.execute { loop.confirm(began: began) } }
        for (record, replayed) in revived {
            if let term = expected[record.shard] { revive(record, replayed, term: term) }
        }
        let lost = registry.withLockedValue { $0.shards.finish(terms) }
        for shard in lost { dropRooms(of: shard) }
        let passed = NIODeadline.now() - began
        parts.metrics.loadSeconds.observe(Double(passed.nanoseconds) / 1e9)
        log.info(
            "Shards are taken and their rooms are back.",
            metadata: .keys([
                .shardCount: "\(terms.count)", .count: "\(revived.count)",
                .durationMs: "\(passed.nanoseconds / 1_000_000)",
            ]))
    }

    /// Only now, in a new statement: what the former owner committed last is there.
    private func load(_ terms: [Term]) async throws(JournalFailure) -> [StoredRoom] {
        do throws(JournalFailure) {
            return try await parts.store.load(shards: terms.map(\.shard))
        } catch {
            registry.withLockedValue { $0.shards.abandon(terms) }
            throw error
        }
    }

    /// Once a second reads the fence rows of the shards that have rooms: the node's standing, and the first to know of a loss.
    package func run() async throws {
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            await confirmStanding()
            do { try await Task.sleep(for: .seconds(1)) } catch { break }
        }
        for loop in loops { loop.stop() }
    }

    private func confirmStanding() async {
        let began = NIODeadline.now()
        let expected = registry.withLockedValue { registry in
            let terms = registry.shards.answered
            // One shard at least, so that an idle node keeps its standing too.
            let live = Set(registry.rooms.keys.map { ShardID(of: $0) }).union(terms.prefix(1).map(\.shard))
            return ShardTerms(live.compactMap { terms[$0] })
        }
        guard !expected.isEmpty else { return }
        let found: [ShardID: Term]
        do {
            found = try await parts.journal.terms(of: expected.map(\.shard), lane: 0)
        } catch {
            return  // Standing runs out by itself.
        }
        for term in expected where found[term.shard] != term { lost(term) }
        for loop in loops { loop.eventLoop.execute { loop.confirm(began: began) } }
    }

    // MARK: - Rooms

    package func find(_ code: RoomCode) -> Finding {
        registry.withLockedValue { registry in
            if let room = registry.rooms[code] { return .room(room) }
            return registry.quarantined.contains(code) ? .quarantined : .none
        }
    }

    package var roomCount: Int { registry.withLockedValue { $0.rooms.count } }

    /// Every room here, in no order.
    package var rooms: [RoomActor] { registry.withLockedValue { Array($0.rooms.values) } }

    /// Makes a room in a shard of this node; answers when its first input is committed.
    ///
    /// - Throws: `invalid` for settings out of bounds, `busy` when the node is full or the database does not answer.
    package func create(_ command: CreateRoomCommand, by player: PlayerID) async throws(Rejection) -> RoomCreatedAck {
        let settings = command.settings ?? RoomSettings()
        if let fault = settings.fault { throw Rejection(.invalid, message: fault) }
        guard (settings.visibility == .private) == (command.password != nil) else {
            throw Rejection(.invalid, message: "`password`: a private room has one, other rooms have none.")
        }
        guard roomCount < Limits.roomsPerNodeMax else { throw Rejection(.busy) }
        let (record, term) = try await recordNewRoom()
        let start = JournalHead(number: 0, chain: JournalChain.start(room: record.room, rules: record.rules))
        let ring = RecoveryRing(code: record.code, key: parts.keys.ringKey(record.room))
        let replayed = ReplayedRoom(
            machine: RoomStateMachine(room: record.room), ring: ring, head: start, snapshotNumber: 0, finished: [])
        let room = make(record, term: term, replayed)
        // The shard may have gone before the room was there to be dropped with the others.
        guard self.term(of: record.shard) == term else {
            forget(room)
            room.run { $0.drop() }
            throw Rejection(.busy)
        }
        let input = RoomInput.opened(
            code: record.code, creator: player, settings: settings,
            passwordDigest: command.password.map { parts.keys.passwordDigest($0, room: record.room) },
            seed: RoomSeed(bytes: (0..<RoomSeed.length).map { _ in .random(in: .min ... .max) }))
        if case .failure(let rejection) = await room.commit(input) {
            forget(room)
            throw rejection
        }
        parts.metrics.roomsCreated.increment()
        return RoomCreatedAck(room: record.room, code: record.code)
    }

    private func recordNewRoom() async throws(Rejection) -> (RoomRecord, Term) {
        var generator = SystemRandomNumberGenerator()
        // A code is drawn until its shard is ours and nobody had it lately.
        for _ in 0..<64 {
            let code = RoomCode.random(using: &generator)
            let shard = ShardID(of: code)
            guard let term = registry.withLockedValue({ $0.shards.answered[shard] }) else { continue }
            let record = RoomRecord(room: .random(), code: code, shard: shard, rules: newRules.withLockedValue(\.self))
            let creation: RoomCreation
            do {
                creation = try await parts.store.create(record, term: term)
            } catch {
                log.warning("A room could not be recorded.", metadata: .keys([.code: "\(error.code)"]))
                throw Rejection(.busy)
            }
            switch creation {
            case .created: return (record, term)
            case .codeTaken: continue
            case .termOver: lost(term)
            }
        }
        throw Rejection(.busy)
    }

    // MARK: - Detail

    private func revive(_ record: RoomRecord, _ replayed: ReplayedRoom, term: Term) {
        let room = make(record, term: term, replayed)
        let window = configuration.returnWindow
        let isClosed = replayed.machine.phase == .closed
        parts.metrics.loaded[isClosed ? .closed : .live].increment()
        room.run { room in
            for (result, head) in replayed.finished { room.storeAgain(result, head: head) }
            if isClosed { return room.endRoom() }
            room.submit(.clock(.activation))
            room.loop.scheduleTask(in: window) { room.assumeIsolated { $0.reconcilePresence() } }
        }
    }

    private func make(_ record: RoomRecord, term: Term, _ replayed: ReplayedRoom) -> RoomActor {
        let lane = lanes[record.shard.index % lanes.count]
        let loop = loops[lane.index % loops.count]
        let environment = RoomEnvironment(
            loop: loop, lane: lane, journal: parts.journal, broadcaster: parts.broadcaster, questions: parts.questions,
            work: parts.work, signer: parts.signer, keys: parts.keys, metrics: parts.metrics, log: log,
            wallClockMs: parts.wallClockMs, ended: { [weak self] in self?.forget($0) })
        let room = RoomActor(
            record: record, term: term, loop: loop.eventLoop, environment: environment, replayed: replayed)
        room.run { $0.begin() }
        registry.withLockedValue { registry in
            registry.rooms[record.code] = room
            registry.codes[record.room] = record.code
        }
        return room
    }

    private func forget(_ room: RoomActor) {
        registry.withLockedValue { registry in
            guard registry.rooms[room.code] === room else { return }
            registry.rooms[room.code] = nil
            registry.codes[room.id] = nil
        }
    }

    private func room(_ id: RoomID) -> RoomActor? {
        registry.withLockedValue { registry in registry.codes[id].flatMap { registry.rooms[$0] } }
    }

    // MARK: - What lanes tell

    package func committed(_ room: RoomID, _ head: JournalHead, began: NIODeadline) {
        guard let room = self.room(room) else { return }
        for loop in loops where loop.eventLoop === room.loop { loop.confirm(began: began) }
        room.run { $0.committed(head) }
    }

    package func lost(_ term: Term) {
        guard registry.withLockedValue({ $0.shards.lose(term) }) else { return }
        dropRooms(of: term.shard)
        parts.metrics.shardsLost.increment()
        log.warning(
            "A shard has another owner; its rooms are dropped.", metadata: .keys([.shardID: "\(term.shard)"]))
    }

    func dropRooms(of shard: ShardID) {
        let dropped = registry.withLockedValue { registry in
            let rooms = registry.rooms.values.filter { ShardID(of: $0.code) == shard }
            for room in rooms {
                registry.rooms[room.code] = nil
                registry.codes[room.id] = nil
            }
            registry.quarantined = registry.quarantined.filter { ShardID(of: $0) != shard }
            return rooms
        }
        for room in dropped {
            room.run { room in
                room.drop()
                room.environment.lane.drop(room.id)
            }
        }
    }

    package func quarantine(_ room: RoomID, why: String) {
        self.room(room)?.run { room in
            room.quarantine(why)
            self.noticeLost(behind: room.committed, of: room.id)
        }
    }
}

extension RoomPhase {
    /// Whether a game is under way.
    fileprivate var isRunning: Bool {
        switch self {
        case .lobby, .podium, .closed: false
        case .countdown, .question, .locked, .reveal, .leaderboard: true
        }
    }
}
