internal import DequeModule
internal import Logging
package import NIOCore
package import QuizModel
internal import QuizRoom
internal import QuizTelemetry
package import QuizWire

/// What a line of chat is known by when it is sent again.
struct ChatName: Hashable, Sendable {
    let player: PlayerID
    let client: ClientID
}

/// Keys under which a slow reader's queue keeps only the newest event.
enum Conflation {
    static let progress = 1
    static let presence = 2
    static let saving = 3
}

extension RoomActor {
    func push(_ output: RoomOutput) {
        outputs.append((applied.number, output))
    }

    func push(_ effect: RoomEffect) {
        switch effect {
        case .game(let event):
            if let payload = encoded({ try event.payload() }) { push(.game(event, payload: payload)) }
        case .me(let player, let seat):
            if let payload = mePayload(player, seat: seat) { push(.me(player, payload: payload)) }
        case .progress(let progress):
            push(RoomOutput.progress(progress))
        case .presence(let presence):
            push(RoomOutput.presence(presence))
        case .removed(let player, let reason):
            push(RoomOutput.removed(player, reason))
        case .finished(let result):
            resultsUnderWay += 1
            push(.finished(result, head: applied))
        case .closed(let reason):
            push(RoomOutput.closed(reason))
        }
    }

    /// Lets go what is committed, as long as this node may speak for the room.
    ///
    /// One after the other: a session that is let in may ask for something at once, and what comes of that leaves behind what it was let in with.
    func release() {
        guard !isReleasing else { return }
        isReleasing = true
        defer { isReleasing = false }
        while let first = outputs.first, first.number <= committed.number, !dropped {
            guard environment.loop.standing.holds(at: .now()) else { return environment.loop.silenced(self) }
            outputs.removeFirst()
            perform(first.output)
        }
    }

    private func perform(_ output: RoomOutput) {
        switch output {
        case .game(let event, let payload):
            sendProgress()
            environment.broadcaster.broadcast(ring.append(name: event.name.rawValue, payload: payload), to: sessions)
            if case .countdown = event { for session in sessions { session.ping() } }
        case .me(let player, let payload):
            let event = RoomEvent(name: ServerEventName.roomMe.rawValue, payload: payload, offset: ring.offset)
            for session in sessions where session.player == player { session.send(event) }
        case .progress(let progress):
            progressWaiting = progress
            scheduleProgress()
        case .presence(let presence):
            broadcast(.presenceUpdate, presence, conflation: Conflation.presence)
        case .saving(let payload):
            broadcast(.roomSaving, payload, conflation: Conflation.saving)
        case .reply(let target, let result, let began):
            environment.metrics.ackSeconds.observe(Double((NIODeadline.now() - began).nanoseconds) / 1e9)
            answer(target, result)
        case .attach(let session, let kind):
            complete(session, kind)
        case .removed(let player, let reason):
            remove(player, reason == .kicked ? .kicked : .left)
        case .finished(let result, let head):
            store(result, head: head)
        case .closed:
            endRoom()
        }
    }

    private func answer(_ target: ReplyTarget, _ result: Result<RoomReply, Rejection>) {
        switch target {
        case .nobody: break
        case .callback(let callback): callback(result)
        case .session(let session, let ack):
            if let json = acknowledgement(result) { session.acknowledge(ack, json) }
        }
    }

    private func acknowledgement(_ result: Result<RoomReply, Rejection>) -> ByteBuffer? {
        switch result {
        case .success(.done): encoded(Accepted(DoneAck()))
        case .success(.joined(let ack)): encoded(Accepted(ack))
        case .success(.answered(let ack)): encoded(Accepted(ack))
        case .failure(let rejection): encoded(Refused(rejection))
        }
    }

    // MARK: - Events that belong to no input

    /// Sends an event that may be lost to everybody here.
    func broadcast(_ name: ServerEventName, _ payload: some Encodable, conflation: Int? = nil) {
        if let payload = encoded(payload) { broadcast(name, payload, conflation: conflation) }
    }

    private func broadcast(_ name: ServerEventName, _ payload: ByteBuffer, conflation: Int?) {
        let event = RoomEvent(name: name.rawValue, payload: payload, offset: ring.offset, conflation: conflation)
        environment.broadcaster.broadcast(event, to: sessions)
    }

