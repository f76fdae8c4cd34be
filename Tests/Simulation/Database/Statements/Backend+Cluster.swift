internal import QuizCluster
internal import QuizModel
internal import QuizPostgres
internal import QuizRoomHost
internal import QuizShards

/// `FenceStatements` and `ClusterStatements`, part by part.
extension Backend {
    // MARK: Reading

    /// - Parameter shards: nil: all of them.
    func fences(_ shards: [Int]?, _ snapshot: Snapshot) -> [SimulatedRows.FenceRow] {
        let wanted = shards.map(Set.init)
        return rows(\.fence, snapshot).filter { wanted?.contains($0.key) ?? true }
            .map { SimulatedRows.FenceRow(shard: $0.key, epoch: $0.row.epoch, owner: $0.row.owner) }
    }

    func pendingPlan(_ snapshot: Snapshot) -> [ShardMove] {
        rows(\.plan, snapshot).compactMap { shard, plan in
            let owner = row(\.fence, shard, snapshot)?.owner
            guard owner != plan.target, let shard = ShardID(index: shard) else { return nil }
            return ShardMove(
                shard: shard, from: owner == .nobody ? nil : owner, to: plan.target, reason: plan.reason,
                note: plan.note)
        }
    }

    func history(of shard: Int? = nil, _ limit: Int, _ snapshot: Snapshot) -> [ShardMoveRecord] {
        var found: [ShardMoveRecord] = []
        for (key, move) in rows(\.moves, snapshot) where shard == nil || key.first == shard {
            guard let shard = ShardID(index: key.first) else { continue }
            found.append(
                ShardMoveRecord(
                    shard: shard, epoch: Epoch(key.second), from: move.from, to: move.to, reason: move.reason,
                    note: move.note, atMs: move.movedAtMs))
        }
        found.sort { left, right in
            if shard == nil, left.atMs != right.atMs { return left.atMs > right.atMs }
            return left.epoch != right.epoch ? left.epoch > right.epoch : left.shard < right.shard
        }
        return Array(found.prefix(max(limit, 0)))
    }

    func settings(_ snapshot: Snapshot) -> ClusterSettings {
        var settings = ClusterSettings()
        for (name, node) in rows(\.nodes, snapshot) where node.weight != nil || node.isDraining {
            settings.nodes[name] = .init(weight: node.weight, isDraining: node.isDraining)
        }
        for (shard, node) in rows(\.pins, snapshot) {
            if let shard = ShardID(index: shard) { settings.pins[shard] = node }
        }
        settings.rebalances = row(\.rebalances, 0, snapshot) ?? 0
        return settings
    }

    // MARK: The fence

    /// Locks a fence row that still says what it did in the statement's snapshot.
    func lockFence(
        _ shard: Int, expecting term: Tables.Fence, _ mode: LockMode, _ policy: LockPolicy = .wait,
        _ then: @escaping (Tables.Fence?) -> Void
    ) {
        lockRow(\.fence, shard, mode, policy, where: { $0 == term }, then: then)
    }

    func insertMissing(_ shards: [ShardID], _ done: @escaping (SimulatedRows) -> Void) {
        each(shards.sorted()) { [self] shard, next in
            insert(\.fence, shard.index, Tables.Fence(epoch: 0, owner: .nobody)) { _ in next() }
        } then: {
            done(.count(0))
        }
    }

    func confirm(_ terms: [Term], _ done: @escaping (SimulatedRows) -> Void) {
        let snapshot = takeSnapshot()
        let suiting = terms.sorted { $0.shard < $1.shard }
            .filter { row(\.fence, $0.shard.index, snapshot) == Tables.Fence($0) }
        var held: [SimulatedRows.FenceRow] = []
        each(suiting) { [self] term, next in
            lockFence(term.shard.index, expecting: Tables.Fence(term), .share) { row in
                if let row { held.append(.init(shard: term.shard.index, epoch: row.epoch, owner: row.owner)) }
                next()
            }
        } then: {
            done(.fences(held))
        }
    }

    func compareAndSet(
        _ wishes: [FenceRules.Wish], _ owner: Incarnation, _ note: String, _ done: @escaping (SimulatedRows) -> Void
    ) {
        let snapshot = takeSnapshot()
        if server.sabotage == .tailReadInStatement { server.keptSnapshots[wire.node] = snapshot.sequence }
        let suiting = wishes.sorted { $0.expected.shard < $1.expected.shard }
            .filter { row(\.fence, $0.expected.shard.index, snapshot) == Tables.Fence($0.expected) }
        var locked: [FenceRules.Wish] = []
        each(suiting) { [self] wish, next in
            let expected = Tables.Fence(wish.expected)
            lockFence(wish.expected.shard.index, expecting: expected, .noKeyUpdate) { row in
                if row != nil { locked.append(wish) }
                next()
            }
        } then: { [self] in
            each(locked) { [self] wish, next in
                let (shard, before) = (wish.expected.shard.index, wish.expected)
                replace(\.fence, shard, with: Tables.Fence(epoch: before.epoch.next.number, owner: owner))
                let move = Tables.Move(
                    from: before.owner == .nobody ? nil : before.owner, to: owner, reason: wish.reason,
                    note: ClusterStatements.bounded(note), movedAtMs: nowMs)
                upsert(\.moves, .init(shard, before.epoch.next.number), move) { _ in next() }
            } then: {
                done(
                    .fences(
                        locked.map {
                            .init(
                                shard: $0.expected.shard.index, epoch: $0.expected.epoch.next.number, owner: owner)
                        }))
            }
        }
    }

