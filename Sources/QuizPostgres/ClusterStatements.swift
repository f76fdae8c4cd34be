package import QuizCluster
internal import QuizModel
internal import QuizRoomHost
package import QuizShards

/// Reads and writes of what the cluster has decided, and how their rows become values.
///
/// The coordinator's term is the row −1 of the fence. Moves themselves are in `PostgresFence`.
package enum ClusterStatements {
    package static let fences = PostgresStatement(
        "cluster_fences", "SELECT shard, epoch, owner FROM shard_fence WHERE epoch > 0 AND shard >= -1 ORDER BY shard")

    // MARK: The coordinator

    package static let coordinator = PostgresStatement(
        "coordinator_read", "SELECT epoch, owner FROM shard_fence WHERE shard = -1")

    package static let firstCoordinator = PostgresStatement(
        "coordinator_first",
        """
        INSERT INTO shard_fence (shard, epoch, owner) VALUES (-1, 1, $1::uuid)
        ON CONFLICT DO NOTHING
        RETURNING epoch, owner
        """)

    package static let succeedCoordinator = PostgresStatement(
        "coordinator_succeed",
        """
        UPDATE shard_fence SET epoch = epoch + 1, owner = $3::uuid
        WHERE shard = -1 AND epoch = $1::int8 AND owner = $2::uuid
        RETURNING epoch, owner
        """)

    // MARK: The plan

    /// Gives whether the term was there. Whoever wants to be the next coordinator waits for this statement's commit, as
    /// with the journal's fence; its own first plan therefore sees all of this one's rows and replaces them.
    ///
    /// Parameters: the term's epoch and owner, then shards, targets, reasons and notes, each shard once.
    package static let writePlan = PostgresStatement(
        "plan_write",
        """
        WITH held AS MATERIALIZED (
            SELECT shard FROM shard_fence WHERE shard = -1 AND epoch = $1::int8 AND owner = $2::uuid FOR SHARE
        ), removed AS (
            DELETE FROM shard_plan p USING held WHERE p.shard <> ALL ($3::int4[])
        ), written AS (
            INSERT INTO shard_plan AS p (shard, target, reason, note)
            SELECT w.shard, w.target, w.reason, w.note
            FROM held
            CROSS JOIN unnest($3::int4[], $4::uuid[], $5::text[], $6::text[]) AS w (shard, target, reason, note)
            ORDER BY w.shard
            ON CONFLICT (shard) DO UPDATE
                SET target = excluded.target, reason = excluded.reason, note = excluded.note
            WHERE (p.target, p.reason, p.note) IS DISTINCT FROM (excluded.target, excluded.reason, excluded.note)
        )
        SELECT EXISTS (SELECT 1 FROM held)
        """)

    package static let pendingPlan = PostgresStatement(
        "plan_pending",
        """
        SELECT p.shard, nullif(f.owner, '00000000-0000-0000-0000-000000000000'), p.target, p.reason,
            p.note
        FROM shard_plan p LEFT JOIN shard_fence f ON f.shard = p.shard
        WHERE f.owner IS DISTINCT FROM p.target
        ORDER BY p.shard
        """)

    // MARK: Heads and history

    package static let heads = PostgresStatement(
        "cluster_heads",
        """
        SELECT r.room, j.number, j.chain
        FROM room r
        CROSS JOIN LATERAL (
            SELECT number, chain FROM room_journal WHERE room = r.room ORDER BY number DESC LIMIT 1
        ) AS j
        WHERE r.shard = ANY ($1::int4[]) AND r.closed_at IS NULL
        """)

    private static let moves = """
        SELECT shard, epoch, from_owner, to_owner, reason, note, floor(extract(epoch FROM moved_at) * 1000)::int8
        FROM shard_move
        """

    package static let history = PostgresStatement(
        "move_history", "\(moves) ORDER BY moved_at DESC, epoch DESC, shard LIMIT $1::int4")

    package static let shardHistory = PostgresStatement(
        "move_history_of_shard", "\(moves) WHERE shard = $2::int4 ORDER BY epoch DESC LIMIT $1::int4")

    // MARK: Settings

    /// Nodes, then pins, then the one row of the cluster; what does not apply is NULL.
    package static let settings = PostgresStatement(
        "cluster_settings",
        """
        SELECT name, weight, draining, NULL::int4, NULL::int8 FROM node_setting WHERE weight IS NOT NULL OR draining
        UNION ALL SELECT node, NULL, NULL, shard, NULL FROM shard_pin
        UNION ALL SELECT NULL, NULL, NULL, NULL, rebalances FROM cluster_setting
        """)

    /// Why operators set what is in force; for people, and for the notes of moves.
    package static let reasons = PostgresStatement(
        "cluster_reasons",
        """
        SELECT name, NULL::int4, reason FROM node_setting WHERE weight IS NOT NULL OR draining
        UNION ALL SELECT NULL, shard, reason FROM shard_pin
        UNION ALL SELECT NULL, NULL, reason FROM cluster_setting WHERE rebalances > 0
        """)

    package static let setWeight = PostgresStatement(
        "node_weight",
        """
        INSERT INTO node_setting (name, weight, reason) VALUES ($1::text, $2::int4, $3::text)
        ON CONFLICT (name) DO UPDATE SET weight = excluded.weight, reason = excluded.reason, changed_at = now()
        """)

    package static let setDraining = PostgresStatement(
        "node_draining",
        """
        INSERT INTO node_setting (name, draining, reason) VALUES ($1::text, $2::bool, $3::text)
        ON CONFLICT (name) DO UPDATE SET draining = excluded.draining, reason = excluded.reason, changed_at = now()
        """)

    package static let pin = PostgresStatement(
        "shard_pin",
        """
        INSERT INTO shard_pin (shard, node, reason) VALUES ($1::int4, $2::text, $3::text)
        ON CONFLICT (shard) DO UPDATE SET node = excluded.node, reason = excluded.reason, changed_at = now()
        """)

    package static let unpin = PostgresStatement("shard_unpin", "DELETE FROM shard_pin WHERE shard = $1::int4")

    package static let rebalance = PostgresStatement(
        "cluster_rebalance",
        "UPDATE cluster_setting SET rebalances = rebalances + 1, reason = $1::text, changed_at = now()")

    package static func change(_ change: ClusterSettingChange, reason: String) -> (
        PostgresStatement, [PostgresParameter]
    ) {
        let reason = PostgresParameter.text(bounded(reason))
        return switch change {
        case .weight(let node, let weight):
            (setWeight, [.text(node), weight.map(PostgresParameter.int4) ?? .null, reason])
        case .drain(let node): (setDraining, [.text(node), .bool(true), reason])
        case .undrain(let node): (setDraining, [.text(node), .bool(false), reason])
        case .pin(let shard, let node): (pin, [.int4(shard.index), .text(node), reason])
        case .unpin(let shard): (unpin, [.int4(shard.index)])
        case .rebalance: (rebalance, [reason])
        }
    }

    /// The columns' bound, in Unicode scalars: a sentence that is too long is cut rather than keep a shard from moving.
    private static let sentenceMax = 1_000

    package static func bounded(_ sentence: String) -> String {
        String(String.UnicodeScalarView(sentence.unicodeScalars.prefix(sentenceMax)))
    }
}

