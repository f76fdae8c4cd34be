internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import QuizModel
internal import QuizRoomHost
internal import QuizShards
internal import QuizTelemetry

/// Carries out hand-offs: A's side through `HandOffMachine`, whose file has the protocol; B's side here.
final class HandOffs: Sendable {
    /// How long A waits for B, and B's rooms for their journal.
    private static let answerLimit = TimeAmount.seconds(2)
    private static let restLimit = TimeAmount.seconds(1)

    private let own: Incarnation
    private let host: RoomHost
    private let table: ShardTable
    private let store: any ClusterStore
    private let transport: any PeerTransport
    private let loop: any EventLoop
    private let metrics: ClusterMetrics
    private let log: Logger
    /// What A waits for, by the hand-off's number.
    private let waiting = NIOLockedValueBox<[UInt64: EventLoopPromise<HandOffMachine.Event>]>([:])

    init(_ parts: ClusterNode.Parts) {
        own = parts.router.own
        host = parts.router.host
        table = parts.router.table
        store = parts.store
        transport = parts.router.transport
        loop = parts.loop
        metrics = parts.metrics
        log = parts.log
    }

    // MARK: - A gives

    /// - Returns: the shards that have moved.
    func give(_ terms: [Term], to peer: Incarnation, reason: MoveReason) async -> Set<ShardID> {
        var machine = HandOffMachine(terms: terms, to: peer)
        let number = UInt64.random(in: .min ... .max)
        let began = NIODeadline.now()
        var stoppedAt: NIODeadline?
        var moved: Set<ShardID> = []
        var actions = machine.begin()
        while let action = actions.first {
            actions.removeFirst()
            switch action {
            case .sendPrepare:
                let rules = host.rulesNeeded(by: Set(terms.map(\.shard)))
                let message = HandOffPrepare(number: number, terms: terms, rules: rules, rooms: 0)
                actions += machine.handle(await ask(.prepare(message), number, peer))
            case .stopRooms:
                stoppedAt = .now()
                let heads = await host.suspend(Set(terms.map(\.shard)), limit: Self.restLimit)
                actions += machine.handle(.stopped(heads))
            case .sendFinal(let heads):
                let rooms = heads.sorted { $0.key < $1.key }.map { HandOffFinal.Room(room: $0.key, head: $0.value) }
                let message = HandOffFinal(number: number, terms: terms, reason: reason, rooms: rooms)
                actions += machine.handle(await ask(.final(message), number, peer))
            case .reclaim:
                actions += machine.handle(.reclaimed(await reclaim(terms)))
            case .resume(let kept):
                table.hear(kept)
                host.resume(kept)
            case .release(let shards):
                moved = shards
                host.release(terms.filter { shards.contains($0.shard) })
            }
            // A peer that repeats an answer of a step that is over must not leave rooms standing.
            if actions.isEmpty, machine.state != .ended { actions += machine.handle(.silence) }
        }
        if let stoppedAt, !moved.isEmpty {
            metrics.handOffSeconds.observe(Double((NIODeadline.now() - stoppedAt).nanoseconds) / 1e9)
        }
        metrics.moves[moved.isEmpty ? .failed : .given].increment(by: max(1, moved.count))
        log.info(
            moved.isEmpty ? "Shards could not be handed over; they stay." : "Shards are handed over.",
            metadata: .keys([
                .shardCount: "\(terms.count)", .peer: "\(peer)", .reason: "\(reason.rawValue)",
                .durationMs: "\((NIODeadline.now() - began).nanoseconds / 1_000_000)",
            ]))
        return moved
    }

    private func ask(_ message: PeerMessage, _ number: UInt64, _ peer: Incarnation) async -> HandOffMachine.Event {
        let promise = loop.makePromise(of: HandOffMachine.Event.self)
        waiting.withLockedValue { $0[number] = promise }
        let timer = loop.scheduleTask(in: Self.answerLimit) { self.settle(number, .silence) }
        if !transport.send(message, to: peer) { settle(number, .silence) }
        let event = (try? await promise.futureResult.get()) ?? .silence  // never fails
        timer.cancel()
        return event
    }

    private func settle(_ number: UInt64, _ event: HandOffMachine.Event) {
        waiting.withLockedValue { $0.removeValue(forKey: number) }?.succeed(event)
    }

    private func reclaim(_ terms: [Term]) async -> [Term]? {
        do {
            return try await store.move(terms, to: own, reason: .reclaimed, note: "the hand-off had no answer")
        } catch {
            try? await Task.sleep(for: .milliseconds(200))  // ends early only when cancelled
            return Task.isCancelled ? [] : nil
        }
    }

    func prepared(_ message: HandOffPrepared) { settle(message.number, .prepared(isAccepted: message.isAccepted)) }

    func finished(_ message: HandOffFinished) {
        // The news is good also when nobody waits for it any more.
        table.hear(message.now)
        settle(message.number, .finished(message.now))
    }

    // MARK: - B takes

    func prepare(_ message: HandOffPrepare, from peer: Incarnation, isDraining: Bool) {
        let isAccepted = !isDraining && message.rules <= host.rules.upperBound
        transport.send(.prepared(HandOffPrepared(number: message.number, isAccepted: isAccepted)), to: peer)
    }

    func final(_ message: HandOffFinal, from peer: Incarnation) async {
        var machine = HandOffTakingMachine()
        let began = NIODeadline.now()
        var actions = machine.begin()
        while let action = actions.first {
            actions.removeFirst()
            switch action {
            case .move: actions += machine.handle(.moved(await move(message)))
            case .adopt(let won): actions += machine.handle(.adopted(isDone: await adopt(won, message, began: began)))
            case .tell(let won):
                table.hear(won)
                metrics.moves[.taken].increment(by: won.count)
                metrics.received[message.reason].increment(by: won.count)
                transport.send(.finished(HandOffFinished(number: message.number, now: won)), to: peer)
                for other in transport.linked { transport.send(.owns(ShardClaims(terms: won)), to: other) }
            }
        }
    }

    private func move(_ message: HandOffFinal) async -> [Term]? {
        do throws(JournalFailure) {
            return try await store.move(message.terms, to: own, reason: message.reason, note: "")
        } catch {
            log.warning(
                "Shards that were offered could not be taken.",
                metadata: .keys([.code: "\(error.code)", .error: "\(error.context)"]))
            return nil
        }
    }

    private func adopt(_ won: [Term], _ message: HandOffFinal, began: NIODeadline) async -> Bool {
        // Of shards that were lost to somebody else nothing is loaded; their rooms are not missing.
        let expected = won.count == message.terms.count ? message.rooms : []
        do throws(JournalFailure) {
            try await host.adopt(
                won, began: began,
                expecting: Dictionary(expected.map { ($0.room, $0.head) }, uniquingKeysWith: { first, _ in first }))
            return true
        } catch {
            log.warning(
                "Rooms of shards that were handed over could not be brought up at once; it is tried again.",
                metadata: .keys([.code: "\(error.code)", .error: "\(error.context)"]))
            return false
        }
    }
}
