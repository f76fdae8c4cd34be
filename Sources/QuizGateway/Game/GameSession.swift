internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import QuizCluster
internal import QuizModel
package import QuizRoomHost
internal import QuizSocial
internal import QuizTelemetry
internal import QuizWire

/// One client's connection to the game: who it is, which room it is in, and its way out of that room.
///
/// Mutable state is confined to the socket's event loop; the room may live on another one, or on another node, and then reaches the session by
/// a hop that keeps the order. The parts: `+Room` where its room is, `+Redirect` how its client is sent there, `+Commands` what it asks for.
final class GameSession: ForwardedSession, @unchecked Sendable {  // confined to `loop` but for `shared`
    // What a broadcast touches stands first, beside the object's header, here and in `Outbox`: the kernel's part of the last send has pushed everything out of
    // the caches, and a member is two lines of memory to load, not eight. (In turns with the order before: 8 % more deliveries, 20 % with eight under way.)

    /// Where broadcasts go without passing through the layers of the connection, once they have found it. (Through six objects, each to be loaded and
    /// retained: a tenth of a delivery.)
    private var outbox: Outbox?
    private var offsetGiven = offsetOutsideRooms

    let player: PlayerID
    let nickname: Nickname
    let loop: any EventLoop
    let parts: GameApplication.Parts
    let admission: Admission
    let sessionID: String
    let address: String
    var socket: SocketConnection? { didSet { outbox = nil } }

    /// Where the session's room is; see `+Room`.
    var seat = Seat.outside { didSet { noteSeat() } }
    /// What brings the session back; nil before it was let in.
    var token: RecoveryToken?
    /// Where the answer to a join goes that came from another node: it gets the way there.
    var joinAck: Int?
    /// What has no answer yet.
    var backlog = CommandBacklog()
    /// The last offset its client was sent.
    var lastOffset: String {
        get {
            loopContext.settleBroadcasts()
            return offsetGiven
        }
        set { offsetGiven = newValue }
    }
    /// What all sessions whose sockets are read on this loop share.
    let loopContext: LoopContext
    /// The session's name in the mesh and in journals, and how often it has attached to a room.
    var handle = SessionHandle(session: .random(in: 1 ... .max), attachment: 0)
    /// Chat lines shown by a room on another node, until it says so.
    var linesUnderWay: [Int: @Sendable (Bool) -> Void] = [:]
    var linesForwarded = 0
    var seekTimer: LoopTimers.Timer?
    /// Whom the attachment under way was asked of.
    var asked: Incarnation?
    /// The room on this node that has been asked to let the session in and has not answered yet.
    var entering: RoomActor?

    private var events: TokenBucket
    var lines: TokenBucket
    private var audit = LatencyAudit()

    /// What the room's loop reads without a hop.
    private struct Shared {
        var isOpen = true
        var latencyMs: Int?
        var isSeeking = false
        /// Its client was told to go to another node.
        var hasWay = false
    }
    private let shared = NIOLockedValueBox(Shared())

    init(admission: Admission, socket: SocketConnection, parts: GameApplication.Parts) {
        self.admission = admission
        player = admission.player
        nickname = admission.nickname
        loop = socket.eventLoop
        loopContext = socket.loopContext
        address = socket.remoteAddress
        self.socket = socket
        self.parts = parts
        sessionID = admission.recovery?.sid ?? SessionIdentifier.draw()
        let now = NIODeadline.now()
        let pace = parts.pace
        events = TokenBucket(perSecond: Double(pace.eventsPerSecond), burst: Double(pace.eventsBurst), now: now)
        lines = TokenBucket(
            perSecond: Double(pace.chatLinesPerTenSeconds) / 10, burst: Double(pace.chatLinesPerTenSeconds), now: now)
    }

    // MARK: - Coming in

    /// Brings the session back into its room, or begins a new one. The CONNECT reply waits for the room's verdict.
    func begin() {
        socket?.state = self
        parts.metrics.sessionsOpened.increment()
        parts.presence.arrived(player)
        if let room = admission.room { return begin(in: room) }
        guard let recovery = admission.recovery, let pid = admission.pid, let offset = admission.offset else {
            return acceptAsNew(baseline: nil)
        }
        guard let mark = OffsetMark(offset) else {
            // It had been in no room, so there is nothing it can have missed.
            guard offset == Self.offsetOutsideRooms else { return acceptAsNew(baseline: nil) }
            acceptAsRecovered(pid: pid)
            return sendMe()
        }
        lastOffset = offset
        let baseline = recovery.baseline?.code == mark.code ? recovery.baseline?.seq ?? 0 : 0
        seat = .going(to: mark.code, .recover(pid: pid, baseline: baseline))
        attach()
    }

