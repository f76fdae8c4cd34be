internal import DequeModule
internal import Logging
package import NIOCore
package import QuizModel
internal import QuizRoom
internal import QuizShards
internal import QuizTelemetry
internal import QuizWire

/// One room: its state machine, its uncommitted inputs, its sessions.
///
/// Runs on an event loop, where its sessions' sockets are read too, so that entering it costs no thread hop.
///
/// **Output commit** (P1). An input is applied at once and its row handed to the journal lane; everything that follows from it waits in `outputs`
/// under the row's number and leaves, in order, when that number is committed. What changes nothing (a rejection, a retry's ack) waits under the
/// number of the last input it saw. Nothing its sessions are sent can therefore be taken back by a crash; `summary`, for look-ups and lists, is of the moment.
///
/// The parts: `+Inputs` what comes in, `+Journal` rows out and commits in, `+Outputs` what leaves, `+Sessions` who is connected, `+Timers` deadlines.
package actor RoomActor {
    package nonisolated let id: RoomID
    package nonisolated let code: RoomCode
    package nonisolated let loop: any EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    let rules: Int
    var term: Term
    let environment: RoomEnvironment
    let log: Logger

    // The game.
    var machine: RoomStateMachine
    var clock: RoomClock
    var gapsSeen = 0
    /// The last input applied, and its chain.
    var applied: JournalHead
    var committed: JournalHead
    /// Number of the last input that changed the phase; no further change before it is committed.
    var phaseChanged: Int64 = 0
    var quarantined: String?
    /// The shard is not ours any more: nothing leaves.
    var dropped = false
    /// The shard is being given away, see `+Moving`.
    var suspended = false
    var suspending: (@Sendable (JournalHead?) -> Void)?
    /// Sessions that wanted to join meanwhile: they ask again.
    var knocking: [any SessionOutlet] = []
    /// Commands to start a game that wait for its questions; what their sessions send meanwhile is refused.
    var drawing: [InputOrigin] = []

    // The journal.
    var unsent: [JournalRow] = []
    /// The head in front of `unsent`.
    var unsentBehind: JournalHead
    var flushScheduled = false
    /// When the oldest uncommitted row was applied; nil: all is committed.
    var uncommittedSince: NIODeadline?
    var saving = false
    var snapshotNumber: Int64 = 0
    var snapshotWaiting: StoredSnapshot?
    var snapshotUnderWay = false
    /// Results not stored yet; no snapshot may pass them.
    var resultsUnderWay = 0

    // What waits to leave, and what left.
    var outputs: Deque<(number: Int64, output: RoomOutput)> = []
    var isReleasing = false
    var ring: RecoveryRing
    var progressWaiting: ProgressPayload?
    var progressScheduled = false
    var chatSeen = RecentNames<ChatName>(capacity: 256)

    // Who is connected.
    var sessions: [any SessionOutlet] = []
    /// Who came or went when the room could not take it; it looks again.
    var presenceBehind: Set<PlayerID> = []

    // Timers.
    var timer: Scheduled<Void>?
    /// When `timer` comes: at `timerAt` or before it, or later where the room's own input was refused.
    var timerFiresAt = NIODeadline.distantPast
    /// What is waited for.
    var timerAt: RoomInstant?
    /// How long the room's own input waits that was refused because too much waits for the journal.
    static let refusedAgainIn = TimeAmount.milliseconds(100)

    init(
        record: RoomRecord, term: Term, loop: any EventLoop, environment: RoomEnvironment, replayed: ReplayedRoom
    ) {
        id = record.room
        code = record.code
        rules = record.rules
        self.loop = loop
        self.term = term
        self.environment = environment
        machine = replayed.machine
        ring = replayed.ring
        applied = replayed.head
        committed = replayed.head
        unsentBehind = replayed.head
        snapshotNumber = replayed.snapshotNumber
        clock = RoomClock(base: replayed.machine.lastInstant, now: .now())
        var log = environment.log
        log[metadataKey: LogKey.roomID.rawValue] = "\(record.room)"
        self.log = log
    }

    /// Starts the room's clock; the first thing that runs on its loop.
    func begin() {
        clock = RoomClock(base: machine.lastInstant, now: environment.loop.now())
        gapsSeen = environment.loop.gaps
    }

    /// Runs `body` in the room: at once when called on its loop, else in a task of that loop.
    package nonisolated func run(_ body: @escaping @Sendable (isolated RoomActor) -> Void) {
        if loop.inEventLoop {
            assumeIsolated(body)
        } else {
            loop.execute { self.assumeIsolated(body) }
        }
    }

    /// Room time now, without the times at which the loop stood still.
    func instant() -> RoomInstant {
        max(clock.instant(at: environment.loop.now()), machine.lastInstant)
    }

    /// For `time:sync`.
    package func preciseTime() -> Double { clock.precise(at: environment.loop.now()) }

    package var phase: RoomPhase { machine.phase }

    package func summary() -> RoomSummary { machine.summary() }

    /// Digest a presented password is compared by; the password itself is neither kept nor journaled.
    package nonisolated func digest(of password: RoomPassword) -> [UInt8] {
        environment.keys.passwordDigest(password, room: id)
    }
}
