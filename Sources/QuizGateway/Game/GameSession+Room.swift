internal import NIOCore
internal import QuizCluster
internal import QuizModel
internal import QuizRoom
internal import QuizRoomHost
internal import QuizSocial
internal import QuizWire

/// Where a session's room is, and how the session follows it.
///
/// A room lives on this node or on another one, and may move while the client stays connected. A session that is on its way (`going`) attaches to
/// whoever is known to own the room; when nobody is, it waits to be told (`ownerMayHaveChanged`). The owner answers with what the client has missed, or with the whole
/// state; then the commands that have no answer yet are sent again, in order and under their first numbers, so that none is applied twice. The
/// client sees nothing but a pause. What belongs to an older attachment is dropped on both sides by its number.
extension GameSession {
    enum Seat {
        case outside
        /// On its way into a room.
        case going(to: RoomCode, Purpose)
        case here(RoomActor)
        case there(Incarnation, RoomID, RoomCode)

        var code: RoomCode? {
            switch self {
            case .outside: nil
            case .going(let code, _): code
            case .here(let room): room.code
            case .there(_, _, let code): code
            }
        }

        /// The room that has let the session in.
        var room: RoomID? {
            switch self {
            case .outside, .going: nil
            case .here(let room): room.id
            case .there(_, let room, _): room
            }
        }
    }

    /// Why a session is on its way.
    enum Purpose {
        /// The client asked to be let in.
        case join(CommandBacklog.Entry)
        /// The connection comes back; CONNECT's reply waits for the verdict.
        case recover(pid: String, baseline: Int)
        /// The room has moved under a living connection.
        case follow
    }

    /// How long a session looks for its room's owner. A take-over is done long before; then the client tries another node.
    private static let seekLimit = TimeAmount.seconds(10)

    // MARK: - Going in

    /// Attaches to whoever owns the room now.
    func attach() {
        guard case .going(let code, let purpose) = seat else { return }
        let place = parts.router.locate(code)
        // It answers when what it was asked before is committed; asked twice, it would send what was missed twice.
        if case .here(let room) = place, room === entering { return }
        entering = nil
        handle.attachment += 1
        armSeekTimer()
        parts.forwarded.note(self, handle, code: code, peer: place.peer)
        switch place {
        case .here(let room):
            entering = room
            enter(room, purpose)
        case .elsewhere(let owner): ask(owner, code, purpose)
        case .nowhere: turnedAway(.notFound)
        case .quarantined: turnedAway(.quarantined)
        case .unknown: break
        }
    }

    private func enter(_ room: RoomActor, _ purpose: Purpose) {
        let attachment = handle.attachment
        switch purpose {
        case .join(let entry):
            do throws(Rejection) {
                try command(entry).join(self, nickname: nickname, in: room) { joined in
                    self.onLoop { session in
                        guard session.handle.attachment == attachment else { return }
                        if joined {
                            session.letIn(.here(room), .fresh(baseline: 0))
                        } else {
                            session.turnedAway(.notMember)
                        }
                    }
                }
            } catch {
                turnedAway(.notMember)
                refuse(entry.ack, error)
            }
        case .recover(_, let baseline): resume(room, baseline: baseline)
        case .follow: resume(room, baseline: 0)
        }
    }

    private func resume(_ room: RoomActor, baseline: Int) {
        let attachment = handle.attachment
        let mark = OffsetMark(lastOffset) ?? OffsetMark(code: room.code, seq: -1, proof: "")
        room.run { room in
            room.resume(self, offset: mark, baseline: baseline) { verdict in
                self.onLoop { session in
                    guard session.handle.attachment == attachment else { return }
                    switch verdict {
                    case .recovered: session.letIn(.here(room), .recovered)
                    case .notRecovered(let baseline): session.letIn(.here(room), .fresh(baseline: baseline))
                    case .notMember: session.turnedAway(.notMember)
                    }
                }
            }
        }
    }

    private func ask(_ owner: Incarnation, _ code: RoomCode, _ purpose: Purpose) {
        let (kind, began): (SessionAttach.Kind, NIODeadline) =
            switch purpose {
            case .join(let entry): (.join(json: entry.json, ack: entry.ack, number: entry.number), entry.began)
            case .recover(_, let baseline): (.resume(offset: lastOffset, baseline: baseline), .now())
            case .follow: (.resume(offset: lastOffset, baseline: 0), .now())
            }
        let message = SessionAttach(
            handle: handle, code: code, player: player, nickname: nickname, kind: kind, ageMs: began.ageMs,
            latencyMs: latencyMs)
        asked = owner
        parts.router.transport.send(.attach(message), to: owner)
    }

    /// The owner elsewhere has decided. It answers before it sends anything else.
    func attached(_ message: SessionAttached) {
        onLoop { session in
            guard message.handle == session.handle, case .going(let code, _) = session.seat else { return }
            switch message.verdict {
            case .recovered, .fresh:
                guard let room = message.room, let owner = session.asked,
                    case .elsewhere(owner) = session.parts.router.locate(code)
                else {
                    // It has moved on meanwhile; whoever has it now is asked.
                    return session.attach()
                }
                session.letIn(.there(owner, room, code), message.verdict)
            case .notMember, .notFound, .quarantined: session.turnedAway(message.verdict)
            }
        }
    }

    private func letIn(_ place: Seat, _ verdict: SessionAttached.Verdict) {
        guard case .going(let code, let purpose) = seat, let room = place.room else { return }
        endSeeking()
        seat = place
        var alreadyAsked: UInt32?
        switch (purpose, verdict) {
        case (.recover(let pid, _), .recovered): acceptAsRecovered(pid: pid)
        case (.recover, .fresh(let baseline)): acceptAsNew(baseline: RecoveryBaseline(code: code, seq: baseline))
        case (.join(let entry), _): alreadyAsked = entry.number
        default: break
        }
        for entry in backlog.sendAll() where entry.number != alreadyAsked { send(entry) }
        entered(room)
        tellTheWay(after: purpose)
    }

