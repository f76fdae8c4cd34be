internal import QuizCluster
internal import QuizModel
internal import QuizPostgres
internal import QuizShards

/// Changes of ownership; `PostgresFence`'s part. What it makes of the rows is the adapter's `FenceRules`.
final class ClientFence {
    typealias Done<Value> = (Result<Value, PostgresError>) -> Void

    private let host: ClientHost
    private let main: ClientConnection
    private let timeoutMs: Int
    private let connectTimeoutMs: Int
    /// Ends blocking sessions while the main connection waits.
    private var watch: ClientLink?
    private var isWatching = false

    init(_ host: ClientHost, _ configuration: PostgresConfiguration) {
        self.host = host
        timeoutMs = configuration.fenceTimeout.milliseconds
        connectTimeoutMs = configuration.connectTimeout.milliseconds
        main = ClientConnection(
            host, SessionSettings(lockTimeoutMs: configuration.fenceLockTimeout.milliseconds), .fails,
            timeoutMs: connectTimeoutMs)
    }

    // MARK: Doors

    func take(_ shards: [ShardID], owner: Incarnation, _ done: @escaping Done<[Term]>) {
        run(done) { [self] link, deadlineMs, done in
            current(Set(shards).sorted(), link, deadlineMs) { [self] result in
                guard case .success(let terms) = result else { return done(result) }
                let (owned, wishes) = FenceRules.taking(terms, by: owner)
                confirm(owned, link, deadlineMs) { [self] result in
                    guard case .success(let kept) = result else { return done(result) }
                    move(wishes, owner, "", link, deadlineMs) { result in
                        done(result.map { (kept + $0).sorted { $0.shard < $1.shard } })
                    }
                }
            }
        }
    }

    func move(
        _ expected: [Term], to owner: Incarnation, reason: MoveReason, note: String, _ done: @escaping Done<[Term]>
    ) {
        run(done) { [self] link, deadlineMs, done in
            let wishes = expected.map { FenceRules.Wish(expected: $0, reason: reason) }
            let missing = FenceRules.withoutRow(expected)
            guard !missing.isEmpty else { return move(wishes, owner, note, link, deadlineMs, done) }
            settle(.insertMissing(missing), link, deadlineMs) { [self] result in
                if case .failure(let error) = result { return done(.failure(error)) }
                move(wishes, owner, note, link, deadlineMs, done)
            }
        }
    }

    func takeCoordinator(
        _ expected: CoordinatorTerm?, owner: Incarnation, _ done: @escaping Done<CoordinatorTerm?>
    ) {
        run(done) { [self] link, deadlineMs, done in
            let statement =
                expected.map { SimulatedStatement.succeedCoordinator($0, owner) } ?? .firstCoordinator(owner)
            settle(statement, link, deadlineMs) { [self] result in
                switch result {
                case .failure(let error): done(.failure(error))
                case .success(let rows):
                    if let term = rows.coordinator { return done(.success(term)) }
                    link.execute(.coordinator, timeoutMs: left(deadlineMs)) { result in
                        done(
                            result.map {
                                FenceRules.repeated(expected, current: $0.coordinator, owner: owner)
                            })
                    }
                }
            }
        }
    }

    // MARK: Within

    private func run<Value>(
        _ done: @escaping Done<Value>, _ body: @escaping (ClientLink, Int64, @escaping Done<Value>) -> Void
    ) {
        main.queue.add { [self] finished in
            let end = { (result: Result<Value, PostgresError>) in
                done(result)
                finished()
            }
            main.link { [self] result in
                switch result {
                case .failure(let error): end(.failure(error))
                case .success(let link): body(link, host.nowMs + Int64(timeoutMs), end)
                }
            }
        }
    }

    private func left(_ deadlineMs: Int64) -> Int { Int(max(0, deadlineMs - host.nowMs)) }

    /// The terms as they are now; a shard without a row gets one that nobody owns.
    private func current(
        _ shards: [ShardID], _ link: ClientLink, _ deadlineMs: Int64, _ done: @escaping Done<[Term]>
    ) {
        link.execute(.readFences(shards), timeoutMs: left(deadlineMs)) { [self] result in
            let known = result.map(\.terms)
            guard case .success(let terms) = known, terms.count < shards.count else { return done(known) }
            settle(.insertMissing(shards), link, deadlineMs) { [self] result in
                if case .failure(let error) = result { return done(.failure(error)) }
                link.execute(.readFences(shards), timeoutMs: left(deadlineMs)) { done($0.map(\.terms)) }
            }
        }
    }

