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
/// won because its row says the new owner at the very next epoch.
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

    /// How often the second connection looks for blocking sessions.
    private static let watchInterval = Duration.milliseconds(50)

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
            let owned = current.filter { $0.owner == owner }
            let wishes = current.filter { $0.owner != owner }.map {
                Wish(expected: $0, reason: $0.owner == .nobody ? .unowned : .ownerGone)
            }
            let moved = try self.move(wishes, to: owner, note: "", over: link, deadline: deadline)
            return (owned + moved).sorted { $0.shard < $1.shard }
        }
    }

    /// Takes only the shards that still have the given terms, or that an earlier attempt took.
    func move(
        _ expected: [Term], to owner: Incarnation, reason: MoveReason, note: String
    ) async throws(PostgresError) -> [Term] {
        try await main.run { link throws(PostgresError) in
            let deadline = ContinuousClock.now + self.timeout
            let unowned = Set(expected.filter { $0.epoch == Epoch(0) }.map(\.shard)).sorted()
            if !unowned.isEmpty {
                let shards: [PostgresParameter] = [.int4s(unowned.map(\.index))]
                _ = try self.settle(Self.insertMissing, shards, over: link, deadline: deadline)
            }
            let wishes = expected.map { Wish(expected: $0, reason: reason) }
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
            let wanted = CoordinatorTerm(epoch: (expected?.epoch ?? Epoch(0)).next, owner: owner)
            let current = try link.execute(ClusterStatements.coordinator, timeout: left).first?.coordinatorTerm(from: 0)
            return current == wanted ? wanted : nil
        }
    }

    func close() async {
        // A thread that is closed already has nothing left to close.
        try? await main.thread.run { () throws(PostgresError) in self.state.link = nil }
        await main.close()
    }

    // MARK: - On the connection's thread

    /// A shard that is to be taken, and why.
    private struct Wish {
        var expected: Term
        var reason: MoveReason
    }

    static let insertMissing = PostgresStatement(
        "fence_insert_missing",
        """
        INSERT INTO shard_fence (shard, epoch, owner)
        SELECT shard, 0, '00000000-0000-0000-0000-000000000000' FROM unnest($1::int4[]) AS w (shard) ORDER BY shard
        ON CONFLICT DO NOTHING
        """)

    static let read = PostgresStatement(
        "fence_read", "SELECT shard, epoch, owner FROM shard_fence WHERE shard = ANY ($1::int4[]) ORDER BY shard")

    /// A record that is there already, as after a restore of one of the tables, must not keep a shard from moving. A move
    /// that the plan asks for and that says nothing itself is recorded with the plan's note.
    static let compareAndSet = PostgresStatement(
        "fence_compare_and_set",
        """
        WITH locked AS MATERIALIZED (
            SELECT f.shard, f.owner, w.reason
            FROM shard_fence f
            JOIN unnest($1::int4[], $2::int8[], $3::uuid[], $4::text[]) AS w (shard, epoch, owner, reason)
                ON f.shard = w.shard AND f.epoch = w.epoch AND f.owner = w.owner
            ORDER BY f.shard
            FOR NO KEY UPDATE OF f
        ), moved AS (
            UPDATE shard_fence f SET epoch = f.epoch + 1, owner = $5::uuid
            FROM locked WHERE f.shard = locked.shard
            RETURNING f.shard, f.epoch, f.owner, locked.owner AS previous, locked.reason
        ), recorded AS (
            INSERT INTO shard_move (shard, epoch, from_owner, to_owner, reason, note)
            SELECT m.shard, m.epoch, nullif(m.previous, '00000000-0000-0000-0000-000000000000'), m.owner, m.reason,
                coalesce(nullif($6::text, ''), p.note, '')
            FROM moved m LEFT JOIN shard_plan p ON p.shard = m.shard AND p.target = m.owner
            ON CONFLICT (shard, epoch) DO UPDATE SET
                from_owner = excluded.from_owner, to_owner = excluded.to_owner, reason = excluded.reason,
                note = excluded.note, moved_at = excluded.moved_at
        )
        SELECT shard, epoch, owner FROM moved
        """)

    /// The terms as they are now; a shard without a row gets one that nobody owns.
    private func current(
        _ shards: [ShardID], over link: PostgresLink, deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> [Term] {
        let parameters: [PostgresParameter] = [.int4s(shards.map(\.index))]
        let left = ContinuousClock.now.duration(to: deadline)
        let known = try Self.terms(in: try link.execute(Self.read, parameters, timeout: left))
        guard known.count < shards.count else { return known }
        _ = try settle(Self.insertMissing, parameters, over: link, deadline: deadline)
        return try Self.terms(
            in: try link.execute(Self.read, parameters, timeout: ContinuousClock.now.duration(to: deadline)))
    }

    private func move(
        _ wishes: [Wish], to owner: Incarnation, note: String, over link: PostgresLink,
        deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> [Term] {
        guard !wishes.isEmpty else { return [] }
        let expected = wishes.map(\.expected)
        let parameters: [PostgresParameter] = [
            .int4s(expected.map(\.shard.index)), .int8s(expected.map(\.epoch.number)), .uuids(expected.map(\.owner)),
            .texts(wishes.map(\.reason.rawValue)), .uuid(owner), .text(ClusterStatements.bounded(note)),
        ]
        let won = try Self.terms(in: try settle(Self.compareAndSet, parameters, over: link, deadline: deadline))
        let held = Set(won.map(\.shard))
        let lost = expected.filter { !held.contains($0.shard) }
        guard !lost.isEmpty else { return won.sorted { $0.shard < $1.shard } }
        let left = ContinuousClock.now.duration(to: deadline)
        let current = try link.execute(Self.read, [.int4s(lost.map(\.shard.index))], timeout: left)
        let wanted = Set(lost.map { Term(shard: $0.shard, epoch: $0.epoch.next, owner: owner) })
        let repeated = try Self.terms(in: current).filter(wanted.contains)
        return (won + repeated).sorted { $0.shard < $1.shard }
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
                return isBlocked
                    ? try finishEndingBlockers(of: link, deadline: deadline) : try link.finish(deadline: deadline)
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
            if let result = try link.poll(deadline: min(deadline, .now + Self.watchInterval)) { return result }
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
    private static let terminateBlockers = PostgresStatement(
        "terminate_blockers",
        """
        SELECT pg_terminate_backend(pid, 200)
        FROM (SELECT DISTINCT unnest(pg_blocking_pids($1::int4)) AS pid) AS b
        WHERE pid <> 0
        """
    )

    /// Ends the sessions another one waits for.
    ///
    /// - Returns: how many there were.
    fileprivate func endBlockers(of backend: Backend) throws(PostgresError) -> Int {
        try execute(Self.terminateBlockers, [.int4(backend.pid)], timeout: .seconds(2)).count
    }
}