    // MARK: The coordinator and its plan

    func firstCoordinator(_ owner: Incarnation, _ done: @escaping (SimulatedRows) -> Void) {
        insert(\.fence, -1, Tables.Fence(epoch: 1, owner: owner)) { isAdded in
            done(.fences(isAdded ? [.init(shard: -1, epoch: 1, owner: owner)] : []))
        }
    }

    func succeedCoordinator(
        _ term: CoordinatorTerm, _ owner: Incarnation, _ done: @escaping (SimulatedRows) -> Void
    ) {
        let expected = Tables.Fence(epoch: term.epoch.number, owner: term.owner)
        guard row(\.fence, -1, takeSnapshot()) == expected else { return done(.fences([])) }
        lockFence(-1, expecting: expected, .noKeyUpdate) { [self] row in
            guard row != nil else { return done(.fences([])) }
            let next = Tables.Fence(epoch: expected.epoch + 1, owner: owner)
            replace(\.fence, -1, with: next)
            done(.fences([.init(shard: -1, epoch: next.epoch, owner: owner)]))
        }
    }

    func write(_ plan: [ShardMove], _ coordinator: CoordinatorTerm, _ done: @escaping (SimulatedRows) -> Void) {
        let snapshot = takeSnapshot()
        let term = Tables.Fence(epoch: coordinator.epoch.number, owner: coordinator.owner)
        guard row(\.fence, -1, snapshot) == term else { return done(.fenced(locked: false, accepted: true)) }
        lockFence(-1, expecting: term, .share) { [self] held in
            guard held != nil else { return done(.fenced(locked: false, accepted: true)) }
            let kept = Set(plan.map(\.shard.index))
            let dropped = rows(\.plan, snapshot).map(\.key).filter { !kept.contains($0) }
            each(dropped) { [self] shard, next in
                lockRow(\.plan, shard, .update) { [self] row in
                    if row != nil { replace(\.plan, shard, with: nil) }
                    next()
                }
            } then: { [self] in
                each(plan) { [self] move, next in
                    let row = Tables.Plan(target: move.to, reason: move.reason, note: move.note)
                    let change = { (before: Tables.Plan) in before == row ? nil : row }
                    upsert(\.plan, move.shard.index, row, change: change) { _ in next() }
                } then: {
                    done(.fenced(locked: true, accepted: true))
                }
            }
        }
    }

    // MARK: Settings

    func apply(_ change: ClusterSettingChange, _ done: @escaping (SimulatedRows) -> Void) {
        let finish = { done(.count(0)) }
        switch change {
        case .weight(let node, let weight):
            guard isName(node), weight.map({ (0...1_000).contains($0) }) ?? true else { return refuse() }
            set(node, Tables.NodeSetting(weight: weight), { $0.weight = weight }, finish)
        case .drain(let node), .undrain(let node):
            guard isName(node) else { return refuse() }
            let isDraining = if case .drain = change { true } else { false }
            set(node, Tables.NodeSetting(isDraining: isDraining), { $0.isDraining = isDraining }, finish)
        case .pin(let shard, let node):
            guard isName(node) else { return refuse() }
            upsert(\.pins, shard.index, node) { _ in finish() }
        case .unpin(let shard):
            guard row(\.pins, shard.index, takeSnapshot()) != nil else { return finish() }
            lockRow(\.pins, shard.index, .update) { [self] row in
                if row != nil { replace(\.pins, shard.index, with: nil) }
                finish()
            }
        case .rebalance:
            lockRow(\.rebalances, 0, .noKeyUpdate) { [self] count in
                replace(\.rebalances, 0, with: (count ?? 0) + 1)
                finish()
            }
        }
    }

    private func set(
        _ node: String, _ first: Tables.NodeSetting, _ change: @escaping (inout Tables.NodeSetting) -> Void,
        _ finish: @escaping () -> Void
    ) {
        let next = { (row: Tables.NodeSetting) -> Tables.NodeSetting? in
            var row = row
            change(&row)
            return row
        }
        upsert(\.nodes, node, first, change: next) { _ in finish() }
    }

    private func isName(_ name: String) -> Bool { (1...255).contains(name.unicodeScalars.count) }

    private func refuse() { fail("23514", "new row violates check constraint") }
}
