internal import DequeModule
internal import Logging
internal import NIOCore
internal import QuizModel
internal import QuizRoom
internal import QuizTelemetry
internal import QuizWire

extension RoomActor {
    /// Brings a session back (P5): with every game event it missed, or with the whole state.
    ///
    /// The session is recovered only if its offset's proof is this room's, the ring reaches back that far, and the offset is not
    /// older than `baseline`, the state it was last given.
    ///
    /// - Parameter verdict: called on the room's loop before the first event is sent.
    package func resume(
        _ session: any SessionOutlet, offset: OffsetMark, baseline: Int,
        verdict: @escaping @Sendable (RecoveryVerdict) -> Void
    ) {
        guard !dropped, quarantined == nil, machine.isMember(session.player) else { return verdict(.notMember) }
        // An offset older than the baseline belongs to a history the client was told to forget.
        let usable = offset.seq >= baseline ? offset : OffsetMark(code: offset.code, seq: -1, proof: "")
        push(.attach(session, .recovered(usable, verdict: verdict)))
        release()
    }

    /// The session waits to be let in no longer.
    package func giveUp(_ session: any SessionOutlet) {
        knocking.removeAll { $0 === session }
        outputs.removeAll { if case .attach(let waiting, _) = $0.output { waiting === session } else { false } }
        detach(session)
    }

    /// The connection is gone; the seat stays.
    package func detach(_ session: any SessionOutlet) {
        sessions.removeAll { $0 === session }
        updatePresence(of: session.player)
    }

    /// Queues the whole state as it is after the input just applied.
    func attach(_ session: any SessionOutlet, joined: @escaping @Sendable (Bool) -> Void = { _ in }) {
        guard let state = encoded(machine.stateView(at: instant())) else { return joined(false) }
        let me = machine.seat(of: session.player).flatMap { mePayload(session.player, seat: $0) }
        push(.attach(session, .fresh(state: state, me: me, joined: joined)))
    }

    /// Lets a session in; everything that leaves the room from now on reaches it.
    func complete(_ session: any SessionOutlet, _ kind: AttachKind) {
        guard session.isOpen else { return updatePresence(of: session.player) }
        switch kind {
        case .fresh(let state, let me, let joined):
            joined(true)
            send(state, as: .roomState, to: session)
            if let me { send(me, as: .roomMe, to: session) }
        case .recovered(let offset, let verdict):
            guard machine.isMember(session.player) else { return verdict(.notMember) }
            if let missed = ring.missed(since: offset) {
                verdict(.recovered)
                for event in missed { session.send(event) }
            } else {
                verdict(.notRecovered(baseline: ring.mark.seq))
                // Taken at this point of the output order, so what follows fits to it. The state may be ahead of what
                // is committed: then the client gets it when that is committed.
                attach(session)
                return release()
            }
            // The machine may be ahead of what has left, so the seat waits its turn.
            if let me = machine.seat(of: session.player).flatMap({ mePayload(session.player, seat: $0) }) {
                push(.me(session.player, payload: me))
            }
        }
        if !sessions.contains(where: { $0 === session }) { sessions.append(session) }
        closeSurplus(of: session.player)
        session.ping()
        updatePresence(of: session.player)
        if saving { broadcast(.roomSaving, SavingPayload(saving: true, at: instant()), conflation: Conflation.saving) }
    }

    /// A player may have several connections, but not any number.
    private func closeSurplus(of player: PlayerID) {
        let own = sessions.filter { $0.player == player }
        guard own.count > Limits.sessionsPerPlayerMax, let oldest = own.first else { return }
        sessions.removeAll { $0 === oldest }
        oldest.ended(.surplus)
    }

    private func send(_ payload: ByteBuffer, as name: ServerEventName, to session: any SessionOutlet) {
        session.send(RoomEvent(name: name.rawValue, payload: payload, offset: ring.offset))
    }