    private func move(
        _ wishes: [FenceRules.Wish], _ owner: Incarnation, _ note: String, _ link: ClientLink, _ deadlineMs: Int64,
        _ done: @escaping Done<[Term]>
    ) {
        guard !wishes.isEmpty else { return done(.success([])) }
        settle(.compareAndSet(wishes, owner: owner, note: note), link, deadlineMs) { [self] result in
            guard case .success(let rows) = result else { return done(result.map(\.terms)) }
            let won = rows.terms
            let lost = FenceRules.lost(wishes.map(\.expected), won: won)
            for _ in won { host.count(.taken) }
            guard !lost.isEmpty else { return done(.success(won.sorted { $0.shard < $1.shard })) }
            link.execute(.readFences(lost.map(\.shard)), timeoutMs: left(deadlineMs)) { [self] result in
                guard case .success(let rows) = result else { return done(result.map(\.terms)) }
                let repeated = FenceRules.repeated(lost, current: rows.terms, owner: owner)
                for _ in 0..<(lost.count - repeated.count) { host.count(.takeRefused) }
                confirm(repeated, link, deadlineMs) { result in
                    done(result.map { (won + $0).sorted { $0.shard < $1.shard } })
                }
            }
        }
    }

    /// Terms an earlier attempt has won, as far as they still hold and a failover cannot take them back.
    private func confirm(
        _ terms: [Term], _ link: ClientLink, _ deadlineMs: Int64, _ done: @escaping Done<[Term]>
    ) {
        guard !terms.isEmpty, host.server.sabotage != .takeUnconfirmed else { return done(.success(terms)) }
        settle(.confirm(terms), link, deadlineMs) { [self] result in
            let kept = result.map(\.terms)
            if case .success(let terms) = kept { for _ in terms { host.count(.takenAgain) } }
            done(kept)
        }
    }

    /// Runs a statement that waits for fence rows, and ends the sessions that hold them for too long.
    private func settle(
        _ statement: SimulatedStatement, _ link: ClientLink, _ deadlineMs: Int64, isBlocked: Bool = false,
        _ done: @escaping Done<SimulatedRows>
    ) {
        link.execute(statement, timeoutMs: left(deadlineMs)) { [self] result in
            if case .success = result, let doubt = LaneRules.doubt(warnings: link.warnings),
                host.server.sabotage != .takeUnconfirmed
            {
                return done(.failure(doubt))
            }
            guard case .failure(let error) = result, error.isTransient, host.nowMs < deadlineMs else {
                return done(result)
            }
            host.count(.transientRetried)
            settle(statement, link, deadlineMs, isBlocked: true, done)
        }
        if isBlocked, host.server.sabotage != .blockersKept { endBlockers(of: link) }
    }

    private func endBlockers(of link: ClientLink) {
        guard !isWatching else { return }
        isWatching = true
        lookAgain(link)
    }

    private func lookAgain(_ link: ClientLink) {
        host.run(afterMs: FenceRules.watchInterval.milliseconds) { [self] in
            guard link.isBusy else {
                isWatching = false
                return
            }
            usableWatch { [self] watch in
                guard let watch, link.isBusy else { return lookAgain(link) }
                watch.execute(.terminateBlockers(of: link.backend), timeoutMs: 2_000) { [self] result in
                    if case .failure = result {
                        self.watch?.close()
                        self.watch = nil
                    }
                    lookAgain(link)
                }
            }
        }
    }

    private func usableWatch(_ done: @escaping (ClientLink?) -> Void) {
        if let watch, watch.isUsable { return done(watch) }
        watch?.close()
        watch = nil
        ClientLink.connect(host, SessionSettings(), timeoutMs: connectTimeoutMs) { [self] result in
            watch = try? result.get()  // Without one the statement's lock timeout ends the wait.
            done(watch)
        }
    }
}

extension SimulatedRows {
    var fenceRows: [FenceRow] { if case .fences(let rows) = self { rows } else { [] } }
    var terms: [Term] { fenceRows.compactMap(\.term) }

    var coordinator: CoordinatorTerm? {
        fenceRows.first { $0.shard == -1 }.map { CoordinatorTerm(epoch: Epoch($0.epoch), owner: $0.owner) }
    }
}