    /// Sends a line of chat at once; it is stored by whoever calls. A line sent again is not shown again.
    ///
    /// - Returns: false when the sender has no place here.
    package func broadcastChat(_ message: ChatMessagePayload, from session: any SessionOutlet) -> Bool {
        guard machine.isMember(session.player), !dropped, sessions.contains(where: { $0 === session }) else {
            return false
        }
        let name = ChatName(player: message.player, client: message.client)
        if chatSeen.insert(name) { broadcast(.chatMessage, message) }
        return true
    }

    /// Sends something that belongs to no input to one session.
    package func sendFeed(_ name: ServerEventName, _ payload: ByteBuffer, to session: any SessionOutlet) {
        session.send(RoomEvent(name: name.rawValue, payload: payload, offset: ring.offset))
    }

    private func scheduleProgress() {
        guard !progressScheduled else { return }
        progressScheduled = true
        loop.scheduleTask(in: .milliseconds(environment.loop.strain.progressEveryMs)) {
            self.assumeIsolated { room in
                room.progressScheduled = false
                room.sendProgress()
            }
        }
    }

    /// Also before each game event, so that a question's last count is never behind its lock.
    private func sendProgress() {
        guard let progress = progressWaiting else { return }
        progressWaiting = nil
        broadcast(.gameProgress, progress, conflation: Conflation.progress)
    }

    // MARK: - Results

    /// A finished game found by a replay; its result may not have been stored.
    func storeAgain(_ result: GameResult, head: JournalHead) {
        resultsUnderWay += 1
        store(result, head: head)
    }

    /// Signs and stores a finished game, trying until it is stored or the shard is lost.
    func store(_ result: GameResult, head: JournalHead) {
        environment.metrics.gamesFinished.increment()
        let signature: [UInt8]
        do {
            signature = try environment.signer.sign(game: result.game, head: head)
        } catch {
            log.error("A result could not be signed.", metadata: .keys([.error: "\(error)"]))
            return
        }
        let stored = StoredResult(
            game: result.game, room: id, title: result.title, finishedAtMs: environment.wallClockMs(), head: head,
            entries: result.entries, resultBytes: result.encode(), signature: signature, keyID: environment.signer.keyID
        )
        attempt(stored, number: 0)
    }

    private func attempt(_ stored: StoredResult, number: Int) {
        let term = term
        let accepted = environment.work.submit { [environment] in
            let outcome: Bool?
            do { outcome = try await environment.journal.save(stored, term: term, lane: environment.lane.index) } catch
            {
                outcome = nil
            }
            self.run { $0.attempted(stored, number: number, outcome: outcome) }
        }
        if !accepted { attempted(stored, number: number, outcome: nil) }
    }

    private func attempted(_ stored: StoredResult, number: Int, outcome: Bool?) {
        switch outcome {
        case true:
            resultsUnderWay -= 1
            broadcast(
                .gameSigned,
                GameSignedPayload(
                    game: stored.game, inputs: Int(stored.head.number), chain: stored.head.chain.hexadecimal,
                    signature: stored.signature.base64, key: stored.keyID))
        case false:
            break  // The term is over; the new owner's replay stores it.
        default:
            guard !dropped else { return }
            loop.scheduleTask(in: .milliseconds(Int64(min(5_000, 200 << min(number, 5))))) {
                self.assumeIsolated { $0.attempt(stored, number: number + 1) }
            }
        }
    }

    // MARK: - Encoding

    func mePayload(_ player: PlayerID, seat: SeatView) -> ByteBuffer? {
        guard let nickname = machine.nickname(of: player) else { return nil }
        return encoded(MePayload(player: player, nickname: nickname, seat: seat))
    }

    func encoded(_ value: some Encodable) -> ByteBuffer? {
        encoded { try WireJSON.buffer(value) }
    }

    /// Encoding fails only for a number that is not finite, and payloads have none but `time:sync`'s.
    private func encoded(_ encode: () throws -> ByteBuffer) -> ByteBuffer? {
        do {
            return try encode()
        } catch {
            log.error("A payload could not be encoded.", metadata: .keys([.error: "\(error)"]))
            return nil
        }
    }
}
