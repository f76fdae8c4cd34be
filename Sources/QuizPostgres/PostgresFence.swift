internal import Foundation
internal import Logging
internal import QuizCluster
internal import QuizModel
internal import QuizShards
internal import QuizTelemetry

/// Changes of ownership.
///
/// **Normal path.** One statement locks the wanted rows in shard order, compares each with the term it is expected to
/// have, counts it up for the new owner and records the move. It commits by itself: there is no move without a record
/// and no record without a move.
///
/// **A move whose outcome is unknown** is repeated. What the first attempt won is no longer as expected; it counts as
/// won because its row says the new owner at the very next epoch, and once a commit behind it has reached the standby:
/// a session that was ended while it waited for one leaves a row that a failover would take back.
///
/// **A holder that does not let go.** A client that was stopped after its statement and before its Sync holds share
/// locks for ever; no timeout of the server ends it. After `fenceLockTimeout` the statement is refused and sent again,
/// and while it waits again a second connection ends the sessions that block it, which `pg_blocking_pids` names only
/// while it waits. Ending a healthy one costs its node a reconnect: its batch is sent again or fenced.
///
/// **Afterwards** the new owner must read in a new statement: this one's snapshot is older than the old owner's last
/// commit.
final class PostgresFence: Sendable {
    private let main: PostgresConnection
    private let state: Watch
    private let timeout: Duration
    private let log: Logger

    /// The link that ends blocking sessions while the main one waits.
    private final class Watch: @unchecked Sendable {  // touched on the main connection's thread only
        var link: PostgresLink?
        let endpoint: PostgresConfiguration.Endpoint
        init(endpoint: PostgresConfiguration.Endpoint) { self.endpoint = endpoint }

        func usable() throws(PostgresError) -> PostgresLink {
            if let link, link.isUsable { return link }
            let link = try PostgresLink(endpoint)
            self.link = link
            return link
        }
    }

    init(configuration: PostgresConfiguration, log: Logger) {
        main = PostgresConnection(name: "pg-fence", endpoint: configuration.fenceEndpoint, patience: .fails, log: log)
        state = Watch(endpoint: configuration.maintenanceEndpoint)
        timeout = configuration.fenceTimeout
        self.log = log
    }

    /// Takes the shards whatever their terms are now; those the owner has already keep theirs, so that repeating is
    /// harmless.
    ///
    /// - Returns: the owner's terms of the shards it has now; one that somebody else took meanwhile is missing.
    func take(_ shards: [ShardID], owner: Incarnation) async throws(PostgresError) -> [Term] {
        try await main.run { link throws(PostgresError) in
            let deadline = ContinuousClock.now + self.timeout
            let wanted = Set(shards).sorted()
            let current = try self.current(wanted, over: link, deadline: deadline)
            let (owned, wishes) = FenceRules.taking(current, by: owner)
            let kept = try self.confirm(owned, over: link, deadline: deadline)
            let moved = try self.move(wishes, to: owner, note: "", over: link, deadline: deadline)
            return (kept + moved).sorted { $0.shard < $1.shard }
        }
    }

    /// Takes only the shards that still have the given terms, or that an earlier attempt took.
    func move(
        _ expected: [Term], to owner: Incarnation, reason: MoveReason, note: String
    ) async throws(PostgresError) -> [Term] {
        try await main.run { link throws(PostgresError) in
            let deadline = ContinuousClock.now + self.timeout
            let unowned = FenceRules.withoutRow(expected)
            if !unowned.isEmpty {
                let shards: [PostgresParameter] = [.int4s(unowned.map(\.index))]
                _ = try self.settle(FenceStatements.insertMissing, shards, over: link, deadline: deadline)
            }
            let wishes = expected.map { FenceRules.Wish(expected: $0, reason: reason) }
            return try self.move(wishes, to: owner, note: note, over: link, deadline: deadline)
        }
    }

    /// Makes `owner` the coordinator if the term is still the expected one, or if an earlier attempt did.
    func takeCoordinator(
        expected: CoordinatorTerm?, owner: Incarnation
    ) async throws(PostgresError) -> CoordinatorTerm? {
        try await main.run { link throws(PostgresError) in
            let deadline = ContinuousClock.now + self.timeout
            let result =
                if let expected {
                    try self.settle(
                        ClusterStatements.succeedCoordinator,
                        [.int8(expected.epoch.number), .uuid(expected.owner), .uuid(owner)], over: link,
                        deadline: deadline)
                } else {
                    try self.settle(
                        ClusterStatements.firstCoordinator, [.uuid(owner)], over: link, deadline: deadline)
                }
            if let row = result.first { return try row.coordinatorTerm(from: 0) }
            let left = ContinuousClock.now.duration(to: deadline)
            let current = try link.execute(ClusterStatements.coordinator, timeout: left).first?.coordinatorTerm(from: 0)
            return FenceRules.repeated(expected, current: current, owner: owner)
        }
    }

