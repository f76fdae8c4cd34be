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
/// Three loops that do not wait for one another: `watch` looks and decides every half second, and calls `takeOver`, which inherits from the dead, and
/// `give`, which hands over to the living; they go on by themselves while there is something to do. What each of them decides is decided in pure
/// values: `Membership`, `CoordinatorDesk`, `ShardPlacement`, `HandOffMachine`.
package final class ClusterNode: Service {
    package struct Parts: Sendable {
        package var announcement: NodeAnnouncement
        package var router: RoomRouter
        package var store: any ClusterStore
        package var directory: any ShardDirectory
        package var remote: RemoteSessions
        package var forwarded: ForwardedSessions
        package var calls: PeerCalls
        package var rooms: ClusterRooms
        package var load: NodeLoad
        package var metrics: ClusterMetrics
        /// For timers and promises.
        package var loop: any EventLoop
        /// Runs what messages of peers ask for and must wait for something.
        package var work: BackgroundWork
        package var ttl: TimeAmount
        package var log: Logger

        package init(
            announcement: NodeAnnouncement, router: RoomRouter, store: any ClusterStore, directory: any ShardDirectory,
            remote: RemoteSessions, forwarded: ForwardedSessions, calls: PeerCalls, rooms: ClusterRooms, load: NodeLoad,
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
            self.load = load
            self.metrics = metrics
            self.loop = loop
            self.work = work
            self.ttl = ttl
            self.log = log
        }
    }

    private static let watchEvery = Duration.milliseconds(500)
    /// Until everything has its place, as at start.
    private static let watchFirst = Duration.milliseconds(50)
    /// While there is something to take or to give.
    private static let actEvery = Duration.milliseconds(100)
    /// Shards of one hand-off: few enough that their rooms' pause stays short.
    static let groupMax = 64
    /// How long a node that stops waits until its shards have gone.
    private static let drainLimit = Duration.seconds(20)

    let parts: Parts
    let own: Incarnation
    let handOffs: HandOffs
    let state: NIOLockedValueBox<State>

    package init(_ parts: Parts) {
        self.parts = parts
        own = parts.router.own
        handOffs = HandOffs(parts)
        state = NIOLockedValueBox(
            State(
                announcement: parts.announcement,
                membership: Membership(own: parts.announcement, ttl: parts.ttl, now: .now()),
                desk: CoordinatorDesk(own: parts.router.own),
                view: ClusterView(alive: [parts.announcement], dead: [], isSettled: false),
                aloneFrom: NIODeadline.now() + parts.ttl * 2,
                store: StoreReach(ttl: parts.ttl, now: .now())))
        parts.router.table.watch { [forwarded = parts.forwarded] in forwarded.ownersChanged($0) }
    }

    /// The cluster as this node sees it now.
    package var view: ClusterView { state.withLockedValue { $0.view } }

    /// Where clients reach a node directly; nil: that is not known, or it is about to stop or has too much to do for more connections.
    package func directURL(of node: Incarnation) -> String? {
        guard let there = view.node(node), !there.isDraining, there.overload ?? .calm < .refusesJoins else {
            return nil
        }
        return there.directURL
    }

    /// Whether every shard has an owner that is alive, as far as this node knows.
    package var isPlaced: Bool {
        let answered = parts.router.host.answered
        return state.withLockedValue { state in
            guard state.fences.terms.count == ShardID.count else { return false }
            let alive = state.view.alive.map(\.incarnation)
            return state.fences.terms.allSatisfy { term in
                term.owner == own ? answered[term.shard] != nil : alive.contains(term.owner)
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
        let (toTake, callToTake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let (toGive, callToGive) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    await self.watch()
                    callToTake.yield()
                    callToGive.yield()
                    await self.pause(self.isPlaced ? Self.watchEvery : Self.watchFirst)
                }
            }
            group.addTask { await self.whenCalled(toTake) { await self.takeOver() } }
            group.addTask { await self.whenCalled(toGive) { await self.give() } }
            group.addTask {
                try? await gracefulShutdown()  // throws when cancelled, which ends the node just the same
                await self.drain()
            }
            await group.next()
            group.cancelAll()
        }
        await parts.directory.forget(own)
    }

    /// - Parameter step: gives whether there is more to do.
    private func whenCalled(_ calls: AsyncStream<Void>, _ step: () async -> Bool) async {
        for await _ in calls {
            // Asked first: a call that waits is heard also when everything is to end.
            while !Task.isCancelled, await step() { await pause(Self.actEvery) }
        }
    }

    private func pause(_ time: Duration) async {
        try? await Task.sleep(for: time)  // ends early only when cancelled
    }

    /// Says that its shards are to go elsewhere, waits until they have, and then for the clients that follow. Alone, it leaves the shards to whoever comes
    /// next.
    private func drain() async {
        parts.forwarded.stop()
        state.withLockedValue { state in
            state.announcement.isDraining = true
            state.membership.update(own: state.announcement)
        }
        let deadline = ContinuousClock.now + Self.drainLimit
        while ContinuousClock.now < deadline, !parts.router.host.answered.isEmpty,
            view.alive.contains(where: { $0.incarnation != own && !$0.isDraining })
        {
            try? await Task.sleep(for: .milliseconds(100))  // ends early only when cancelled
            if Task.isCancelled { return }
        }
        await parts.forwarded.farewell(limit: .milliseconds(Limits.farewellMs))
        let left = parts.router.host.answered.count
        parts.log.info("The node gives up its part in the cluster.", metadata: .keys([.shardCount: "\(left)"]))
    }

    // MARK: - Looking and deciding

    private func watch() async {
        let (announcement, beat) = state.withLockedValue { state in
            state.beat += 1
            state.announcement.rooms = parts.router.host.roomCount
            state.announcement.isCutOff = state.store.isCutOff ? true : nil
            state.announcement.overload = parts.load.level
            return (state.announcement, state.beat)
        }
        let snapshot = await parts.directory.beat(announcement, beat: beat)
        await register(announcement, beat: beat, isAlone: snapshot == nil)
        let (view, registered) = state.withLockedValue { state in
            if snapshot != nil { state.aloneFrom = nil }
            state.membership.introduce(state.registered)
            state.membership.update(own: state.announcement)
            state.membership.observe(snapshot, links: parts.router.transport.linked, at: .now())
            state.view = state.membership.view(at: .now())
            state.view.cutOff = state.cutOff
            return (state.view, snapshot == nil ? state.registered : [])
        }
        parts.load.heard(view.alive)
        parts.router.transport.setPeers(Self.peers(view, registered: registered))
        if let rules = view.alive.map(\.rules).min() { parts.router.host.agree(onRules: rules) }
        await refreshMap(snapshot, beat: beat)
        await decide(view)
        await forgetDead(view)
        measure(view)
    }

    /// Everybody to have a link to: who is alive, and while the directory is away the youngest process of each other name in the store.
    private static func peers(_ view: ClusterView, registered: [NodeAnnouncement]) -> [PeerAddress] {
        var youngest = Dictionary(view.alive.map { ($0.name, $0) }) { $0.startedAtMs < $1.startedAtMs ? $1 : $0 }
        for node in registered where youngest[node.name]?.startedAtMs ?? .min < node.startedAtMs {
            youngest[node.name] = node
        }
        let others = Set(view.alive + youngest.values)
        return others.map { PeerAddress(incarnation: $0.incarnation, name: $0.name, address: $0.meshAddress) }
    }

    /// Tells the store who this is, every ten minutes, and asks it who there is when the directory does not say, every two seconds.
    private func register(_ announcement: NodeAnnouncement, beat: UInt64, isAlone: Bool) async {
        do throws(JournalFailure) {
            if !state.withLockedValue(\.isRegistered) || beat % 1_200 == 0 {
                try await parts.store.register(announcement)
                state.withLockedValue { $0.isRegistered = true }
            }
            guard isAlone, beat % 4 == 1 else { return }
            let registered = try await parts.store.registered()
            state.withLockedValue { $0.registered = registered }
        } catch {
            // Tried again soon.
            parts.log.debug("The register of nodes cannot be used.", metadata: .keys([.code: "\(error.code)"]))
        }
    }

    /// The map in Redis: written again every two seconds, and at once when Redis is another one; read as often.
    private func refreshMap(_ snapshot: DirectorySnapshot?, beat: UInt64) async {
        guard let snapshot else { return parts.metrics.beatFailures.increment() }
        let before = state.withLockedValue { state in
            defer { state.generation = snapshot.generation }
            return state.generation
        }
        let isNew = before != snapshot.generation
        if isNew, before != nil {
            parts.metrics.generations.increment()
            parts.log.warning("Redis was emptied or replaced; what this node keeps there is written again.")
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
            let reasons = try await parts.store.reasons()
            let others = fences.terms.filter { $0.owner != own }
            parts.router.table.hear(others, isCertain: true)
            yield(others)
            let decision = state.withLockedValue { state in
                state.store.answered(at: .now())
                state.learn(fences, pending: pending, begunAt: lesson)
                (state.settings, state.reasons) = (settings, reasons)
                state.inheritFormerSelf(at: .now())
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
                let noted = state.withLockedValue { $0.desk.noted(moves, view: view, reasons: reasons) }
                if try await parts.store.write(plan: noted, coordinator: term) {
                    state.withLockedValue { $0.pending = noted }
                    parts.log.info("A new plan moves shards.", metadata: .keys([.shardCount: "\(moves.count)"]))
                }
            }
        } catch {
            state.withLockedValue { $0.store.failed(at: .now()) }
            parts.log.debug("The cluster's state cannot be read.", metadata: .keys([.code: "\(error.code)"]))
        }
    }

    /// The coordinator removes from the directory who is dead and owns nothing any more.
    private func forgetDead(_ view: ClusterView) async {
        let gone = state.withLockedValue { state -> [Incarnation] in
            guard state.fences.coordinator?.owner == own, view.isSettled, !view.dead.isEmpty else { return [] }
            let owners = Set(state.fences.terms.map(\.owner))
            return view.dead.filter { !owners.contains($0) }
        }
        for incarnation in gone { await parts.directory.forget(incarnation) }
    }

    private func measure(_ view: ClusterView) {
        let metrics = parts.metrics
        metrics.nodesAlive.set(view.alive.count)
        metrics.shardsOwned.set(parts.router.host.answered.count)
        metrics.isSettled.set(view.isSettled)
        metrics.isCoordinator.set(state.withLockedValue { $0.fences.coordinator?.owner == own })
        metrics.remoteSessions.set(parts.remote.count)
    }
}
