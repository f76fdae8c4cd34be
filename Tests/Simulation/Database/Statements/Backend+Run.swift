internal import QuizShards

/// Which program each statement is.
extension Backend {
    func run(_ statement: SimulatedStatement, _ done: @escaping (SimulatedRows) -> Void) {
        switch statement {
        case .append(let batch): append(batch, done)
        case .terms(let shards):
            done(.fences(fences(shards.map(\.index), takeSnapshot()).filter { $0.epoch > 0 }))
        case .saveSnapshot(let snapshot, let term): save(snapshot, term, done)
        case .saveResult(let result, let term): save(result, term, done)
        case .close(let room, let term): close(room, term, done)
        case .createRoom(let record, let term): create(record, term, done)
        case .open, .tails, .record, .journal, .result, .players, .gameHistory, .heads:
            done(read(statement, readingSnapshot(statement)))
        case .readFences(let shards):
            let snapshot = takeSnapshot()
            if server.sabotage == .tailReadRepeatable { server.keptSnapshots[wire.node] = snapshot.sequence }
            done(.fences(fences(shards.map(\.index), snapshot)))
        case .insertMissing(let shards): insertMissing(shards, done)
        case .confirm(let terms): confirm(terms, done)
        case .compareAndSet(let wishes, let owner, let note): compareAndSet(wishes, owner, note, done)
        case .fences:
            done(.fences(fences(nil, takeSnapshot()).filter { $0.epoch > 0 }))
        case .coordinator: done(.fences(fences([-1], takeSnapshot())))
        case .firstCoordinator(let owner): firstCoordinator(owner, done)
        case .succeedCoordinator(let term, let owner): succeedCoordinator(term, owner, done)
        case .writePlan(let plan, let coordinator): write(plan, coordinator, done)
        case .pendingPlan: done(.plan(pendingPlan(takeSnapshot())))
        case .history(let limit): done(.moves(history(limit, takeSnapshot())))
        case .shardHistory(let shard, let limit):
            done(.moves(history(of: shard.index, limit, takeSnapshot())))
        case .settings: done(.settings(settings(takeSnapshot())))
        case .change(let change): apply(change, done)
        case .terminateBackend(let id): terminateBackend(id, withinMs: 500, done)
        case .terminateBlockers(let id): terminateBlockers(of: id, done)
        }
    }

    /// Reads of rooms and tails have a snapshot of their own, unless that is what was spoiled.
    private func readingSnapshot(_ statement: SimulatedStatement) -> Snapshot {
        let own = takeSnapshot()
        guard let kept = server.keptSnapshots[wire.node] else { return own }
        // A new owner's reads end with the tails, or are the heads alone.
        switch statement {
        case .tails, .heads: server.keptSnapshots[wire.node] = nil
        default: break
        }
        return Snapshot(sequence: kept, xid: own.xid, command: own.command)
    }

    // MARK: Sessions

    /// Gives a row if the process was there, and waits for its end.
    private func terminateBackend(_ id: Int, withinMs: Int, _ done: @escaping (SimulatedRows) -> Void) {
        guard let other = server.backends[id] else { return done(.count(0)) }
        other.terminate()
        waitForEnd(of: [id], untilMs: server.scheduler.nowMs + Int64(withinMs)) { done(.count(1)) }
    }

    private func terminateBlockers(of id: Int, _ done: @escaping (SimulatedRows) -> Void) {
        let blockers = server.backends[id].map { server.blockers(of: $0) } ?? []
        server.statistics.count(.blockerEnded, by: blockers.count)
        each(blockers) { [self] blocker, next in
            server.backends[blocker]?.terminate()
            waitForEnd(of: [blocker], untilMs: server.scheduler.nowMs + 200, next)
        } then: {
            done(.count(blockers.count))
        }
    }

    private func waitForEnd(of ids: [Int], untilMs: Int64, _ done: @escaping () -> Void) {
        let isOver = ids.allSatisfy { server.backends[$0] == nil } || server.scheduler.nowMs >= untilMs
        if isOver { return done() }
        pause(ms: 10) { [self] in waitForEnd(of: ids, untilMs: untilMs, done) }
    }
}