    func close() async {
        // A thread that is closed already has nothing left to close.
        try? await main.thread.run { () throws(PostgresError) in self.state.link = nil }
        await main.close()
    }

    // MARK: - On the connection's thread

    /// The terms as they are now; a shard without a row gets one that nobody owns.
    private func current(
        _ shards: [ShardID], over link: PostgresLink, deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> [Term] {
        let parameters: [PostgresParameter] = [.int4s(shards.map(\.index))]
        let left = ContinuousClock.now.duration(to: deadline)
        let known = try Self.terms(in: try link.execute(FenceStatements.read, parameters, timeout: left))
        guard known.count < shards.count else { return known }
        _ = try settle(FenceStatements.insertMissing, parameters, over: link, deadline: deadline)
        return try Self.terms(
            in: try link.execute(FenceStatements.read, parameters, timeout: ContinuousClock.now.duration(to: deadline)))
    }

    private func move(
        _ wishes: [FenceRules.Wish], to owner: Incarnation, note: String, over link: PostgresLink,
        deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> [Term] {
        guard !wishes.isEmpty else { return [] }
        let expected = wishes.map(\.expected)
        let parameters: [PostgresParameter] = [
            .int4s(expected.map(\.shard.index)), .int8s(expected.map(\.epoch.number)), .uuids(expected.map(\.owner)),
            .texts(wishes.map(\.reason.rawValue)), .uuid(owner), .text(ClusterStatements.bounded(note)),
        ]
        let won = try Self.terms(
            in: try settle(FenceStatements.compareAndSet, parameters, over: link, deadline: deadline))
        let lost = FenceRules.lost(expected, won: won)
        guard !lost.isEmpty else { return won.sorted { $0.shard < $1.shard } }
        let left = ContinuousClock.now.duration(to: deadline)
        let current = try link.execute(FenceStatements.read, [.int4s(lost.map(\.shard.index))], timeout: left)
        let repeated = FenceRules.repeated(lost, current: try Self.terms(in: current), owner: owner)
        return (won + (try confirm(repeated, over: link, deadline: deadline))).sorted { $0.shard < $1.shard }
    }

    /// Terms an earlier attempt has won, as far as they still hold and a failover cannot take them back: the new owner
    /// shows what it reads under them.
    private func confirm(
        _ terms: [Term], over link: PostgresLink, deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> [Term] {
        guard !terms.isEmpty else { return [] }
        let parameters: [PostgresParameter] = [
            .int4s(terms.map(\.shard.index)), .int8s(terms.map(\.epoch.number)), .uuids(terms.map(\.owner)),
        ]
        return try Self.terms(in: try settle(FenceStatements.confirm, parameters, over: link, deadline: deadline))
    }

    /// Runs a statement that waits for fence rows, and ends the sessions that hold them for too long.
    private func settle(
        _ statement: PostgresStatement, _ parameters: [PostgresParameter], over link: PostgresLink,
        deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> PostgresResult {
        var isBlocked = false
        while true {
            do throws(PostgresError) {
                try link.send(statement, parameters, deadline: deadline)
                let result =
                    isBlocked
                    ? try finishEndingBlockers(of: link, deadline: deadline) : try link.finish(deadline: deadline)
                // A change that a standby may not have is as unknown as one without an answer.
                if let doubt = LaneRules.doubt(warnings: link.warnings) { throw doubt }
                return result
            } catch {
                // A statement that waited too long, or was a deadlock's victim, wrote nothing.
                guard error.isTransient, ContinuousClock.now < deadline else { throw error }
                isBlocked = true
            }
        }
    }

    private func finishEndingBlockers(
        of link: PostgresLink, deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> PostgresResult {
        while ContinuousClock.now < deadline {
            if let result = try link.poll(deadline: min(deadline, .now + FenceRules.watchInterval)) { return result }
            do throws(PostgresError) {
                let ended = try state.usable().endBlockers(of: link.backend)
                if ended > 0 {
                    log.warning(
                        "Sessions that held a shard's fence row were ended.", metadata: .keys([.count: .of(ended)]))
                }
            } catch {
                // The statement in flight must be waited for all the same; its lock timeout ends it.
                state.link = nil
                log.warning(
                    "Sessions that hold a shard's fence row could not be ended.",
                    metadata: .keys([.code: .string(error.name), .error: .string(error.context)]))
            }
        }
        return try link.finish(deadline: deadline)
    }

    private static func terms(in result: PostgresResult) throws(PostgresError) -> [Term] {
        var terms: [Term] = []
        for row in result.rows { terms.append(try row.term()) }
        return terms
    }
}

extension PostgresLink {
    /// Ends the sessions another one waits for.
    ///
    /// - Returns: how many there were.
    fileprivate func endBlockers(of backend: Backend) throws(PostgresError) -> Int {
        try execute(SessionStatements.terminateBlockers, [.int4(backend.pid)], timeout: .seconds(2)).count
    }
}
