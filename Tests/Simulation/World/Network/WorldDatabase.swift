internal import QuizCluster
internal import QuizModel
internal import QuizRoomHost
internal import QuizShards
internal import QuizSimulatedDatabase

/// The cluster's PostgreSQL, and who is connected to it.
///
/// `QuizSimulatedDatabase` models the server and the adapter's side of each connection; this tells it what happens to the processes.
package final class WorldDatabase: @unchecked Sendable {  // the simulator's thread
    let server: SimulatedPostgres
    private let simulator: Simulator
    /// Sits beside the server; for operators and auditors.
    let desk: SimulatedDatabase

    init(simulator: Simulator) {
        self.simulator = simulator
        server = SimulatedPostgres(scheduler: simulator)
        desk = SimulatedDatabase(node: "desk", server: server)
    }

    /// A new process' connections.
    func connect(_ name: String) -> SimulatedDatabase { SimulatedDatabase(node: name, server: server) }

    // MARK: - What checks see

    func rows(of room: RoomID, after number: Int64) -> [JournalEntry] { server.journal(of: room, after: number) }
    var results: [StoredResult] { server.results }

    /// An operator changes a setting, however long it takes.
    func operate(_ change: ClusterSettingChange) {
        let desk = desk
        Task(executorPreference: simulator.outside.executor) {
            for _ in 0..<20 {
                do {
                    return try await desk.apply(change, reason: "simulation")
                } catch {
                    try await Task.sleep(for: .milliseconds(500))
                }
            }
        }
    }
}

extension Simulator: SimulatedScheduler {
    package func after(ms: Int64, _ body: @escaping @Sendable () -> Void) { after(ms: ms, in: outside, body) }
    package func choose(_ count: Int) -> Int { generator.pick(0...max(0, count - 1)) }
}
