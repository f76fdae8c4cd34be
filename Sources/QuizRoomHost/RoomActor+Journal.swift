internal import Logging
internal import NIOCore
internal import QuizModel
internal import QuizRoom
internal import QuizTelemetry
internal import QuizWire

extension RoomActor {
    /// Numbers, chains and queues the row of an input that was applied.
    func journal(_ input: RoomInput, at: RoomInstant, from origin: InputOrigin?) {
        let payload = input.encode(at: at, from: origin)
        let number = applied.number + 1
        let chain = JournalChain.next(after: applied.chain, number: number, payload: payload)
        if unsent.isEmpty { unsentBehind = applied }
        applied = JournalHead(number: number, chain: chain)
        unsent.append(JournalRow(number: number, chain: chain, digest: nil, payload: payload))
        if uncommittedSince == nil {
            uncommittedSince = .now()
            environment.loop.await(self)
        }
        guard !flushScheduled else { return }
        flushScheduled = true
        // Rows of one turn of the loop form a group with one digest.
        loop.execute {
            self.assumeIsolated { $0.flush() }
        }
    }

    private func flush() {
        flushScheduled = false
        guard !unsent.isEmpty, !dropped else { return }
        unsent[unsent.count - 1].digest = machine.digest
        environment.lane.enqueue(RoomAppend(room: id, term: term, previous: unsentBehind, rows: unsent))
        unsent = []
    }

    /// Everything up to `head` is durable.
    func committed(_ head: JournalHead) {
        guard !dropped, head.number > committed.number else { return }
        committed = head
        if committed.number == applied.number {
            uncommittedSince = nil
            environment.loop.settled(self)
        } else {
            uncommittedSince = .now()
        }
        if saving, committed.number == applied.number { endSaving() }
        release()
        storeSnapshot()
        concludeSuspension()
        armTimer()
    }

    // MARK: - Saving

    /// Called every few milliseconds while something is uncommitted.
    func checkCommit(now: NIODeadline) {
        guard !saving, let uncommittedSince, now - uncommittedSince > .milliseconds(Int64(Limits.savingAfterMs)) else {
            return
        }
        saving = true
        environment.metrics.roomsSaving.increment()
        clock.freeze(at: environment.loop.now())
        timer?.cancel()
        timer = nil
        timerAt = nil
        log.warning("The journal does not answer; the room's clock stands still.")
        // Says nothing that a crash could take back, so it does not wait for the commit.
        broadcast(.roomSaving, SavingPayload(saving: true, at: instant()), conflation: Conflation.saving)
    }

    private func endSaving() {
        saving = false
        environment.metrics.roomsSaving.decrement()
        if !suspended { clock.thaw(at: environment.loop.now()) }
        apply(.clock(.slowCommit), reply: .nobody, began: .now())
        if let payload = encoded(SavingPayload(saving: false, at: instant())) { push(.saving(payload)) }
        log.info("The journal answers again; the room goes on.")
    }

    // MARK: - Snapshots

    /// From time to time takes the state as of the last applied input; it is stored once that input is committed.
    func considerSnapshot() {
        guard applied.number - snapshotNumber >= Int64(Limits.inputsPerSnapshot), snapshotWaiting == nil,
            !snapshotUnderWay, resultsUnderWay == 0
        else { return }
        // The ring runs behind the state by the events that wait for their commit.
        var ring = ring
        for case .game(let event, let payload) in outputs.map(\.output) {
            _ = ring.append(name: event.name.rawValue, payload: payload)
        }
        let bytes = RoomSnapshot(machine: machine, events: ring.mark).encode()
        snapshotWaiting = StoredSnapshot(room: id, head: applied, bytes: bytes)
        snapshotNumber = applied.number
    }

    private func storeSnapshot() {
        guard let snapshot = snapshotWaiting, snapshot.head.number <= committed.number else { return }
        snapshotWaiting = nil
        guard resultsUnderWay == 0 else { return }
        let term = term
        snapshotUnderWay = environment.work.submit { [environment, log] in
            do throws(JournalFailure) {
                if try await environment.journal.save(snapshot, term: term, lane: environment.lane.index) {
                    environment.metrics.snapshots.increment()
                }
            } catch {
                log.warning("A snapshot was not stored.", metadata: .keys([.code: "\(error.code)"]))
            }
            self.run { $0.snapshotUnderWay = false }
        }
    }
}