    func updatePresence(of player: PlayerID) {
        let present = sessions.contains { $0.player == player }
        guard let known = machine.isPresent(player), known != present, !dropped, machine.phase != .closed else {
            return
        }
        let input = RoomInput.presence(player: player, present: present)
        if case .busy? = refusal(of: input, from: nil)?.code { return updatePresenceLater(of: player) }
        submit(input)
    }

    /// After a take-over: members who have not come back are away.
    package func reconcilePresence() {
        for member in machine.memberIDs { updatePresence(of: member) }
    }

    /// Who came or went while too much waited for the journal is noticed behind it: else the room would wait for answers of somebody who has left, and
    /// would never be empty.
    private func updatePresenceLater(of player: PlayerID) {
        let isScheduled = !presenceBehind.isEmpty
        presenceBehind.insert(player)
        guard !isScheduled else { return }
        loop.scheduleTask(in: Self.refusedAgainIn) {
            self.assumeIsolated { room in
                let behind = room.presenceBehind
                room.presenceBehind = []
                for member in room.machine.memberIDs where behind.contains(member) { room.updatePresence(of: member) }
            }
        }
    }

    func remove(_ player: PlayerID, _ reason: SessionEnd) {
        let leaving = sessions.filter { $0.player == player }
        sessions.removeAll { $0.player == player }
        for session in leaving { session.ended(reason) }
    }

    // MARK: - The end

    /// The room is closed: its sessions go, and it is marked closed in the store.
    func endRoom() {
        timer?.cancel()
        timer = nil
        for session in sessions { session.ended(.roomClosed) }
        sessions = []
        environment.metrics.roomsClosed.increment()
        environment.ended(self)
        let (term, id) = (term, id)
        environment.work.submit { [environment, log] in
            do throws(JournalFailure) {
                _ = try await environment.journal.close(id, term: term, lane: environment.lane.index)
            } catch {
                // The next owner's replay finds the room closed and marks it again.
                log.warning("A closed room was not marked.", metadata: .keys([.code: "\(error.code)"]))
            }
        }
    }

    /// The shard has another owner: release nothing, forget everything, let the clients come back elsewhere.
    func drop() {
        guard !dropped else { return }
        dropped = true
        timer?.cancel()
        timer = nil
        // Whoever waits inside this node is told; clients come back and ask the new owner.
        for case .reply(.callback(let callback), _, _) in outputs.map(\.output) { callback(.failure(Rejection(.busy))) }
        suspending?(nil)
        suspending = nil
        // Who is not in yet looks for the room too: it may have been told that it is in (`complete`), and nobody else tells it otherwise.
        for case .attach(let session, _) in outputs.map(\.output) where !sessions.contains(where: { $0 === session }) {
            session.ended(.moved)
        }
        outputs.removeAll()
        unsent.removeAll()
        environment.loop.settled(self)
        if saving { environment.metrics.roomsSaving.decrement() }
        for session in sessions + knocking { session.ended(.moved) }
        sessions = []
        knocking = []
    }

    /// The journal is not what the machine thinks: the room stops, and says so to whoever asks for something.
    func quarantine(_ why: String) {
        guard quarantined == nil else { return }
        quarantined = why
        timer?.cancel()
        timer = nil
        // What was not committed never happened.
        let waiting = outputs
        outputs.removeAll()
        environment.metrics.roomsQuarantined.increment()
        environment.loop.settled(self)
        log.error("The room is quarantined.", metadata: .keys([.reason: "\(why)"]))
        for output in waiting.map(\.output) {
            switch output {
            case .reply(let target, _, let began):
                outputs.append(
                    (committed.number, .reply(target, .failure(Rejection(.unavailable, retry: .never)), began: began)))
            case .attach(_, .fresh(_, _, let joined)): joined(false)
            case .attach(_, .recovered(_, let verdict)): verdict(.notMember)
            default: break
            }
        }
        broadcast(.roomSaving, SavingPayload(saving: true, at: instant()), conflation: Conflation.saving)
        release()
    }
}
