package import QuizModel

/// What a simulation does to the server and its connections.
extension SimulatedPostgres {
    package enum Direction: Sendable { case toServer, toClient, both }

    // MARK: The network

    /// Bytes between a node and the server wait until `heal`.
    package func cut(_ node: String, _ direction: Direction = .both) {
        statistics.count(.cut)
        cuts[node, default: Cut()].toServer = direction != .toClient || cuts[node]?.toServer == true
        cuts[node, default: Cut()].toClient = direction != .toServer || cuts[node]?.toClient == true
    }

    package func heal(_ node: String) {
        cuts[node] = nil
        for wire in wires where wire.node == node {
            wire.toServer.healed()
            wire.toClient.healed()
        }
    }

    package func isCut(_ node: String) -> Bool { cuts[node] != nil }

    // MARK: The server

    /// Nothing happens in the server until `resume`.
    package func stall() {
        guard !isStalled else { return }
        statistics.count(.stalled)
        isStalled = true
    }

    package func resume() {
        isStalled = false
        let late = parked
        parked = []
        for body in late { step(ms: 0, body) }
    }

    /// All processes end at once. What is in the log stays, everything else is undone.
    package func restart(downMs: Int) {
        statistics.count(.restarted)
        crash(keeping: log.count, downMs: downMs)
    }

    /// The standby takes over; the old server is fenced off for good.
    ///
    /// - Parameter losing: commits the standby had confirmed and lost all the same: 0 for a synchronous standby, which
    ///   may only lack what nobody was told of.
    package func failOver(downMs: Int, losing: Int = 0) {
        statistics.count(.failedOver)
        let confirmed = standby?.confirmed ?? log.count
        let has = confirmed + scheduler.choose(log.count - confirmed + 1)
        crash(keeping: losing > 0 ? max(0, confirmed - losing) : has, downMs: downMs)
    }

    /// Commits wait for a standby from now on, or no longer.
    package func setStandby(isRequired: Bool) {
        standby = isRequired ? Standby(confirmed: log.count) : nil
        guard !isRequired else { return }
        for id in backends.keys.sorted() {
            guard let resume = backends[id]?.whenConfirmed else { continue }
            backends[id]?.whenConfirmed = nil
            step { resume(nil) }
        }
    }

    /// While it is away, commits wait.
    package func setStandby(isThere: Bool) {
        standby?.isThere = isThere
        ship()
    }

    /// Somebody ends one process.
    ///
    /// - Returns: false: there was none.
    @discardableResult package func endBackend(of node: String? = nil) -> Bool {
        pick(node) { _ in true }.map { $0.terminate() } != nil
    }

    /// Somebody cancels a commit that waits for its standby.
    @discardableResult package func cancelCommit() -> Bool {
        pick(nil) { $0.phase == .waitingForStandby }.map { $0.cancel() } != nil
    }

    private func pick(_ node: String?, _ suits: (Backend) -> Bool) -> Backend? {
        let found = backends.values.filter { (node == nil || $0.wire.node == node) && suits($0) }
            .sorted { $0.id < $1.id }
        return found.isEmpty ? nil : found[scheduler.choose(found.count)]
    }

    // MARK: Rows

    /// The server refuses this room's rows: SQLSTATE class 22, 23 or 54 for its data.
    package func refuse(_ room: RoomID, state: String = "23514") { poison[room] = state }
    package func accept(_ room: RoomID) { poison[room] = nil }

    /// Nothing can be inserted.
    package func setDisk(isFull: Bool) { diskIsFull = isFull }

    // MARK: Within

    private func crash(keeping length: Int, downMs: Int) {
        let lost = log[length...]
        statistics.count(.commitsLost, by: max(0, min(acknowledged, log.count) - length))
        let kept = Set(log[..<length])
        let ended = backends.values.sorted { $0.id < $1.id }
        for backend in ended {
            // In the log, and waiting for the standby: committed after all.
            if let xid = backend.transaction {
                if kept.contains(xid) { transactions.commit(xid) } else { transactions.abort(xid) }
            }
            backend.vanish()
            backend.wire.toClient.send(.closed(lastWords: nil))
        }
        for xid in lost { transactions.abort(xid) }
        log.removeSubrange(length...)
        acknowledged = min(acknowledged, length)
        backends = [:]
        rowLocks = [:]
        lockedRows = [:]
        queues = [:]
        parked = []
        isStalled = false
        generation += 1
        if standby != nil { standby?.confirmed = length }
        isDown = true
        let current = generation
        scheduler.schedule(ms: downMs) { [self] in
            if generation == current { isDown = false }
        }
    }
}
