package import Logging
internal import NIOConcurrencyHelpers
package import NIOCore
package import QuizModel
package import QuizRoomHost
internal import QuizShards
internal import QuizTelemetry
internal import ServiceLifecycle

/// This node's part in the cluster: tells that it lives, judges who else does, stands for coordinator, takes what the plan gives it and hands over what
/// the plan gives away.
///
/// Three loops that do not wait for one another: `watch` looks and decides every half second, `takeOver` inherits from the dead, `give` hands over to
/// the living. What each of them decides is decided in pure values: `Membership`, `CoordinatorDesk`, `ShardPlacement`, `HandOffMachine`.
package final class ClusterNode: Service, PeerReceiver {
    package struct Parts: Sendable {
        package var announcement: NodeAnnouncement
        package var router: RoomRouter
        package var store: any ClusterStore
        package var directory: any ShardDirectory
        package var remote: RemoteSessions
        package var forwarded: ForwardedSessions
        package var calls: PeerCalls
        package var rooms: ClusterRooms
        package var metrics: ClusterMetrics
        /// For timers and promises.
        package var loop: any EventLoop
        /// Runs what messages of peers ask for and must wait for something.
        package var work: BackgroundWork
        package var ttl: TimeAmount
        package var log: Logger

        package init(
            announcement: NodeAnnouncement, router: RoomRouter, store: any ClusterStore, directory: any ShardDirectory,
            remote: RemoteSessions, forwarded: ForwardedSessions, calls: PeerCalls, rooms: ClusterRooms,
            metrics: ClusterMetrics, loop: any EventLoop, work: BackgroundWork, ttl: TimeAmount = Membership.ttlDefault,
            log: Logger
        ) {
            self.announcement = announcement
            self.router = router
            self.store = store
            self.directory = directory
            self.remote = remote
            self.forwarded = forwarded
            self.calls = calls
            self.rooms = rooms
            self.metrics = metrics
            self.loop = loop
            self.work = work
            self.ttl = ttl
            self.log = log
        }
    }

    private struct State {
        var announcement: NodeAnnouncement
        var membership: Membership
        var desk: CoordinatorDesk
        var view: ClusterView
        var fences = ClusterFences(terms: [:], coordinator: nil)
        var pending: [ShardMove] = []
        var beat: UInt64 = 0
        var generation: String?
        /// Shards that are being adopted or handed over now.
        var busy: Set<ShardID> = []
        var isOver = false
        var pollServer: (any PollServer)?

        /// Counts what other loops have learned, and what each shard's term was learned as.
        private(set) var lessons: UInt64 = 0
        private var learnedAt: [ShardID: UInt64] = [:]

        /// Takes in what was read. What other loops learned since the reading began is newer and stays; everything else is as the database says, also when
        /// a database that failed over says less than it did.
        mutating func learn(_ read: ClusterFences, pending moves: [ShardMove], begunAt lesson: UInt64) {
            fences.coordinator = read.coordinator
            for (shard, term) in read.terms where learnedAt[shard] ?? 0 <= lesson { fences.terms[shard] = term }
            pending = moves.filter { fences.terms[$0.shard]?.owner != $0.to }
            for index in pending.indices { pending[index].from = fences.terms[pending[index].shard]?.realOwner }
        }

        /// Terms that have just been won.
        mutating func learn(_ won: [Term]) {
            lessons += 1
            for term in won where term.epoch >= fences.terms[term.shard]?.epoch ?? Epoch(0) {
                fences.terms[term.shard] = term
                learnedAt[term.shard] = lessons
            }
            pending.removeAll { fences.terms[$0.shard]?.owner == $0.to }
        }
    }

    private static let watchEvery = Duration.milliseconds(500)
    /// Until everything has its place, as at start.
    private static let watchFirst = Duration.milliseconds(50)
    private static let actEvery = Duration.milliseconds(100)
    /// Shards of one hand-off: few enough that their rooms' pause stays short.
    private static let groupMax = 64
    /// How long a node that stops waits until its shards have gone.
    private static let drainLimit = Duration.seconds(20)

    private let parts: Parts
    private let own: Incarnation
    private let handOffs: HandOffs
    private let state: NIOLockedValueBox<State>

    package init(_ parts: Parts) {
        self.parts = parts
        own = parts.router.own
        handOffs = HandOffs(parts)
        state = NIOLockedValueBox(
            State(
                announcement: parts.announcement,
                membership: Membership(own: parts.announcement, ttl: parts.ttl, now: .now()),
                desk: CoordinatorDesk(own: parts.router.own),
                view: ClusterView(alive: [parts.announcement], dead: [], isSettled: false)))
        parts.router.table.watch { [forwarded = parts.forwarded] in forwarded.ownersChanged($0) }
    }

    /// The cluster as this node sees it now.
    package var view: ClusterView { state.withLockedValue { $0.view } }

    /// Whether every shard has an owner that is alive, as far as this node knows.
    package var isPlaced: Bool {
        let answered = Set(parts.router.host.terms.map(\.shard))
        return state.withLockedValue { state in
            state.fences.terms.count == ShardID.count
                && state.fences.terms.values.allSatisfy {
                    $0.owner == own ? answered.contains($0.shard) : state.view.isAlive($0.owner)
                }
        }
    }

    /// Returns when every shard has an owner that is alive, and this node answers for its own.
    package func placed() async {
        while !Task.isCancelled, !isPlaced {
            try? await Task.sleep(for: .milliseconds(20))  // ends early only when cancelled
        }
    }

    /// Names whoever has this node's long-polling sessions; before players are let in.
    package func setPollServer(_ server: any PollServer) { state.withLockedValue { $0.pollServer = server } }

    // MARK: - Life

    package func run() async throws {
        parts.router.host.begin()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await self.repeatedly {
                    await self.watch()
                    return self.isPlaced ? Self.watchEvery : Self.watchFirst
                }
            }
            group.addTask {
                await self.repeatedly {
                    await self.takeOver()
                    return self.isPlaced ? Self.actEvery : Self.watchFirst
                }
            }
            group.addTask {
                await self.repeatedly {
                    await self.give()
                    return Self.actEvery
                }
            }
            group.addTask {
                try? await gracefulShutdown()  // throws when cancelled, which ends the node just the same
                await self.drain()
                self.state.withLockedValue { $0.isOver = true }
            }
            await group.next()
            group.cancelAll()
        }
        await parts.directory.forget(own)
    }

    /// - Parameter step: gives the pause behind it.
    private func repeatedly(_ step: () async -> Duration) async {
        while !Task.isCancelled, !state.withLockedValue({ $0.isOver }) {
            let pause = await step()
            try? await Task.sleep(for: pause)  // ends early only when cancelled
        }
    }

    /// Says that its shards are to go elsewhere, and waits until they have. Alone, it leaves them to whoever comes next.
    private func drain() async {
        state.withLockedValue { state in
            state.announcement.isDraining = true
            state.membership.update(own: state.announcement)
        }
        let deadline = ContinuousClock.now + Self.drainLimit
        while ContinuousClock.now < deadline, !parts.router.host.terms.isEmpty,
            view.alive.contains(where: { $0.incarnation != own && !$0.isDraining })
        {
            try? await Task.sleep(for: .milliseconds(100))  // ends early only when cancelled
            if Task.isCancelled { return }
        }
        let left = parts.router.host.terms.count
        parts.log.info("The node gives up its part in the cluster.", metadata: .keys([.shardCount: "\(left)"]))
    }

    // MARK: - Looking and deciding

    private func watch() async {
        let (announcement, beat) = state.withLockedValue { state in
            state.beat += 1
            state.announcement.rooms = parts.router.host.roomCount
            return (state.announcement, state.beat)
        }
        let snapshot = await parts.directory.beat(announcement, beat: beat)
        let view = state.withLockedValue { state in
            state.membership.update(own: state.announcement)
            state.membership.observe(snapshot, links: parts.router.transport.linked, at: .now())
            state.view = state.membership.view(at: .now())
            return state.view
        }
        parts.router.transport.setPeers(
            view.alive.filter { $0.incarnation != own }.map {
                PeerAddress(incarnation: $0.incarnation, name: $0.name, address: $0.meshAddress)
            })
        await refreshMap(snapshot, beat: beat)
        await decide(view)
        await forgetDead(view)
        measure(view)
    }

    /// The map in Redis: written again every two seconds, and at once when Redis is another one; read as often.
    private func refreshMap(_ snapshot: DirectorySnapshot?, beat: UInt64) async {
        guard let snapshot else { return }
        let isNew = state.withLockedValue { state in
            defer { state.generation = snapshot.generation }
            return state.generation != snapshot.generation
        }
        guard isNew || beat % 4 == 0 else { return }
        _ = await parts.directory.publish(parts.router.host.terms)
        if let map = await parts.directory.map() { parts.router.table.hear(map.values) }
    }

    private func decide(_ view: ClusterView) async {
        do throws(JournalFailure) {
            let lesson = state.withLockedValue { $0.lessons }
            let fences = try await parts.store.fences()
            let settings = try await parts.store.settings()
            let pending = try await parts.store.pendingPlan()
            parts.router.table.hear(fences.terms.values.filter { $0.owner != own }, isCertain: true)
            let decision = state.withLockedValue { state in
                state.learn(fences, pending: pending, begunAt: lesson)
                return state.desk.decide(
                    view: view, fences: state.fences, settings: settings, pending: state.pending)
            }
            switch decision {
            case .nothing: break
            case .stand(let behind):
                if try await parts.store.takeCoordinator(expected: behind, owner: own) != nil {
                    parts.log.info("This node is the coordinator now.")
                }
            case .plan(let moves, let term):
                if try await parts.store.write(plan: moves, coordinator: term) {
                    state.withLockedValue { $0.pending = moves }
                    parts.log.info("A new plan moves shards.", metadata: .keys([.shardCount: "\(moves.count)"]))
                }
            }
        } catch {
            parts.log.debug("The cluster's state cannot be read.", metadata: .keys([.code: "\(error.code)"]))
        }
    }

    /// The coordinator removes from the directory who is dead and owns nothing any more.
    private func forgetDead(_ view: ClusterView) async {
        let gone = state.withLockedValue { state -> [Incarnation] in
            guard state.fences.coordinator?.owner == own, view.isSettled else { return [] }
            let owners = Set(state.fences.terms.values.map(\.owner))
            return view.dead.filter { !owners.contains($0) }
        }
        for incarnation in gone { await parts.directory.forget(incarnation) }
    }

    private func measure(_ view: ClusterView) {
        let metrics = parts.metrics
        metrics.nodesAlive.set(view.alive.count)
        metrics.shardsOwned.set(parts.router.host.terms.count)
        metrics.isSettled.set(view.isSettled)
        metrics.isCoordinator.set(state.withLockedValue { $0.fences.coordinator?.owner == own })
        metrics.remoteSessions.set(parts.remote.count)
    }

    // MARK: - Taking over

    /// Takes what the plan gives this node and nobody alive owns; also brings up what is fenced for it and not adopted, as after a failed read.
    private func takeOver() async {
        let (expected, owned) = state.withLockedValue { state -> ([MoveReason: [Term]], [Term]) in
            var expected: [MoveReason: [Term]] = [:]
            for move in state.pending where move.to == own && !state.busy.contains(move.shard) {
                if let from = move.from, from == own || state.view.isAlive(from) { continue }
                let term =
                    state.fences.terms[move.shard]
                    ?? Term(shard: move.shard, epoch: Epoch(0), owner: Incarnation(value: 0))
                expected[move.reason, default: []].append(term)
            }
            let owned = state.fences.terms.values.filter { term in
                term.owner == own && !state.busy.contains(term.shard)
                    && parts.router.host.term(of: term.shard)?.epoch != term.epoch
            }
            state.busy.formUnion(expected.values.joined().map(\.shard) + owned.map(\.shard))
            return (expected, Array(owned))
        }
        for (reason, terms) in expected.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            await inherit(terms, reason: reason)
        }
        if !owned.isEmpty { await adoptOwned(Set(owned)) }
        state.withLockedValue { $0.busy.subtract(expected.values.joined().map(\.shard) + owned.map(\.shard)) }
    }

    private func inherit(_ terms: [Term], reason: MoveReason) async {
        let began = NIODeadline.now()
        do throws(JournalFailure) {
            let won = try await parts.store.move(terms, to: own, reason: reason, note: "")
            state.withLockedValue { $0.learn(won) }
            await adopt(won, began: began)
            parts.metrics.moves[.inherited].increment(by: won.count)
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
            state.withLockedValue { $0.learn(Array(fences.terms.values)) }
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

    private func give() async {
        let group = state.withLockedValue { state -> (to: Incarnation, reason: MoveReason, terms: [Term])? in
            var group: (to: Incarnation, reason: MoveReason, terms: [Term])?
            for move in state.pending where move.from == own && move.to != own && !state.busy.contains(move.shard) {
                guard state.view.isAlive(move.to), parts.router.transport.linked.contains(move.to),
                    let term = parts.router.host.term(of: move.shard), group == nil || group?.to == move.to,
                    group?.terms.count ?? 0 < Self.groupMax
                else { continue }
                group = (move.to, move.reason, (group?.terms ?? []) + [term])
            }
            state.busy.formUnion(group?.terms.map(\.shard) ?? [])
            return group
        }
        guard let group else { return }
        let moved = await handOffs.give(group.terms, to: group.to, reason: group.reason)
        state.withLockedValue { state in
            state.busy.subtract(group.terms.map(\.shard))
            state.learn(moved.compactMap { parts.router.table.term(of: $0) })
        }
        // Also those whose shards have stayed: what they asked of a room that stood still was not answered.
        parts.forwarded.ownersChanged(Set(group.terms.map(\.shard)))
        // A peer that refuses is not asked ten times a second.
        if moved.isEmpty { try? await Task.sleep(for: .seconds(1)) }  // ends early only when cancelled
    }

    // MARK: - PeerReceiver

    package func linkOpened(to peer: Incarnation) {
        parts.router.transport.send(.owns(ShardClaims(terms: parts.router.host.terms)), to: peer)
        parts.forwarded.linkOpened()
    }

    package func linkClosed(to peer: Incarnation) {
        parts.remote.lost(peer)
        parts.forwarded.linkLost(peer)
    }

    package func received(_ message: PeerMessage, from peer: Incarnation) {
        switch message {
        case .attach(let message): parts.remote.attach(message, from: peer)
        case .command(let message): parts.remote.command(message, from: peer)
        case .detach(let message): parts.remote.detach(message, from: peer)
        case .chat(let message): parts.remote.chat(message, from: peer)
        case .event(let message): parts.forwarded.event(message)
        case .reply(let message): parts.forwarded.reply(message)
        case .attached(let message): parts.forwarded.attached(message)
        case .ended(let message): parts.forwarded.ended(message)
        case .measure(let message):
            if message.latencyMs == nil {
                parts.forwarded.measure(message)
            } else {
                parts.remote.measured(message, from: peer)
            }
        case .prepare(let message):
            handOffs.prepare(message, from: peer, isDraining: state.withLockedValue { $0.announcement.isDraining })
        case .prepared(let message): handOffs.prepared(message)
        case .final(let message): take(message, from: peer)
        case .finished(let message): handOffs.finished(message)
        case .owns(let claims), .notMine(let claims): parts.router.table.hear(claims.terms)
        case .ask(let call): answer(call, to: peer)
        case .answer(let answer): parts.calls.answered(answer)
        }
    }

    private func take(_ message: HandOffFinal, from peer: Incarnation) {
        let shards = Set(message.terms.map(\.shard))
        state.withLockedValue { $0.busy.formUnion(shards) }
        let accepted = parts.work.submit {
            await self.handOffs.final(message, from: peer)
            self.state.withLockedValue { $0.busy.subtract(shards) }
            self.parts.forwarded.ownersChanged(shards)
        }
        // Then A hears nothing and takes its shards back.
        if !accepted { state.withLockedValue { $0.busy.subtract(shards) } }
    }

    private func answer(_ call: PeerCall, to peer: Incarnation) {
        if case .poll(let request) = call.question {
            // May be held for long, so it takes no place among the jobs.
            guard let server = state.withLockedValue({ $0.pollServer }) else { return }
            return server.respond(to: request) { [parts] status, headers, body in
                let answer = PeerAnswer(number: call.number, status: status, headers: headers, body: body)
                parts.router.transport.send(.answer(answer), to: peer)
            }
        }
        parts.work.submit { [parts] in
            let (status, body) = await parts.rooms.answer(call.question) ?? (404, ByteBuffer())
            parts.router.transport.send(.answer(PeerAnswer(number: call.number, status: status, body: body)), to: peer)
        }
    }
}

extension Term {
    /// Nil for a shard that nobody has owned yet.
    fileprivate var realOwner: Incarnation? { owner.value == 0 ? nil : owner }
}