    /// A ticket names the room, with or without an offset in it.
    private func begin(in room: RoomCode) {
        guard let recovery = admission.recovery, let pid = admission.pid else { return acceptAsNew(baseline: nil) }
        if let offset = admission.offset, OffsetMark(offset)?.code == room { lastOffset = offset }
        let baseline = recovery.baseline?.code == room ? recovery.baseline?.seq ?? 0 : 0
        seat = .going(to: room, .recover(pid: pid, baseline: baseline))
        attach()
    }

    func acceptAsRecovered(pid: String) {
        parts.metrics.recovered.increment()
        token = admission.recovery
        socket?.accept(sid: sessionID, pid: pid)
    }

    /// - Parameter baseline: offsets older than this are void from here on; nil: the session is in no room.
    func acceptAsNew(baseline: RecoveryBaseline?) {
        if admission.pid != nil { parts.metrics.notRecovered.increment() }
        let sid = SessionIdentifier.draw()
        let token = RecoveryToken(player: player, sid: sid, issuedAtMs: admission.issuedAtMs, baseline: baseline)
        self.token = token
        socket?.accept(sid: sid, pid: parts.recovery.seal(token))
        if baseline == nil { sendMe() }
    }

    private func sendMe() {
        let me = MePayload(
            player: player, nickname: nickname, token: admission.guest?.token, refresh: admission.guest?.refresh)
        guard let payload = try? WireJSON.buffer(me) else { return }  // texts always encode
        send(RoomEvent(name: ServerEventName.roomMe.rawValue, payload: payload, offset: Self.offsetOutsideRooms))
        announcePresence()
    }

    /// The session is in a room: what belongs to no input follows.
    func entered(_ room: RoomID) {
        announcePresence()
        parts.work.submit { [parts] in
            let lines = await parts.chat.recent(in: room)
            self.onLoop { session in
                guard session.seat.room == room, let payload = try? WireJSON.buffer(ChatRecentPayload(messages: lines))
                else { return }
                session.send(
                    RoomEvent(
                        name: ServerEventName.chatRecent.rawValue, payload: payload, offset: session.lastOffset))
            }
        }
    }

    func announcePresence() {
        let code = seat.code
        parts.presence.moved(player, to: code)
        parts.work.submit { [parts, player] in await parts.presence.announce(player) }
    }

    /// The offset of events that belong to no room.
    static let offsetOutsideRooms = "-.0.00000000"

    // MARK: - Going

    func disconnected() {
        shared.withLockedValue { $0.isOpen = false }
        socket = nil
        leaveRoom()
        parts.forwarded.forget(handle.session)
        guard parts.presence.left(player) else { return }
        parts.work.submit { [parts, player] in await parts.presence.announce(player) }
    }

    // MARK: - Coming through

    func received(_ event: SocketEvent) {
        shared.withLockedValue { $0.latencyMs = socket?.minimumRoundTrip.map { Int($0.nanoseconds / 1_000_000) } }
        guard let name = ClientEventName(rawValue: event.name) else {
            return refuse(event.ack, Rejection(.invalid, message: "There is no such command."))
        }
        guard events.take(at: event.receivedAt) else { return refuse(event.ack, Rejection(.rateLimited)) }
        let argument = event.arguments.first ?? ByteBuffer(string: "{}")
        guard argument.readableBytes <= Limits.clientEventBytesMax, event.attachments.isEmpty else {
            return refuse(
                event.ack,
                Rejection(.invalid, message: "A command is at most \(Limits.clientEventBytesMax) bytes of JSON."))
        }
        do throws(Rejection) {
            try perform(name, argument, ack: event.ack, began: event.receivedAt)
        } catch {
            refuse(event.ack, error)
        }
    }

    /// At an answer: are pings answered later than the network explains?
    func auditLatency() {
        guard !audit.isFlagged, let pings = socket?.minimumRoundTrip else { return }
        socket?.measureTransport { trip in
            guard self.audit.compare(pings: pings, transport: trip) else { return }
            self.parts.metrics.latencySuspects.increment()
            self.parts.log.info(
                "A client answers pings later than its network explains.",
                metadata: .keys([.playerID: "\(self.player)", .durationMs: "\(pings.nanoseconds / 1_000_000)"]))
        }
    }

    func refuse(_ ack: Int?, _ rejection: Rejection) {
        parts.metrics.refused[rejection.code].increment()
        answer(ack, Refused(rejection))
    }

