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

    private struct Registry {
        var rooms: [RoomCode: RoomActor] = [:]
        var codes: [RoomID: RoomCode] = [:]
        var terms: [ShardID: Term] = [:]
        var quarantined: Set<RoomCode> = []
    }

    private let configuration: Configuration
    private let parts: Parts
    let loops: [RoomLoop]
    let lanes: [JournalLane]
    private let registry = NIOLockedValueBox(Registry())
    private let log: Logger

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
    /// Shards it answers for already stay as they are.
    ///
    /// - Parameter began: when the winning compare-and-set was sent.
    /// - Throws: `JournalFailure` when the database cannot be read: the shards are this node's all the same; adopt them again.
    package func adopt(_ terms: [Term], began: NIODeadline) async throws(JournalFailure) {
        // A second copy of a room that is live here would be a second writer under one term.
        let known = registry.withLockedValue { $0.terms }
        let terms = terms.filter { known[$0.shard] != $0 }
        guard !terms.isEmpty else { return }
        // Only now, in a new statement: what the former owner committed last is there.
        let stored = try await parts.store.load(shards: terms.map(\.shard))
        let expected = Dictionary(terms.map { ($0.shard, $0) }, uniquingKeysWith: { first, _ in first })
        var revived: [(record: RoomRecord, room: ReplayedRoom)] = []
        for room in stored {
            do {
                revived.append(
                    (room.record, try RoomReplay.replay(room, ringKey: parts.keys.ringKey(room.record.room))))
            } catch {
                parts.metrics.loaded[.quarantined].increment()
                parts.metrics.roomsQuarantined.increment()
                registry.withLockedValue { _ = $0.quarantined.insert(room.record.code) }
                log.error(
                    "A room's journal does not fold; the room is quarantined.",
                    metadata: .keys([.roomID: "\(room.record.room)", .reason: "\(error)"]))
            }
        }
        revived.sort { $0.room.machine.phase.isRunning && !$1.room.machine.phase.isRunning }
        // The compare-and-set was a look at the fence; an idle node has had no other lately.
        for loop in loops { loop.eventLoop.execute { loop.confirm(began: began) } }
        for (record, replayed) in revived {
            if let term = expected[record.shard] { revive(record, replayed, term: term) }
        }
        registry.withLockedValue { registry in
            for term in terms { registry.terms[term.shard] = term }
        }
        let passed = NIODeadline.now() - began
        parts.metrics.loadSeconds.observe(Double(passed.nanoseconds) / 1e9)
        log.info(
            "Shards are taken and their rooms are back.",
            metadata: .keys([
                .shardCount: "\(terms.count)", .count: "\(revived.count)",
                .durationMs: "\(passed.nanoseconds / 1_000_000)",
            ]))
    }

    // MARK: - Giving shards away

    /// The term under which this node answers for a shard; nil: it does not.
    package func term(of shard: ShardID) -> Term? { registry.withLockedValue { $0.terms[shard] } }

    package var terms: [Term] { registry.withLockedValue { Array($0.terms.values) } }

    /// Stops the rooms of shards that are to be given away: their clocks stand still, they take nothing more, and what they took is committed.
    /// Commands that come meanwhile get no answer; their gateways send them again to whoever owns the room next.
    ///
    /// - Returns: the rooms' heads when everything is committed; nil: it took longer than `limit`. Call `resume` or `release` in any case.
    package func suspend(_ shards: Set<ShardID>, limit: TimeAmount) async -> [RoomID: JournalHead]? {
        let rooms = rooms(in: shards)
        guard let loop = loops.first?.eventLoop else { return [:] }
        let all = rooms.map { room in
            let promise = room.loop.makePromise(of: (RoomID, JournalHead)?.self)
            room.run { $0.suspend { head in promise.succeed(head.map { (room.id, $0) }) } }
            room.loop.scheduleTask(in: limit) { promise.succeed(nil) }
            return promise.futureResult
        }
        // Promises are only ever fulfilled.
        let heads = (try? await EventLoopFuture.whenAllSucceed(all, on: loop).get()) ?? []
        var found: [RoomID: JournalHead] = [:]
        for case (let room, let head)? in heads { found[room] = head }
        return found.count == rooms.count ? found : nil
    }

    /// The shards stay: their rooms go on, under these terms.
    package func resume(_ terms: [Term]) {
        let byShard = Dictionary(terms.map { ($0.shard, $0) }, uniquingKeysWith: { first, _ in first })
        registry.withLockedValue { registry in
            for term in terms { registry.terms[term.shard] = term }
        }
        for room in rooms(in: Set(byShard.keys)) {
            guard let term = byShard[ShardID(of: room.code)] else { continue }
            room.run { $0.resume(under: term) }
        }
    }

    /// The shards have another owner now: their rooms leave this node, and sessions look for them there.
    package func release(_ shards: Set<ShardID>) {
        for shard in shards { _ = drop(shard) }
    }

    private func rooms(in shards: Set<ShardID>) -> [RoomActor] {
        registry.withLockedValue { registry in
            registry.rooms.values.filter { shards.contains(ShardID(of: $0.code)) }
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
            // One shard at least, so that an idle node keeps its standing too.
            let live = Set(registry.rooms.keys.map { ShardID(of: $0) }).union(registry.terms.keys.prefix(1))
            return registry.terms.filter { live.contains($0.key) }
        }
        guard !expected.isEmpty else { return }
        let found: [ShardID: Term]
        do {
            found = try await parts.journal.terms(of: expected.keys.sorted(), lane: 0)
        } catch {
            return  // Standing runs out by itself.
        }
        for (shard, term) in expected where found[shard] != term { lost(shard) }
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
            guard let term = registry.withLockedValue({ $0.terms[shard] }) else { continue }
            let record = RoomRecord(room: .random(), code: code, shard: shard, rules: RoomStateMachine.rules)
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
            case .termOver: lost(shard)
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

    package func lost(_ shard: ShardID) {
        guard drop(shard) else { return }
        parts.metrics.shardsLost.increment()
        log.warning("A shard has another owner; its rooms are dropped.", metadata: .keys([.shardID: "\(shard)"]))
    }

    /// - Returns: whether the shard was this node's.
    private func drop(_ shard: ShardID) -> Bool {
        let dropped = registry.withLockedValue { registry -> [RoomActor]? in
            let wasOurs = registry.terms.removeValue(forKey: shard) != nil
            let rooms = registry.rooms.values.filter { ShardID(of: $0.code) == shard }
            for room in rooms {
                registry.rooms[room.code] = nil
                registry.codes[room.id] = nil
            }
            registry.quarantined = registry.quarantined.filter { ShardID(of: $0) != shard }
            return wasOurs || !rooms.isEmpty ? Array(rooms) : nil
        }
        guard let dropped else { return false }
        for room in dropped {
            room.run { room in
                room.drop()
                room.environment.lane.drop(room.id)
            }
        }
        return true
    }

    package func quarantine(_ room: RoomID, why: String) {
        self.room(room)?.run { $0.quarantine(why) }
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
