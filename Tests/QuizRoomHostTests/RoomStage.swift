import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import QuizModel
import QuizRoom
import QuizShards
import QuizTelemetry
import QuizTestKit
import Testing

@testable import QuizRoomHost

/// A room on a real event loop, with a journal in memory and a clock that tests move.
final class RoomStage: Sendable {
    let journal: InMemoryRoomJournal
    let loop: any EventLoop
    let registry = MetricsRegistry()
    let log = RecordingLog()
    let questions: CannedQuestions
    let time = ManualTime()
    let room: RoomActor
    private let roomLoop: RoomLoop
    private let delegate: StageDelegate
    private let work: BackgroundWork

    static let code = RoomCode("ABCDEFG")!
    static let roomID = RoomID(value: 42)
    static let owner = Incarnation(value: 9)

    /// - Parameter replayed: nil: a new room.
    init(
        journal: InMemoryRoomJournal = InMemoryRoomJournal(), questions: [Question] = [], owner: Incarnation = owner,
        standing: Bool = true, work: BackgroundWork = BackgroundWork()
    ) async throws {
        self.journal = journal
        self.work = work
        self.questions = CannedQuestions(questions: questions)
        loop = MultiThreadedEventLoopGroup.singleton.next()
        let shard = ShardID(of: Self.code)
        let term = try #require(try await journal.take([shard], owner: owner).first)
        let record = RoomRecord(room: Self.roomID, code: Self.code, shard: shard, rules: RoomStateMachine.rules)
        _ = try await journal.create(record, term: term)
        let keys = RoomKeys(secret: [UInt8](repeating: 1, count: 32))
        let metrics = RoomMetrics(registry)
        let log = self.log
        let logger = Logger(label: "stage") { _ in log }
        let time = self.time
        roomLoop = RoomLoop(eventLoop: loop, metrics: metrics, monotonic: { time.now })
        let lane = JournalLane(index: 0, loop: loop, journal: journal, work: work, metrics: metrics, log: logger)
        delegate = StageDelegate(roomLoop: roomLoop)
        let environment = RoomEnvironment(
            loop: roomLoop, lane: lane, journal: journal, broadcaster: PlainBroadcaster(), questions: self.questions,
            work: work, signer: try ResultSigner(secret: [UInt8](repeating: 3, count: 32)), keys: keys,
            metrics: metrics, log: logger, wallClockMs: { 1_000 }, ended: { _ in })
        let stored = try #require(try await journal.load(shards: [shard]).first)
        let replayed = try RoomReplay.replay(stored, ringKey: keys.ringKey(Self.roomID))
        let room = RoomActor(record: record, term: term, loop: loop, environment: environment, replayed: replayed)
        self.room = room
        let delegate = delegate
        delegate.room.withLockedValue { $0 = room }
        // No fence watch runs here; however slow the machine, the stage may speak for its room.
        if standing {
            loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(50)) { [weak self] task in
                guard let self else { return task.cancel() }
                roomLoop.confirm(began: .now())
            }
        }
        try await loop.submit {
            lane.attach(delegate)
            room.assumeIsolated { $0.begin() }
        }.get()
    }

    /// Runs the background work beside `body`.
    func perform<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.work.run() }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    /// The answer to an input, once it has left the room.
    func submit(_ input: RoomInput) async -> Result<RoomReply, Rejection> { await room.commit(input) }

    func open(settings: RoomSettings = RoomSettings()) async {
        _ = await submit(
            .opened(
                code: Self.code, creator: PlayerID(value: 1), settings: settings, passwordDigest: nil,
                seed: RoomSeed(bytes: [UInt8](repeating: 5, count: 32))))
    }

    func join(_ session: RecordingSession) async -> Bool {
        await withCheckedContinuation { continuation in
            room.run { room in
                room.join(
                    session, nickname: session.nickname, role: .player, passwordDigest: nil, ack: 1, began: .now()
                ) { continuation.resume(returning: $0) }
            }
        }
    }

    /// Everything handed to the loop before has been done.
    func settle() async throws {
        for _ in 0..<20 { try await loop.submit {}.get() }
    }

    /// Moves the clock in steps too small to look like a loop that stood still, and lets due timers act.
    func advance(milliseconds: Int64) async throws {
        var left = milliseconds
        while left > 0 {
            let step = min(left, 200)
            left -= step
            time.advance(milliseconds: step)
            try await loop.submit { _ = self.roomLoop.now() }.get()
            let due = await room.isDue()
            if due { _ = await submit(.tick(credits: [])) }
        }
    }

    /// What the node leaves out from now on.
    func strain(_ strain: RoomStrain) async throws { try await loop.submit { self.roomLoop.strain = strain }.get() }

    /// A read of the fence rows that began now succeeded.
    func confirmStanding() async throws { try await loop.submit { self.roomLoop.confirm(began: .now()) }.get() }
}

