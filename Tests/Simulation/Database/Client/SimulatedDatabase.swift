internal import QuizModel
package import QuizPostgres
internal import QuizRoomHost
internal import QuizShards

/// PostgreSQL as one node's process sees it: journal, rooms and cluster through connections of its own, with the
/// adapter's policy of retries, unknown outcomes and orphaned processes.
///
/// Calls may come from wherever the node's code runs; everything happens in bodies of the scheduler.
package final class SimulatedDatabase: @unchecked Sendable {  // its parts are touched by the scheduler's bodies only
    package let node: String
    package let laneCount: Int
    let server: SimulatedPostgres
    let host: ClientHost
    private let lanes: [ClientLane]
    let ownership: ClientFence
    private let web: ClientPool
    private let cluster: ClientPool

    /// - Parameter configuration: how the adapter would be set; its connection string is not used.
    package init(
        node: String, server: SimulatedPostgres,
        configuration: PostgresConfiguration = PostgresConfiguration(conninfo: "")
    ) {
        self.node = node
        self.server = server
        let host = ClientHost(node: node, server: server)
        self.host = host
        laneCount = configuration.lanes
        let connectTimeoutMs = configuration.connectTimeout.milliseconds
        lanes = (0..<configuration.lanes).map { _ in ClientLane(host, configuration) }
        ownership = ClientFence(host, configuration)
        web = ClientPool(host, configuration.web, connectTimeoutMs: connectTimeoutMs)
        cluster = ClientPool(host, configuration.cluster, connectTimeoutMs: connectTimeoutMs)
    }

    // MARK: What happens to the process; call from the scheduler's bodies

    /// SIGSTOP: what has been sent goes on, nothing else does until `goOn`.
    package func stop() { host.stop() }
    package func goOn() { host.goOn() }

    /// The process ends without a word. Its calls fail, its connections are closed by the kernel, and the server's
    /// processes go on until they notice.
    ///
    /// - Parameter withMachine: nobody closes the connections either.
    package func crash(withMachine: Bool = false) {
        server.statistics.count(.crashed)
        host.vanish(silently: withMachine)
    }

    // MARK: Doors with callbacks; call from the scheduler's bodies

    typealias Done<Value> = (Result<Value, JournalFailure>) -> Void

    func lane(_ index: Int) -> ClientLane { lanes[Int(index.magnitude % UInt(lanes.count))] }

    func query(
        _ statement: SimulatedStatement, pool: Pool, _ done: @escaping Done<SimulatedRows>
    ) {
        (pool == .web ? web : cluster).query(statement) { done($0.mapError(JournalFailure.init)) }
    }

    enum Pool { case web, cluster }

    // MARK: From asynchronous calls into the scheduler

    /// Answers fail when the process vanishes.
    func call<Value: Sendable>(
        _ body: @escaping @Sendable (SimulatedDatabase, @escaping Done<Value>) -> Void
    ) async throws(JournalFailure) -> Value {
        let result: Result<Value, JournalFailure> = await withCheckedContinuation { continuation in
            server.scheduler.after(ms: 0) { [self] in
                guard !host.isGone else {
                    return continuation.resume(
                        returning: .failure(JournalFailure(code: "closed", context: "The node is gone.")))
                }
                let answer = host.call { continuation.resume(returning: $0) }
                host.run { [self] in body(self, answer) }
            }
        }
        return try result.get()
    }

    func enter(_ body: @escaping @Sendable (SimulatedDatabase) -> Void) {
        server.scheduler.after(ms: 0) { [self] in host.run { [self] in body(self) } }
    }
}
