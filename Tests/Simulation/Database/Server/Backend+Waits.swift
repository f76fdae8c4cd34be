/// Something a process waits for.
struct Wait {
    enum Target {
        case transaction(Xid)
        /// Its turn for a row.
        case queue(RowAddress)
    }

    let target: Target
    let number: Int
    let resume: () -> Void
}

/// Row locks, waits and deadlocks.
extension Backend {
    /// Locks a row for the transaction, whichever version of it is the newest.
    ///
    /// - Parameter then: false: somebody else holds it, and the policy is to skip it.
    func lock(_ address: RowAddress, _ mode: LockMode, _ policy: LockPolicy, _ then: @escaping (Bool) -> Void) {
        let holders = (server.rowLocks[address] ?? [:]).filter { $0.key != xid && $0.value.conflicts(with: mode) }
        guard let first = server.transactions.inWaitingOrder(holders.keys).first else {
            grant(address, mode)
            return then(true)
        }
        if policy == .skip {
            server.statistics.count(.lockSkipped)
            return then(false)
        }
        // One waits for the holders, the others wait for him. Nobody who waits twice counts twice, and whoever holds a
        // weaker lock does not queue: the first in the queue may be waiting for him.
        let again = { [self] in lock(address, mode, policy, then) }
        let isHolder = server.rowLocks[address]?[xid] != nil
        if !isHolder, !queued.contains(address) {
            queued.append(address)
            guard server.queues[address, default: RowQueue()].enter(id, mode) else {
                return wait(for: .queue(address), again)
            }
        }
        wait(for: .transaction(first), again)
    }

    private func grant(_ address: RowAddress, _ mode: LockMode) {
        let before = server.rowLocks[address]?[xid]
        server.rowLocks[address, default: [:]][xid] = max(before ?? mode, mode)
        if before == nil { server.lockedRows[xid, default: []].append(address) }
        willWrite()
        if let place = queued.firstIndex(of: address) {
            queued.remove(at: place)
            server.leave(address, self)
        }
    }

    /// Stops until what it waits for has happened, or a timeout or a deadlock ends the statement.
    func wait(for target: Wait.Target, _ resume: @escaping () -> Void) {
        waits += 1
        let number = waits
        wait = Wait(target: target, number: number, resume: resume)
        server.statistics.count(.lockWaited)
        // Whoever loses, and whether a timeout is quicker: somebody will.
        if server.isInCycle(self) { server.statistics.count(.cycle) }
        server.step(ms: server.timing.deadlockTimeoutMs) { [weak self] in
            guard let self, wait?.number == number, server.isInCycle(self) else { return }
            server.statistics.count(.deadlock)
            fail("40P01", "deadlock detected")
        }
        guard let timeout = settings.lockTimeoutMs else { return }
        server.step(ms: timeout) { [weak self] in
            guard let self, wait?.number == number else { return }
            server.statistics.count(.lockTimedOut)
            fail("55P03", "canceling statement due to lock timeout")
        }
    }

    func wake() {
        guard let resume = wait?.resume else { return }
        wait = nil
        step(resume)
    }
}

extension SimulatedPostgres {
    /// Whom a process waits for, as `pg_blocking_pids` says.
    func blockers(of backend: Backend) -> [Int] {
        switch backend.wait?.target {
        case .transaction(let xid): backends.values.filter { $0.transaction == xid }.map(\.id).sorted()
        case .queue(let address): (queues[address]?.blockers(of: backend.id) ?? []).sorted()
        case nil: []
        }
    }

    fileprivate func isInCycle(_ backend: Backend) -> Bool {
        var seen: Set<Int> = []
        var next = blockers(of: backend)
        while let id = next.popLast() {
            if id == backend.id { return true }
            guard seen.insert(id).inserted, let other = backends[id] else { continue }
            next += blockers(of: other)
        }
        return false
    }
}
