internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import QuizModel
internal import QuizRoomHost
internal import QuizShards
internal import QuizTelemetry

/// Shards that change hands: inherited from the dead, handed over to the living.
extension ClusterNode {
    // MARK: - Taking over

    /// Takes what the plan gives this node and nobody alive owns; also brings up what is fenced for it and not adopted, as after a failed read.
    ///
    /// - Returns: whether there was anything, also what somebody else is at, so that it is looked at again soon: it may fail.
    func takeOver() async -> Bool {
        let (isAny, expected, owned) = state.withLockedValue { state -> (Bool, [MoveReason: [Term]], [Term]) in
            var isAny = false
            var expected: [MoveReason: [Term]] = [:]
            for move in state.pending where move.to == own {
                if let from = move.from, from == own || state.view.canOwn(from) { continue }
                isAny = true
                if state.busy.contains(move.shard) { continue }
                let term =
                    state.fences.terms[move.shard]
                    ?? Term(shard: move.shard, epoch: Epoch(0), owner: Incarnation(value: 0))
                expected[move.reason, default: []].append(term)
            }
            let answered = parts.router.host.answered
            let left = state.fences.terms.filter { term in
                term.owner == own && answered[term.shard]?.epoch != term.epoch
            }
            let owned = left.filter { !state.busy.contains($0.shard) }
            state.busy.formUnion(expected.values.joined().map(\.shard) + owned.map(\.shard))
            return (isAny || !left.isEmpty, expected, owned)
        }
        for (reason, terms) in expected.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            await inherit(terms, reason: reason)
        }
        if !owned.isEmpty { await adoptOwned(Set(owned)) }
        state.withLockedValue { $0.busy.subtract(expected.values.joined().map(\.shard) + owned.map(\.shard)) }
        return isAny
    }

    private func inherit(_ terms: [Term], reason: MoveReason) async {
        let began = NIODeadline.now()
        do throws(JournalFailure) {
            let won = try await parts.store.move(terms, to: own, reason: reason, note: "")
            state.withLockedValue { $0.learn(won) }
            await adopt(won, began: began)
            parts.metrics.moves[.inherited].increment(by: won.count)
            parts.metrics.received[reason].increment(by: won.count)
            parts.metrics.takeOverSeconds.observe(Double((NIODeadline.now() - began).nanoseconds) / 1e9)
        } catch {
            parts.log.warning(
                "Shards could not be taken over; it is tried again.",
                metadata: .keys([.code: "\(error.code)", .error: "\(error.context)"]))
        }
    }

    /// What was known may be older than a hand-over of these shards, so the fence is asked again now that nothing else touches them.
    private func adoptOwned(_ terms: Set<Term>) async {
        let began = NIODeadline.now()
        do throws(JournalFailure) {
            let fences = try await parts.store.fences()
            state.withLockedValue { $0.learn(fences.terms.values) }
            await adopt(terms.filter { fences.terms[$0.shard] == $0 }, began: began)
        } catch {
            // Found again by the next look.
            parts.log.debug("The fences cannot be read.", metadata: .keys([.code: "\(error.code)"]))
        }
    }

    private func adopt(_ terms: [Term], began: NIODeadline) async {
        guard !terms.isEmpty else { return }
        do throws(JournalFailure) {
            try await parts.router.host.adopt(terms, began: began)
        } catch {
            // Found again by `takeOver` as fenced and not adopted.
            return parts.log.warning(
                "Rooms could not be loaded; it is tried again.", metadata: .keys([.code: "\(error.code)"]))
        }
        parts.router.table.hear(terms)
        parts.forwarded.ownersChanged(Set(terms.map(\.shard)))
        tellPeers(terms)
        _ = await parts.directory.publish(terms)
    }

    private func tellPeers(_ terms: [Term]) {
        for peer in parts.router.transport.linked {
            parts.router.transport.send(.owns(ShardClaims(terms: terms)), to: peer)
        }
    }

    // MARK: - Handing over

    /// Hands one group of shards over to the node that the plan gives them to, if it can have them now.
    ///
    /// - Returns: whether the plan gives anything away, also what cannot go now.
    func give() async -> Bool {
        typealias Group = (to: Incarnation, reason: MoveReason, terms: [Term])
        let (isGiving, group) = state.withLockedValue { state -> (Bool, Group?) in
            var isGiving = false
            var group: Group?
            for move in state.pending where move.from == own && move.to != own {
                isGiving = true
                guard !state.busy.contains(move.shard), state.view.canOwn(move.to),
                    parts.router.transport.linked.contains(move.to),
                    let term = parts.router.host.term(of: move.shard),
                    group.map({ $0.to == move.to && $0.reason == move.reason && $0.terms.count < Self.groupMax })
                        ?? true
                else { continue }
                group = (move.to, move.reason, (group?.terms ?? []) + [term])
            }
            state.busy.formUnion(group?.terms.map(\.shard) ?? [])
            return (isGiving, group)
        }
        guard let group else { return isGiving }
        let moved = await handOffs.give(group.terms, to: group.to, reason: group.reason)
        state.withLockedValue { state in
            state.busy.subtract(group.terms.map(\.shard))
            state.learn(moved.compactMap { parts.router.table.term(of: $0) })
        }
        // Also those whose shards have stayed: what they asked of a room that stood still was not answered.
        parts.forwarded.ownersChanged(Set(group.terms.map(\.shard)))
        // A peer that refuses is not asked ten times a second.
        if moved.isEmpty { try? await Task.sleep(for: .seconds(1)) }  // ends early only when cancelled
        return true
    }
}
