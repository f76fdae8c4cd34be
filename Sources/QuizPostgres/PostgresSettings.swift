/// What PostgreSQL must keep so that an acknowledged commit is never lost: fsync, full page writes, synchronous
/// commits, and with a failover a standby that commits wait for.
package struct PostgresSettings: Sendable, Hashable {
    /// Something an operator has to change.
    package struct Problem: Sendable, Hashable {
        /// The setting's name in PostgreSQL.
        package var setting: String
        /// What is wrong and how to mend it.
        package var sentence: String
        /// True: acknowledged facts can be lost, a node must not say it is ready. False: worth a look.
        package var isFatal: Bool
    }

    var versionNumber: Int
    var fsync: Bool
    var fullPageWrites: Bool
    var synchronousCommit: String
    var synchronousStandbyNames: String
    var isReadOnly: Bool
    /// Streaming standbys that are attached now.
    var standbys: Int
    /// Milliseconds after which the server ends sessions or statements of this role by itself; 0: never.
    var idleSessionTimeoutMs = 0
    var statementTimeoutMs = 0

    static let versionNumberMin = 150_000
    /// A batch may take five seconds before its outcome counts as unknown; the server must not give up sooner.
    static let statementTimeoutMinMs = 10_000

    /// The problems of the server behind `link`; empty when there is none.
    static func verify(
        over link: PostgresLink, standbyRequired: Bool, timeout: Duration
    ) throws(PostgresError) -> [Problem] {
        try Self(over: link, timeout: timeout).problems(standbyRequired: standbyRequired)
    }

    private static let read = PostgresStatement(
        "settings",
        """
        SELECT current_setting('server_version_num')::int4, current_setting('fsync')::bool,
            current_setting('full_page_writes')::bool, current_setting('synchronous_commit'),
            current_setting('synchronous_standby_names'),
            pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool,
            (SELECT count(*)::int4 FROM pg_stat_replication),
            (SELECT reset_val::int4 FROM pg_settings WHERE name = 'idle_session_timeout'),
            (SELECT reset_val::int4 FROM pg_settings WHERE name = 'statement_timeout')
        """)

    private init(over link: PostgresLink, timeout: Duration) throws(PostgresError) {
        guard let row = try link.execute(Self.read, timeout: timeout).first else {
            throw PostgresError(.unexpectedAnswer, "The server did not tell its settings.")
        }
        versionNumber = try row.int4(0)
        fsync = try row.bool(1)
        fullPageWrites = try row.bool(2)
        synchronousCommit = try row.text(3)
        synchronousStandbyNames = try row.text(4)
        isReadOnly = try row.bool(5)
        standbys = try row.int4(6)
        idleSessionTimeoutMs = try row.int4(7)
        statementTimeoutMs = try row.int4(8)
    }

    init(
        versionNumber: Int, fsync: Bool, fullPageWrites: Bool, synchronousCommit: String,
        synchronousStandbyNames: String,
        isReadOnly: Bool, standbys: Int
    ) {
        self.versionNumber = versionNumber
        self.fsync = fsync
        self.fullPageWrites = fullPageWrites
        self.synchronousCommit = synchronousCommit
        self.synchronousStandbyNames = synchronousStandbyNames
        self.isReadOnly = isReadOnly
        self.standbys = standbys
    }

    func problems(standbyRequired: Bool) -> [Problem] {
        var problems: [Problem] = []
        func find(_ isWrong: Bool, _ setting: String, _ sentence: String, isFatal: Bool = true) {
            if isWrong { problems.append(Problem(setting: setting, sentence: sentence, isFatal: isFatal)) }
        }
        find(
            versionNumber < Self.versionNumberMin, "server_version",
            "The server is PostgreSQL \(versionNumber / 10_000): upgrade it to 15 or newer.")
        find(
            !fsync, "fsync",
            "A power cut can lose or corrupt what was committed: set fsync = on and restart the server.")
        find(
            !fullPageWrites, "full_page_writes",
            "A power cut can corrupt the database: set full_page_writes = on and reload the configuration.")
        find(
            ["off", "local"].contains(synchronousCommit)
                && (synchronousCommit == "off" || waitsForStandby || standbyRequired),
            "synchronous_commit",
            "Commits are acknowledged before they are safe: set synchronous_commit = on and reload the configuration.")
        find(
            isReadOnly, "default_transaction_read_only",
            "The server takes no writes: connect to the primary, or set default_transaction_read_only = off.")
        find(
            standbyRequired && !waitsForStandby, "synchronous_standby_names",
            "A failover would lose acknowledged commits: set synchronous_standby_names = 'ANY 1 (…)' and reload."
        )
        find(
            !standbyRequired && standbys > 0 && !waitsForStandby, "synchronous_standby_names",
            "Commits do not wait for the attached standby: set synchronous_standby_names before you ever promote it.",
            isFatal: false)
        find(
            idleSessionTimeoutMs > 0, "idle_session_timeout",
            "The server ends connections nobody has used for a while, and rooms wait for new ones: set idle_session_timeout = 0 for this role.",
            isFatal: false)
        find(
            (1..<Self.statementTimeoutMinMs).contains(statementTimeoutMs), "statement_timeout",
            "Batches that wait for a slow disk or standby are cut off, so that their outcome is unknown: set statement_timeout = 0 for this role.",
            isFatal: false)
        return problems
    }

    private var waitsForStandby: Bool { !synchronousStandbyNames.isEmpty }
}