    private func turnedAway(_ verdict: SessionAttached.Verdict) {
        guard case .going(_, let purpose) = seat else { return }
        endSeeking()
        seat = .outside
        let held = backlog.clear()
        switch purpose {
        case .recover: acceptAsNew(baseline: nil)
        case .follow:
            // The room is gone, or its player is no member any more: the client finds out when it comes back.
            socket?.closeTransport()
        case .join(let entry):
            switch verdict {
            case .notFound: missRoom(ack: entry.ack)
            case .quarantined:
                refuse(
                    entry.ack,
                    Rejection(
                        .unavailable,
                        message: "This room's record is damaged and an operator has been told. Open a new room.",
                        retry: .never))
            // The room says why.
            case .notMember, .recovered, .fresh: break
            }
            for other in held where other.number != entry.number { refuse(other.ack, Rejection(.notInRoom)) }
        }
    }

    // MARK: - Commands

    /// Numbers a member's command and brings it to the room; it waits while the session is on its way.
    func forward(_ name: ClientEventName, _ json: ByteBuffer, ack: Int?, began: NIODeadline) throws(Rejection) {
        let isGoing = if case .going = seat { true } else { false }
        if case .outside = seat { throw Rejection(.notInRoom) }
        guard let entry = backlog.add(name: name, json: json, ack: ack, began: began, isHeld: isGoing) else {
            throw Rejection(.busy)
        }
        if !isGoing { send(entry) }
    }

    private func send(_ entry: CommandBacklog.Entry) {
        switch seat {
        case .outside, .going: break
        case .here(let room):
            do throws(Rejection) {
                // A join whose answer was lost with the owner before this one.
                if entry.name == .roomJoin {
                    return try command(entry).join(self, nickname: nickname, in: room) { _ in }
                }
                try command(entry).perform(by: self, in: room)
            } catch {
                refuse(entry.ack, error)
            }
        case .there(let owner, _, _):
            let message = SessionCommand(
                handle: handle, number: entry.number, ack: entry.ack, name: entry.name.rawValue, json: entry.json,
                ageMs: entry.began.ageMs, latencyMs: latencyMs)
            parts.router.transport.send(.command(message), to: owner)
        }
    }

    private func command(_ entry: CommandBacklog.Entry) -> RoomCommand {
        RoomCommand(
            name: entry.name, json: entry.json, ack: entry.ack, began: entry.began,
            origin: InputOrigin(session: handle.session, number: entry.number))
    }

    /// An owner elsewhere learns of the latency when it is known again; pongs are back by then, or late.
    func measureLatency() {
        socket?.ping()
        guard case .there = seat else { return }
        loop.scheduleTask(in: .milliseconds(250)) {
            guard case .there(let owner, _, _) = self.seat, let latency = self.latencyMs else { return }
            let message = SessionMeasure(sessions: [self.handle], latencyMs: latency)
            self.parts.router.transport.send(.measure(message), to: owner)
        }
    }

    // MARK: - Following, and leaving

    func ownerMayHaveChanged(linkLost: Bool) {
        onLoop { session in
            switch session.seat {
            case .outside, .here: break  // a room that leaves this node says so itself
            case .going: session.attach()
            case .there(let owner, _, let code):
                if !linkLost, case .elsewhere(owner) = session.parts.router.locate(code) { return }
                session.roomMoved()
            }
        }
    }

    func roomMoved() {
        guard let code = seat.code else { return }
        if case .going = seat {} else { seat = .going(to: code, .follow) }
        // Nothing it was asked before will be answered; the shard may have stayed, and the room with it.
        entering = nil
        attach()
    }

    /// The session is in no room any more. Answers that are on their way still reach the client.
    func leaveRoom() {
        endSeeking()
        detach()
        seat = .outside
        _ = backlog.clear()
    }

    /// Whoever owns the room, or is about to let the session in, forgets it.
    private func detach() {
        switch seat {
        case .outside: break
        case .here(let room): room.run { $0.detach(self) }
        case .there(let owner, _, _): parts.router.transport.send(.detach(SessionDetach(handle: handle)), to: owner)
        case .going(let code, _):
            switch parts.router.locate(code) {
            case .here(let room): room.run { $0.giveUp(self) }
            case .elsewhere(let owner): parts.router.transport.send(.detach(SessionDetach(handle: handle)), to: owner)
            case .quarantined, .nowhere, .unknown: break
            }
        }
    }

    private func armSeekTimer() {
        guard seekTimer == nil else { return }
        seekTimer = loopContext.timers.schedule(in: Self.seekLimit) { self.giveUpSeeking() }
    }

    private func endSeeking() {
        seekTimer?.cancel()
        seekTimer = nil
        entering = nil
    }

    private func giveUpSeeking() {
        seekTimer = nil
        guard case .going(_, let purpose) = seat else { return }
        // Else a room that answers later would count the session among its own.
        detach()
        switch purpose {
        case .join(let entry):
            refuse(entry.ack, Rejection(.busy))
            turnedAway(.notMember)
        case .recover: turnedAway(.notMember)
        case .follow:
            leaveRoom()
            socket?.closeTransport()
        }
    }
}

extension RoomRouter.Place {
    fileprivate var peer: Incarnation? {
        if case .elsewhere(let owner) = self { owner } else { nil }
    }
}

extension NIODeadline {
    /// Milliseconds since, 0 or more.
    var ageMs: Int { Int(max(0, (NIODeadline.now() - self).nanoseconds / 1_000_000)) }
}
