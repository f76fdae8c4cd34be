package import NIOCore

/// The rules of one Engine.IO session: who may speak on which transport, and when it is dead.
///
/// Events in, actions out; time comes in with the events. The machine holds no bytes and no sockets: its shell keeps
/// the packets that wait for a poll, the held GET and the WebSockets, and does what the actions say, in order.
///
/// Heartbeats have one absolute deadline, the last sign of life + interval + timeout, so that a late timer never adds
/// to it; each event is checked against that deadline before anything else.
package struct EngineIOSession: Sendable {
    package enum State: Sendable, Equatable {
        /// Can transition to: `probing`, `closed`.
        case polling(isPollHeld: Bool)
        /// A WebSocket is open beside the polls and has not been probed. Can transition to: `polling`, `upgrading`, `closed`.
        case probing(isPollHeld: Bool)
        /// The probe was answered: polls get `6`, packets wait. Can transition to: `polling`, `webSocket`, `closed`.
        case upgrading
        /// Can transition to: `closed`.
        case webSocket
        case closed(EngineIOCloseReason)
    }

    package enum PollAnswer: Sendable, Equatable {
        /// Everything that waits, in order.
        case buffered
        /// `6`: the transport is being replaced.
        case noop
        /// `1`: the session is closed.
        case close
    }

    package enum Action: Sendable, Equatable {
        /// Answers the held GET, or the one that has just come in when none was held.
        case answerPoll(PollAnswer)
        /// Refuses the GET that has just come in: HTTP 400.
        case refusePoll
        case acceptPost
        /// Refuses the POST that has just come in: HTTP 400.
        case refusePost
        /// Queues a ping like any other packet.
        case sendPing
        /// `3probe` on the WebSocket being probed.
        case answerProbe
        /// The probed WebSocket becomes the transport and takes what waits.
        case adoptProbe
        /// Closes the WebSocket that has just been opened or is being probed.
        case closeProbe
        case closeWebSocket
        case deliver(EngineIOPacket)
        /// The session's last action but for the answers to requests.
        case closed(EngineIOCloseReason)
    }

    package private(set) var state: State
    private let timing: EngineIOTiming
    private var lastSignOfLife: NIODeadline
    private var hasPinged = false

    /// - Parameter now: the instant of the handshake, from which the first ping is counted.
    package init(onWebSocket: Bool, timing: EngineIOTiming, now: NIODeadline) {
        state = onWebSocket ? .webSocket : .polling(isPollHeld: false)
        self.timing = timing
        lastSignOfLife = now
    }

    /// When `timeReached` wants to be called; nil once closed.
    package var deadline: NIODeadline? {
        if case .closed = state { return nil }
        return hasPinged ? deathAt : lastSignOfLife + timing.pingInterval
    }

    package var isClosed: Bool {
        if case .closed = state { true } else { false }
    }

    private var deathAt: NIODeadline { lastSignOfLife + timing.pingInterval + timing.pingTimeout }

    // MARK: Long-polling

    /// - Parameter hasBuffered: whether packets wait to be fetched.
    package mutating func pollReceived(hasBuffered: Bool, at now: NIODeadline) -> [Action] {
        if let death = deathIfDue(now) { return death + [.refusePoll] }
        switch state {
        case .polling(isPollHeld: true), .probing(isPollHeld: true):
            return close(.protocolViolation) + [.refusePoll]
        case .polling(isPollHeld: false):
            state = .polling(isPollHeld: !hasBuffered)
            return hasBuffered ? [.answerPoll(.buffered)] : []
        case .probing(isPollHeld: false):
            state = .probing(isPollHeld: !hasBuffered)
            return hasBuffered ? [.answerPoll(.buffered)] : []
        case .upgrading: return [.answerPoll(.noop)]
        case .webSocket, .closed: return [.refusePoll]
        }
    }

    /// The client of the held GET went away.
    package mutating func pollAborted() -> [Action] {
        switch state {
        case .polling(isPollHeld: true), .probing(isPollHeld: true):
            setPollHeld(false)
            return close(.transportClosed)
        default: return []
        }
    }

    /// - Parameter packets: nil when the body was malformed.
    package mutating func postReceived(_ packets: [EngineIOPacket]?, at now: NIODeadline) -> [Action] {
        if let death = deathIfDue(now) { return death + [.refusePost] }
        switch state {
        case .polling, .probing, .upgrading: break
        case .webSocket, .closed: return [.refusePost]
        }
        guard let packets else { return close(.protocolViolation) + [.refusePost] }
        var actions: [Action] = []
        for packet in packets {
            actions += received(packet, at: now)
            if case .closed(let reason) = state {
                return actions + [reason == .protocolViolation ? .refusePost : .acceptPost]
            }
        }
        return actions + [.acceptPost]
    }

    /// The shell has put something into its buffer, and now is the moment to let it go.
    package mutating func bufferFilled() -> [Action] {
        switch state {
        case .polling(isPollHeld: true), .probing(isPollHeld: true):
            setPollHeld(false)
            return [.answerPoll(.buffered)]
        default: return []
        }
    }

    // MARK: WebSocket

    /// - Parameter packet: nil when the frame was no packet.
    package mutating func packetReceived(_ packet: EngineIOPacket?, at now: NIODeadline) -> [Action] {
        if let death = deathIfDue(now) { return death }
        guard case .webSocket = state else { return [] }
        guard let packet else { return close(.protocolViolation) }
        return received(packet, at: now)
    }

    package mutating func webSocketClosed(_ reason: EngineIOCloseReason = .transportClosed) -> [Action] {
        guard case .webSocket = state else { return [] }
        state = .closed(reason)
        return [.closed(reason)]
    }

    // MARK: Upgrade

    /// A second WebSocket for a session that has one is closed; the first lives on.
    package mutating func probeOpened(at now: NIODeadline) -> [Action] {
        if let death = deathIfDue(now) { return death + [.closeProbe] }
        guard case .polling(let isPollHeld) = state else { return [.closeProbe] }
        state = .probing(isPollHeld: isPollHeld)
        return []
    }

    /// - Parameter packet: nil when the frame was no packet.
    package mutating func probePacketReceived(_ packet: EngineIOPacket?, at now: NIODeadline) -> [Action] {
        if let death = deathIfDue(now) { return death + [.closeProbe] }
        switch (state, packet) {
        case (.probing(let isPollHeld), .ping(let text)) where String(buffer: text) == "probe":
            state = .upgrading
            return [.answerProbe] + (isPollHeld ? [.answerPoll(.noop)] : [])
        case (.upgrading, .upgrade):
            state = .webSocket
            return [.adoptProbe]
        default: return probeClosed() + [.closeProbe]
        }
    }

    /// The WebSocket went away before the upgrade was complete, or took too long: polling goes on.
    package mutating func probeClosed() -> [Action] {
        switch state {
        case .probing(let isPollHeld): state = .polling(isPollHeld: isPollHeld)
        case .upgrading: state = .polling(isPollHeld: false)
        case .polling, .webSocket, .closed: break
        }
        return []
    }

    // MARK: Time and end

    package mutating func timeReached(_ now: NIODeadline) -> [Action] {
        if isClosed { return [] }
        if let death = deathIfDue(now) { return death }
        guard !hasPinged, now >= lastSignOfLife + timing.pingInterval else { return [] }
        hasPinged = true
        return [.sendPing]
    }

    /// Ends the session from the server's side.
    package mutating func close(_ reason: EngineIOCloseReason) -> [Action] {
        let actions: [Action]
        switch state {
        case .polling(let isPollHeld):
            actions = isPollHeld ? [.answerPoll(reason == .clientClosed ? .noop : .close)] : []
        case .probing(let isPollHeld):
            actions = (isPollHeld ? [.answerPoll(reason == .clientClosed ? .noop : .close)] : []) + [.closeProbe]
        case .upgrading: actions = [.closeProbe]
        case .webSocket: actions = [.closeWebSocket]
        case .closed: return []
        }
        state = .closed(reason)
        return actions + [.closed(reason)]
    }

    private mutating func deathIfDue(_ now: NIODeadline) -> [Action]? {
        guard !isClosed, now >= deathAt else { return nil }
        return close(.pingTimeout)
    }

    private mutating func received(_ packet: EngineIOPacket, at now: NIODeadline) -> [Action] {
        switch packet {
        case .pong:
            lastSignOfLife = now
            hasPinged = false
            return [.deliver(packet)]
        case .message, .binary: return [.deliver(packet)]
        case .close: return close(.clientClosed)
        // In protocol 4 only the server pings.
        case .ping: return close(.protocolViolation)
        // Without meaning from a client here; the reference implementation ignores them as well.
        case .open, .upgrade, .noop: return []
        }
    }

    private mutating func setPollHeld(_ isHeld: Bool) {
        switch state {
        case .polling: state = .polling(isPollHeld: isHeld)
        case .probing: state = .probing(isPollHeld: isHeld)
        case .upgrading, .webSocket, .closed: break
        }
    }
}
