internal import Foundation
internal import Logging
internal import QuizPostgres
internal import QuizSimulatedDatabase

/// Plays schedules on the simulated server and on a real one, in a database of its own. They must say the same: which rooms are kept, which SQLSTATE a refusal
/// has, who waits for whom, and who loses a deadlock.
struct Agreement: Sendable {
    /// Of a superuser of the real server.
    let conninfo: String
    let sabotage: DatabaseSabotage?

    /// - Parameters:
    ///   - seeds: of the schedules; after the first difference the rest is left out.
    ///   - database: a name that nobody else uses.
    /// - Returns: how many schedules were played, and where the servers first differ; nil: nowhere.
    func play(_ seeds: [UInt64], in database: String) async throws -> (played: Int, difference: String?) {
        let own = "\(conninfo) dbname=\(database)"
        try PlainSession(conninfo).ask("CREATE DATABASE \(database)")
        let log = Logger(label: "agreement") { _ in SwiftLogNoOpLogHandler() }
        _ = try await Migrator(configuration: PostgresConfiguration(conninfo: own), log: log).migrate()
        let outcome = try await onThread { try compare(seeds, own) }
        try PlainSession(conninfo).ask("DROP DATABASE \(database) WITH (FORCE)")
        return outcome
    }

    private func compare(_ seeds: [UInt64], _ conninfo: String) throws -> (played: Int, difference: String?) {
        let admin = try PlainSession(conninfo)
        for (index, seed) in seeds.enumerated() {
            // On a busy machine a wait may look shorter than it is, and another session may be the first to look for a deadlock; a difference that stays is
            // one.
            var difference: String?
            for slowness in [1, 15, 1, 4, 1] {
                try admin.ask(Self.empty)
                difference = try compare(AgreementSchedule(seed: seed, sabotage: sabotage), conninfo, admin, slowness)
                if difference == nil { break }
            }
            if let difference { return (index + 1, "seed \(seed): \(difference)") }
        }
        return (seeds.count, nil)
    }

    /// Ends what is left of the sessions before, and empties the tables.
    private static let empty = """
        SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
        TRUNCATE shard_fence, room, room_code, room_journal, room_snapshot, game_result, game_player, shard_plan,
            shard_move, node_setting, shard_pin;
        UPDATE cluster_setting SET rebalances = 0
        """

    /// Where the servers first differ; nil: nowhere.
    private func compare(
        _ schedule: AgreementSchedule, _ conninfo: String, _ observer: PlainSession, _ slowness: Int
    ) throws -> String? {
        let sessions = try ServerSessions(
            conninfo, observer: observer, count: AgreementSchedule.sessions, slowness: slowness)
        for (index, step) in schedule.steps.enumerated() {
            let views = try sessions.play(step)
            guard views != schedule.views[index] else { continue }
            let steps = schedule.steps[...index].map(\.description).joined(separator: "\n  ")
            return "\n  \(steps)\nsimulated: \(schedule.views[index])\nreal: \(views)"
        }
        return nil
    }

    /// libpq blocks; the threads that tasks share must not.
    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try body() }) }.start()
        }
    }
}
