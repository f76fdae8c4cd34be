/// The log, the standby, and the end of transactions.
extension SimulatedPostgres {
    /// Writes a commit to the log and, where commits wait for a standby, calls back once it has that part of the log.
    func write(_ xid: Xid, for backend: Backend, _ done: @escaping (_ warning: String?) -> Void) {
        log.append(xid)
        guard standby != nil else { return done(nil) }
        statistics.count(.standbyWaited)
        backend.whenConfirmed = done
        ship()
    }

    /// Sends the log to the standby.
    func ship() {
        guard let standby, standby.isThere else { return }
        let position = log.count
        let current = generation
        scheduler.schedule(ms: scheduler.choose(in: timing.standbyMs)) { [self] in
            guard generation == current, self.standby?.isThere == true else { return }
            confirm(position)
        }
    }

    private func confirm(_ position: Int) {
        guard let confirmed = standby?.confirmed, position > confirmed else { return }
        standby?.confirmed = position
        let has = Set(log[confirmed..<position])
        for id in backends.keys.sorted() {
            guard let backend = backends[id], backend.phase == .waitingForStandby, has.contains(backend.xid) else {
                continue
            }
            let resume = backend.whenConfirmed
            backend.whenConfirmed = nil
            step { resume?(nil) }
        }
    }

    /// Lets a transaction's locks go and wakes those who waited for its end.
    func release(_ xid: Xid) {
        for address in lockedRows.removeValue(forKey: xid) ?? [] {
            rowLocks[address]?[xid] = nil
            if rowLocks[address]?.isEmpty == true { rowLocks[address] = nil }
        }
        for id in backends.keys.sorted() {
            guard let backend = backends[id], case .transaction(xid) = backend.wait?.target else { continue }
            backend.wake()
        }
    }

    func leaveQueues(_ backend: Backend) {
        let addresses = backend.queued
        backend.queued = []
        for address in addresses { leave(address, backend) }
    }

    func leave(_ address: RowAddress, _ backend: Backend) {
        let woken = queues[address]?.leave(backend.id) ?? []
        if queues[address]?.isEmpty == true { queues[address] = nil }
        for id in woken { backends[id]?.wake() }
    }
}
