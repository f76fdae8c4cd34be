internal import Crypto
internal import Logging
package import NIOCore
package import QuizModel
internal import QuizTelemetry

/// Keys of rooms, derived from one secret of the deployment (HMAC-SHA-256 as a key derivation).
package struct RoomKeys: Sendable {
    private let secret: SymmetricKey

    /// - Parameter secret: 32 bytes or more, the same on every node.
    package init(secret: [UInt8]) { self.secret = SymmetricKey(data: secret) }

    /// The key of a room's offsets.
    package func ringKey(_ room: RoomID) -> [UInt8] { derive("ring", room, []) }

    /// What a room's password is compared by. Useless to whoever has the database and not the secret.
    package func passwordDigest(_ password: RoomPassword, room: RoomID) -> [UInt8] {
        derive("password", room, Array(password.text.utf8))
    }

    private func derive(_ purpose: String, _ room: RoomID, _ input: [UInt8]) -> [UInt8] {
        var authentication = HMAC<SHA256>(key: secret)
        authentication.update(data: Array("quizmania \(purpose) 1\n\(room)\n".utf8))
        authentication.update(data: input)
        return Array(authentication.finalize())
    }
}

/// What a room reaches outside itself.
struct RoomEnvironment: Sendable {
    let loop: RoomLoop
    let lane: JournalLane
    let journal: any RoomJournal
    let broadcaster: any RoomBroadcaster
    let questions: any GameQuestions
    let work: BackgroundWork
    let signer: ResultSigner
    let keys: RoomKeys
    let metrics: RoomMetrics
    let log: Logger
    /// Milliseconds since 1970; for records people read, never for a game.
    let wallClockMs: @Sendable () -> Int64
    /// The room has closed; forget it.
    let ended: @Sendable (RoomActor) -> Void

    /// Bytes of the whole lane that wait for their commit.
    var backlogBytes: Int { lane.backlogBytes }
}

/// What rooms on one event loop share: its clock, the node's standing, and who waits for a commit.
package final class RoomLoop: @unchecked Sendable {  // mutable state is confined to `eventLoop`
    package let eventLoop: any EventLoop
    private let metrics: RoomMetrics
    private let monotonic: @Sendable () -> NIODeadline
    private var clock: LoopClock
    private(set) var standing: Standing
    private var waiting: [RoomID: RoomActor] = [:]
    private var silent: [RoomID: RoomActor] = [:]
    private var beat: RepeatedTask?
    private var lastBeat: NIODeadline
    private var worstLag = TimeAmount.zero
    var strain = RoomStrain.none

    /// - Parameter monotonic: the clock rooms live by.
    init(
        eventLoop: any EventLoop, metrics: RoomMetrics, monotonic: @escaping @Sendable () -> NIODeadline = { .now() }
    ) {
        self.eventLoop = eventLoop
        self.metrics = metrics
        self.monotonic = monotonic
        clock = LoopClock(now: monotonic())
        let now = NIODeadline.now()
        standing = Standing(confirmed: now)
        lastBeat = now
    }

    /// Begins to watch the loop's clock; ends with `stop`.
    func start() {
        eventLoop.execute {
            self.beat = self.eventLoop.scheduleRepeatedTask(
                initialDelay: .zero, delay: .milliseconds(LoopClock.touchEveryMs)
            ) { _ in self.touch() }
        }
    }

    func stop() {
        eventLoop.execute { self.beat?.cancel() }
    }

    /// The loop's time without its gaps.
    func now() -> NIODeadline { clock.look(monotonic()) }

    var gaps: Int { clock.gaps }

    /// A deadline in the loop's own time, for its timers: gaps so far are put back in.
    func real(_ deadline: NIODeadline) -> NIODeadline {
        .now() + (deadline - now())
    }

    func await(_ room: RoomActor) { waiting[room.id] = room }
    func settled(_ room: RoomActor) { waiting[room.id] = nil }

    /// The room has something to say and may not at the moment.
    func silenced(_ room: RoomActor) { silent[room.id] = room }

    /// An append or a read of the fence rows succeeded.
    func confirm(began: NIODeadline) {
        standing.confirm(began: began)
        guard !silent.isEmpty, standing.holds(at: .now()) else { return }
        let rooms = silent.values
        silent = [:]
        for room in rooms { room.assumeIsolated { $0.release() } }
    }

    /// How late the loop's timer was at worst since this was last asked.
    func takeLag() -> TimeAmount {
        defer { worstLag = .zero }
        return worstLag
    }

    private func touch() {
        let now = NIODeadline.now()
        let late = (now - lastBeat).nanoseconds - LoopClock.touchEveryMs * 1_000_000
        metrics.loopLag.observe(Double(max(0, late)) / 1e9)
        worstLag = max(worstLag, .nanoseconds(late))
        lastBeat = now
        _ = self.now()
        for room in Array(waiting.values) { room.assumeIsolated { $0.checkCommit(now: now) } }
    }
}
