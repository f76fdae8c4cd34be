internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import QuizModel
package import QuizRoomHost
internal import QuizSocial
internal import QuizTelemetry
internal import QuizWire

/// One client's connection to the game: who it is, which room it is in, and its way out of that room.
///
/// Mutable state is confined to the socket's event loop; the room may live on another one and then reaches the session by a hop that keeps
/// the order.
final class GameSession: SessionOutlet, @unchecked Sendable {  // confined to `loop` but for `shared`
    let player: PlayerID
    let nickname: Nickname
    let loop: any EventLoop
    let parts: GameApplication.Parts
    let admission: Admission
    let sessionID: String
    let address: String
    var socket: SocketConnection?
    var room: RoomActor?
    private var events: TokenBucket
    var lines: TokenBucket
    private var audit = LatencyAudit()

    /// What the room's loop reads without a hop.
    private struct Shared {
        var isOpen = true
        var latencyMs: Int?
    }
    private let shared = NIOLockedValueBox(Shared())

    init(admission: Admission, socket: SocketConnection, parts: GameApplication.Parts) {
        self.admission = admission
        player = admission.player
        nickname = admission.nickname
        loop = socket.eventLoop
        address = socket.remoteAddress
        self.socket = socket
        self.parts = parts
        sessionID = admission.recovery?.sid ?? SessionName.random()
        let now = NIODeadline.now()
        events = TokenBucket(perSecond: Double(Limits.eventsPerSecond), burst: Double(Limits.eventsBurst), now: now)
        lines = TokenBucket(
            perSecond: Double(Limits.chatLinesPerTenSeconds) / 10, burst: Double(Limits.chatLinesPerTenSeconds),
            now: now)
    }

    // MARK: - Coming in

    /// Brings the session back into its room, or begins a new one. The CONNECT reply waits for the room's verdict.
    func begin() {
        socket?.state = self
        parts.metrics.sessionsOpened.increment()
        parts.presence.arrived(player)
        guard let recovery = admission.recovery, let pid = admission.pid, let offset = admission.offset else {
            return acceptAsNew(baseline: nil)
        }
        guard let mark = OffsetMark(offset) else {
            // It had been in no room, so there is nothing it can have missed.
            guard offset == Self.offsetOutsideRooms else { return acceptAsNew(baseline: nil) }
            parts.metrics.recovered.increment()
            socket?.accept(sid: sessionID, pid: pid)
            return sendMe()
        }
        guard case .room(let room) = parts.host.find(mark.code) else { return acceptAsNew(baseline: nil) }
        let baseline = recovery.baseline?.code == mark.code ? recovery.baseline?.seq ?? 0 : 0
        room.run { room in
            room.resume(self, offset: mark, baseline: baseline) { verdict in
                self.onLoop { $0.decided(verdict, room: room, pid: pid) }
            }
        }
    }

    private func decided(_ verdict: RecoveryVerdict, room: RoomActor, pid: String) {
        switch verdict {
        case .recovered:
            parts.metrics.recovered.increment()
            self.room = room
            socket?.accept(sid: sessionID, pid: pid)
            entered(room)
        case .notRecovered(let baseline):
            self.room = room
            acceptAsNew(baseline: RecoveryBaseline(code: room.code, seq: baseline))
            entered(room)
        case .notMember:
            acceptAsNew(baseline: nil)
        }
    }

    private func acceptAsNew(baseline: RecoveryBaseline?) {
        if admission.pid != nil { parts.metrics.notRecovered.increment() }
        let sid = SessionName.random()
        let token = RecoveryToken(player: player, sid: sid, issuedAtMs: admission.issuedAtMs, baseline: baseline)
        socket?.accept(sid: sid, pid: parts.recovery.seal(token))
        if room == nil { sendMe() }
    }

    private func sendMe() {
        let me = MePayload(
            player: player, nickname: nickname, token: admission.guest?.token, refresh: admission.guest?.refresh)
        guard let payload = try? WireJSON.buffer(me) else { return }  // texts always encode
        send(RoomEvent(name: ServerEventName.roomMe.rawValue, payload: payload, offset: Self.offsetOutsideRooms))
        announcePresence()
    }

    /// The session is in a room: what belongs to no input follows.
    func entered(_ room: RoomActor) {
        announcePresence()
        parts.work.submit { [parts] in
            let lines = await parts.chat.recent(in: room.id)
            self.onLoop { session in
                guard session.room === room, let payload = try? WireJSON.buffer(ChatRecentPayload(messages: lines))
                else { return }
                room.run { $0.sendFeed(.chatRecent, payload, to: self) }
            }
        }
    }

    private func announcePresence() {
        let code = room?.code
        parts.presence.moved(player, to: code)
        parts.work.submit { [parts, player] in await parts.presence.announce(player) }
    }

    /// The offset of events that belong to no room.
    static let offsetOutsideRooms = "-.0.00000000"

    // MARK: - Going

    func disconnected() {
        shared.withLockedValue { $0.isOpen = false }
        socket = nil
        if let room { room.run { $0.detach(self) } }
        room = nil
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

    func send(_ event: RoomEvent) { deliver(OutboundMessage(event), conflation: event.conflation) }

    func deliver(_ message: OutboundMessage, conflation: Int?) {
        onLoop { $0.socket?.send(message, droppableKey: conflation) }
    }

    func acknowledge(_ ack: Int, _ json: ByteBuffer) {
        onLoop { $0.socket?.acknowledge(ack, json) }
    }

    func ping() { onLoop { $0.socket?.ping() } }

    func ended(_ reason: SessionEnd) {
        onLoop { session in
            session.room = nil
            switch reason {
            case .left, .roomClosed: session.announcePresence()
            case .kicked: session.socket?.disconnect()
            case .moved: session.socket?.closeTransport()
            }
        }
    }
}

/// Encodes an event once and hands it to every session.
package struct GatewayBroadcaster: RoomBroadcaster {
    package init() {}

    package func broadcast(_ event: RoomEvent, to sessions: [any SessionOutlet]) {
        guard !sessions.isEmpty else { return }
        let message = OutboundMessage(event)
        for case let session as GameSession in sessions { session.deliver(message, conflation: event.conflation) }
    }
}

extension OutboundMessage {
    fileprivate convenience init(_ event: RoomEvent) {
        self.init(event: event.name, payloadJSON: event.payload, offset: event.offset)
    }
}