    func answer(_ ack: Int?, _ value: some Encodable) {
        guard let ack, let json = try? WireJSON.buffer(value) else { return }  // acks hold nothing that does not encode
        acknowledge(ack, json)
    }

    /// Runs on the socket's loop, in the order of the calls.
    func onLoop(_ body: @escaping @Sendable (GameSession) -> Void) {
        if loop.inEventLoop { body(self) } else { loop.execute { body(self) } }
    }

    // MARK: - SessionOutlet

    var isOpen: Bool { shared.withLockedValue { $0.isOpen } }
    var latencyMs: Int? {
        if loop.inEventLoop { return socket?.minimumRoundTrip.map { Int($0.nanoseconds / 1_000_000) } }
        return shared.withLockedValue { $0.latencyMs }
    }

    func send(_ event: RoomEvent) { deliver(OutboundMessage(event), event) }

    func deliver(_ message: OutboundMessage, _ event: RoomEvent) {
        let (offset, conflation) = (event.offset, event.conflation)
        // Every delivery where a room and its sockets share a loop: without a closure, whose memory would be most of what is done here.
        if loop.inEventLoop { return delivered(message, offset: offset, conflation: conflation) }
        loop.execute { self.delivered(message, offset: offset, conflation: conflation) }
    }

    private func delivered(_ message: OutboundMessage, offset: String, conflation: Int?) {
        socket?.send(message, droppableKey: conflation)
        // Behind it: sending may first have let something older go.
        offsetGiven = offset
    }

    /// On the socket's loop.
    func deliver(_ batch: MessageBatch, offset: String, atOnce: Bool) {
        if let outbox, outbox.isOpen {
            outbox.append(batch, atOnce: atOnce)
        } else {
            socket?.send(batch, atOnce: atOnce)
            outbox = socket?.directWay
        }
        offsetGiven = offset
    }

    func acknowledge(_ ack: Int, _ json: ByteBuffer) {
        onLoop { session in
            if !session.linesUnderWay.isEmpty, let shown = session.linesUnderWay.removeValue(forKey: ack) {
                return shown((try? WireJSON.decode(Refused.self, from: json)) == nil)  // no refusal: shown
            }
            session.backlog.answered(ack)
            session.socket?.acknowledge(ack, ack == session.joinAck ? session.withWay(json) : json)
        }
    }

    func ping() { onLoop { $0.measureLatency() } }

    // MARK: - For those who ask from other threads

    var isLeaving: Bool {
        admission.followsRedirects && shared.withLockedValue { $0.isOpen && ($0.isSeeking || $0.hasWay) }
    }

    private func noteSeat() {
        let (isSeeking, isHere) =
            switch seat {
            case .going: (true, false)
            case .there: (false, false)
            case .outside, .here: (false, true)
            }
        shared.withLockedValue { shared in
            shared.isSeeking = isSeeking
            if isHere { shared.hasWay = false }
        }
    }

    func noteWay() { shared.withLockedValue { $0.hasWay = true } }

    func ended(_ reason: SessionEnd) {
        onLoop { session in
            switch reason {
            case .left, .roomClosed:
                session.leaveRoom()
                session.announcePresence()
            case .kicked:
                session.leaveRoom()
                session.socket?.disconnect()
            case .surplus:
                session.leaveRoom()
                session.socket?.closeTransport()
            case .moved: session.roomMoved()
            }
        }
    }
}

/// Encodes an event once and hands it to every session: at the end of the tick where they are all on the caller's loop, as on a node with one loop they
/// always are; else to each by a hop of its own.
package struct GatewayBroadcaster: RoomBroadcaster {
    package init() {}

    package func broadcast(_ event: RoomEvent, to sessions: [any SessionOutlet]) {
        guard !sessions.isEmpty else { return }
        let message = OutboundMessage(event)
        if let loop = commonLoop(of: sessions) { return loop.broadcast(message, event, to: sessions) }
        for case let session as GameSession in sessions { session.deliver(message, event) }
    }

    /// The loop all the sessions are on, if that is where this is called.
    private func commonLoop(of sessions: [any SessionOutlet]) -> LoopContext? {
        guard let loop = (sessions.first as? GameSession)?.loopContext, loop.eventLoop.inEventLoop else { return nil }
        for session in sessions where (session as? GameSession)?.loopContext !== loop { return nil }
        return loop
    }
}

extension OutboundMessage {
    fileprivate convenience init(_ event: RoomEvent) {
        self.init(event: event.name, payloadJSON: event.payload, offset: event.offset)
    }
}
