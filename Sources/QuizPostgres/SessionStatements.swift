/// Statements about sessions of the server: one's own, and those that are to end.
package enum SessionStatements {
    package static let ownBackend = PostgresStatement(
        "own_backend",
        """
        SELECT pid, (extract(epoch FROM backend_start) * 1000000)::int8 FROM pg_stat_activity
        WHERE pid = pg_backend_pid()
        """)

    /// Gives a row for each session ended.
    package static let terminateBlockers = PostgresStatement(
        "terminate_blockers",
        """
        SELECT pg_terminate_backend(pid, 200)
        FROM (SELECT DISTINCT unnest(pg_blocking_pids($1::int4)) AS pid) AS b
        WHERE pid <> 0
        """
    )

    package static let terminate = PostgresStatement(
        "terminate_backend",
        """
        SELECT pg_terminate_backend(pid, $3::int8) FROM pg_stat_activity
        WHERE pid = $1::int4 AND (extract(epoch FROM backend_start) * 1000000)::int8 = $2::int8
        """)
}