extension PostgresRow {
    /// Columns epoch, owner from `column` on.
    func coordinatorTerm(from column: Int) throws(PostgresError) -> CoordinatorTerm {
        CoordinatorTerm(epoch: Epoch(try int8(column)), owner: Incarnation(value: try uuid(column + 1)))
    }

    func shard(_ column: Int) throws(PostgresError) -> ShardID {
        guard let shard = ShardID(index: try int4(column)) else {
            throw PostgresError(.unexpectedAnswer, "A row of the cluster names a shard that does not exist.")
        }
        return shard
    }

    func optionalIncarnation(_ column: Int) throws(PostgresError) -> Incarnation? {
        isNull(column) ? nil : Incarnation(value: try uuid(column))
    }

    /// A reason of a later version counts as `asked`: the move must be made all the same.
    func moveReason(_ column: Int) throws(PostgresError) -> MoveReason {
        MoveReason(rawValue: try text(column)) ?? .asked
    }

    /// Columns shard, owner, target, reason, note.
    package func plannedMove() throws(PostgresError) -> ShardMove {
        ShardMove(
            shard: try shard(0), from: try optionalIncarnation(1), to: Incarnation(value: try uuid(2)),
            reason: try moveReason(3), note: try text(4))
    }

    package func moveRecord() throws(PostgresError) -> ShardMoveRecord {
        ShardMoveRecord(
            shard: try shard(0), epoch: Epoch(try int8(1)), from: try optionalIncarnation(2),
            to: Incarnation(value: try uuid(3)), reason: try moveReason(4), note: try text(5), atMs: try int8(6))
    }

    /// One row of `ClusterStatements.settings`.
    package func add(to settings: inout ClusterSettings) throws(PostgresError) {
        if let rebalances = try optionalInt8(4) {
            settings.rebalances = rebalances
        } else if isNull(3) {
            settings.nodes[try text(0)] = .init(weight: try optionalInt4(1), isDraining: try bool(2))
        } else {
            settings.pins[try shard(3)] = try text(0)
        }
    }
}
