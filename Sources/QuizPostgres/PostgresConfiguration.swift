/// How the adapter reaches PostgreSQL. Its descriptions never show the connection strings: they may hold a password.
package struct PostgresConfiguration: Sendable, CustomStringConvertible, CustomReflectable {
    /// A bounded set of connections for one purpose.
    package struct Pool: Sendable, Hashable {
        /// Connections, each with a thread of its own; 1 or more.
        package var connections: Int
        /// Callers that may wait for a connection; the next one is refused with `busy`.
        package var waitersMax: Int
        /// How long a caller waits for a connection before it is refused with `busy`.
        package var acquireTimeout: Duration
        /// How long a statement may take before its connection is given up.
        package var queryTimeout: Duration

        package init(
            connections: Int, waitersMax: Int = 256, acquireTimeout: Duration = .seconds(2),
            queryTimeout: Duration = .seconds(5)
        ) {
            self.connections = connections
            self.waitersMax = waitersMax
            self.acquireTimeout = acquireTimeout
            self.queryTimeout = queryTimeout
        }
    }

    /// A libpq connection string (`host=… dbname=…` or `postgresql://…`) that reaches the server itself: the journal
    /// ends sessions by their process id, which means nothing behind a connection pooler.
    package var conninfo: String
    /// Connection string of the pools when they go through a transaction pooler; nil: they connect directly as well.
    /// Behind a pooler neither prepared statements nor session settings are used.
    package var pooledConninfo: String?
    /// Connections of the journal; 1 ... 64.
    package var lanes: Int
    /// How long a batch may take before its outcome counts as unknown.
    package var batchTimeout: Duration
    /// How long making a connection may take, for each address tried. Whole seconds, at least 2.
    package var connectTimeout: Duration
    /// How long a take-over waits for a fence row before it ends the sessions that hold it.
    package var fenceLockTimeout: Duration
    /// How long a take-over may last altogether.
    package var fenceTimeout: Duration
    /// Players' requests: rooms by HTTP, accounts, results, histories.
    package var web: Pool
    /// The question bank.
    package var content: Pool
    package var chat: Pool
    /// Plan and settings of the cluster, and the rooms a take-over brings back: of its own and never through a pooler, so that players' requests cannot
    /// keep a node from taking over.
    package var cluster: Pool
    /// Removing what has run out, on the coordinator; opened when there is something to do.
    package var retention: Pool
    /// The operator promises a failover: then commits must wait for a standby.
    package var standbyRequired: Bool

    package init(
        conninfo: String, pooledConninfo: String? = nil, lanes: Int = 4, batchTimeout: Duration = .seconds(5),
        connectTimeout: Duration = .seconds(3), fenceLockTimeout: Duration = .milliseconds(300),
        fenceTimeout: Duration = .seconds(10), web: Pool = Pool(connections: 4), content: Pool = Pool(connections: 2),
        chat: Pool = Pool(connections: 2), cluster: Pool = Pool(connections: 2),
        retention: Pool = Pool(connections: 1, queryTimeout: .seconds(20)), standbyRequired: Bool = false
    ) {
        self.conninfo = conninfo
        self.pooledConninfo = pooledConninfo
        self.lanes = min(max(lanes, 1), 64)
        self.batchTimeout = batchTimeout
        self.connectTimeout = connectTimeout
        self.fenceLockTimeout = fenceLockTimeout
        self.fenceTimeout = fenceTimeout
        self.web = web
        self.content = content
        self.chat = chat
        self.cluster = cluster
        self.retention = retention
        self.standbyRequired = standbyRequired
    }

    package var description: String { "PostgresConfiguration(lanes: \(lanes), conninfo: hidden)" }
    package var customMirror: Mirror { Mirror(self, children: ["lanes": lanes]) }

    /// Connections one node opens at most to the server itself: lanes, one that moves fences and one that ends who blocks it, one for the settings, and
    /// the pools that go there.
    package var directConnections: Int {
        let players = web.connections + content.connections + chat.connections
        return lanes + 3 + cluster.connections + retention.connections + (pooledConninfo == nil ? players : 0)
    }

    /// Where a connection goes and what it is set up with.
    struct Endpoint: Sendable {
        var conninfo: String
        /// False behind a pooler.
        var isDirect: Bool
        var connectTimeout: Duration
        /// Statements run once per connection, in order, when it is direct.
        var settings: [String]
    }

    /// The journal's statements find every row by primary key. Without the first two settings a plan made while a table
    /// was still empty would read it from end to end for as long as the connection lives.
    var laneEndpoint: Endpoint {
        direct(settings: ["SET enable_seqscan = off", "SET plan_cache_mode = force_generic_plan"])
    }

    var fenceEndpoint: Endpoint {
        direct(settings: ["SET lock_timeout = \(max(fenceLockTimeout.wholeMilliseconds, 1))"])
    }

    var maintenanceEndpoint: Endpoint { direct(settings: []) }

    func poolEndpoint(_ pool: Pool) -> Endpoint {
        guard let pooledConninfo else {
            return direct(settings: ["SET statement_timeout = \(max(pool.queryTimeout.wholeMilliseconds, 1))"])
        }
        return Endpoint(conninfo: pooledConninfo, isDirect: false, connectTimeout: connectTimeout, settings: [])
    }

    /// Without the first setting a plan for heads, made while the journal was still empty, would read all of it.
    var clusterEndpoint: Endpoint {
        direct(settings: [
            "SET enable_seqscan = off", "SET statement_timeout = \(max(cluster.queryTimeout.wholeMilliseconds, 1))",
        ])
    }

    /// Removes from tables others write to: it gives way rather than wait for a row.
    var retentionEndpoint: Endpoint {
        direct(settings: [
            "SET enable_seqscan = off", "SET lock_timeout = '1s'",
            "SET statement_timeout = \(max(retention.queryTimeout.wholeMilliseconds, 1))",
        ])
    }

    /// Looks at a database others work on: it changes nothing, and no look takes long.
    var checkEndpoint: Endpoint {
        direct(settings: [
            "SET default_transaction_read_only = on", "SET enable_seqscan = off", "SET lock_timeout = '1s'",
            "SET statement_timeout = '10s'",
        ])
    }

    private func direct(settings: [String]) -> Endpoint {
        // A reader that must see the last row of the owner before it depends on READ COMMITTED. Statements here touch few rows; a table
        // without a fitting index has a cost beyond all bounds under `enable_seqscan = off`, and the server would compile and
        // spread over processes what takes 20 µs: a tenth of a processor for each node that does nothing.
        let common = [
            "SET default_transaction_isolation = 'read committed'", "SET timezone = 'UTC'", "SET jit = off",
            "SET max_parallel_workers_per_gather = 0",
        ]
        return Endpoint(conninfo: conninfo, isDirect: true, connectTimeout: connectTimeout, settings: common + settings)
    }
}

extension Duration {
    /// Rounded down; saturates at the bounds of a C `int`.
    var wholeMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        let milliseconds = Double(seconds) * 1_000 + Double(attoseconds / 1_000_000_000_000_000)
        return Int32(min(max(milliseconds, 0), Double(Int32.max)))
    }
}
