/// The statements that move fence rows; see `PostgresFence`.
package enum FenceStatements {
    package static let insertMissing = PostgresStatement(
        "fence_insert_missing",
        """
        INSERT INTO shard_fence (shard, epoch, owner)
        SELECT shard, 0, '00000000-0000-0000-0000-000000000000' FROM unnest($1::int4[]) AS w (shard) ORDER BY shard
        ON CONFLICT DO NOTHING
        """)

    package static let read = PostgresStatement(
        "fence_read", "SELECT shard, epoch, owner FROM shard_fence WHERE shard = ANY ($1::int4[]) ORDER BY shard")

    /// A record that is there already, as after a restore of one of the tables, must not keep a shard from moving. A move
    /// that the plan asks for and that says nothing itself is recorded with the plan's note.
    package static let compareAndSet = PostgresStatement(
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

    /// Gives those of the terms that still hold.
    ///
    /// A plain read also shows a change that a standby may not have yet: its owner's session was ended while it waited.
    /// The lock makes this a transaction with a commit of its own, which waits until the standby has all before it.
    package static let confirm = PostgresStatement(
        "fence_confirm",
        """
        SELECT f.shard, f.epoch, f.owner
        FROM shard_fence f
        JOIN unnest($1::int4[], $2::int8[], $3::uuid[]) AS w (shard, epoch, owner)
            ON f.shard = w.shard AND f.epoch = w.epoch AND f.owner = w.owner
        ORDER BY f.shard
        FOR SHARE OF f
        """)
}