extension RoomActor {
    func isDue() -> Bool { machine.nextDeadline.map { $0 <= instant() } ?? false }
    func stateDigest() -> UInt64 { machine.digest }
    func ringOffset() -> String { ring.offset }
    func phaseNow() -> RoomPhase { machine.phase }
    func isPresent(_ player: PlayerID) -> Bool? { machine.isPresent(player) }
}

/// What the lane finds, passed to the one room.
final class StageDelegate: JournalLaneDelegate {
    let room = NIOLockedValueBox<RoomActor?>(nil)
    private let roomLoop: RoomLoop

    init(roomLoop: RoomLoop) { self.roomLoop = roomLoop }

    func committed(_ room: RoomID, _ head: JournalHead, began: NIODeadline) {
        roomLoop.confirm(began: began)
        self.room.withLockedValue(\.self)?.run { $0.committed(head) }
    }
    func lost(_ term: Term) { room.withLockedValue(\.self)?.run { $0.drop() } }
    func quarantine(_ room: RoomID, why: String) { self.room.withLockedValue(\.self)?.run { $0.quarantine(why) } }
}

/// A session that keeps what it is sent.
final class RecordingSession: SessionOutlet {
    struct Received: Sendable, Equatable {
        var name: String
        var payload: String
        var offset: String
    }

    let sessionID: String
    let player: PlayerID
    let nickname: Nickname
    let latencyMs: Int?
    private let state = NIOLockedValueBox((events: [Received](), acks: [String](), ended: [SessionEnd](), isOpen: true))

    init(_ player: UInt128, latencyMs: Int? = nil) throws {
        self.player = PlayerID(value: player)
        sessionID = "s\(player)"
        nickname = try #require(Nickname("Player \(player)"))
        self.latencyMs = latencyMs
    }

    var events: [Received] { state.withLockedValue(\.events) }
    var acks: [String] { state.withLockedValue(\.acks) }
    var ended: [SessionEnd] { state.withLockedValue(\.ended) }
    var isOpen: Bool { state.withLockedValue(\.isOpen) }
    func close() { state.withLockedValue { $0.isOpen = false } }
    func names() -> [String] { events.map(\.name) }

    func send(_ event: RoomEvent) {
        let received = Received(name: event.name, payload: String(buffer: event.payload), offset: event.offset)
        state.withLockedValue { $0.events.append(received) }
    }
    func acknowledge(_ ack: Int, _ json: ByteBuffer) {
        let line = "\(ack) \(String(buffer: json))"
        state.withLockedValue { $0.acks.append(line) }
    }
    func ping() {}
    func ended(_ reason: SessionEnd) { state.withLockedValue { $0.ended.append(reason) } }
}

struct PlainBroadcaster: RoomBroadcaster {
    func broadcast(_ event: RoomEvent, to sessions: [any SessionOutlet]) {
        for session in sessions { session.send(event) }
    }
}

struct CannedQuestions: GameQuestions {
    var questions: [Question]
    func draw(for settings: RoomSettings) async throws(Rejection) -> [Question] { questions }
}

final class ManualTime: Sendable {
    private let value = NIOLockedValueBox(NIODeadline.uptimeNanoseconds(1_000_000_000))
    var now: NIODeadline { value.withLockedValue(\.self) }
    func advance(milliseconds: Int64) { value.withLockedValue { $0 = $0 + .milliseconds(milliseconds) } }
}

/// A log that keeps its lines.
final class RecordingLog: LogHandler, @unchecked Sendable {  // `kept` is behind a lock; the rest is never written
    private let kept = NIOLockedValueBox<[String]>([])
    var lines: [String] { kept.withLockedValue(\.self) }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { nil }
        set {}
    }
    func log(event: LogEvent) {
        let line = "\(event.level) \(event.message) \(event.metadata ?? [:])"
        kept.withLockedValue { $0.append(line) }
    }
}

/// Questions whose right answers are chosen by `rotation`.
func cannedQuestions(_ count: Int, rotation: Int = 0) throws -> [Question] {
    try (0..<count).map { index in
        Question(
            id: try #require(QuestionID("q-\(index)")), kind: .single, category: try #require(CategoryID("test")),
            difficulty: .easy, prompt: "Question \(index)?", choices: ["A", "B", "C", "D"],
            correct: [(index + rotation) % 4], explanation: "Because \((index + rotation) % 4).",
            source: QuestionSource(title: "Book \((index + rotation) % 4)"))
    }
}
