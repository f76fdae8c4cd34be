import Foundation
import QuizSimulatedDatabase
import Testing

@testable import QuizPostgres

/// The simulated server and a real one say the same: which rooms are kept, which SQLSTATE a refusal has, who waits for
/// whom, and who loses a deadlock.
@Suite struct AgreementTests {
    /// More of them: `QUIZMANIA_SCHEDULES=5000 swift test --filter AgreementTests`.
    private static let schedules =
        ProcessInfo.processInfo.environment["QUIZMANIA_SCHEDULES"].flatMap(Int.init) ?? 240

    /// Schedules are played side by side: most of their time is waiting.
    private static let workers = 6

    /// Under the thread sanitizer everything here is slower but the server, whose orphans then end before the schedule has them end.
    private static let isSanitized = ProcessInfo.processInfo.environment["QUIZMANIA_SANITIZER"] != nil

    @Test(.enabled(if: !isSanitized, "The sanitizer changes who is first."), arguments: 0..<workers)
    func `the simulated server and a real one agree`(_ worker: Int) async throws {
        let database = try await TestDatabase()
        let admin = database.session()
        for seed in stride(from: worker + 1, through: Self.schedules, by: Self.workers) {
            // On a busy machine a wait may look shorter than it is, and another session may be the first to look for a deadlock; a difference that stays is
            // one.
            var difference: String?
            for slowness in [1, 15, 1, 4, 1] {
                try await admin.script(Self.empty)
                difference = try await Self.onThread {
                    try Self.difference(AgreementSchedule(seed: UInt64(seed)), database, slowness: slowness)
                }
                if difference == nil { break }
            }
            guard let difference else { continue }
            Issue.record("Seed \(seed): \(difference)")
            return
        }
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
    private static func difference(
        _ schedule: AgreementSchedule, _ database: TestDatabase, slowness: Int
    ) throws -> String? {
        let sessions = try ServerSessions(database, count: AgreementSchedule.sessions, slowness: slowness)
        for (index, step) in schedule.steps.enumerated() {
            let views = try sessions.play(step)
            guard views != schedule.views[index] else { continue }
            let steps = schedule.steps[...index].map(\.description).joined(separator: "\n  ")
            return "\n  \(steps)\nsimulated: \(schedule.views[index])\nreal: \(views)"
        }
        return nil
    }

    /// libpq blocks; the threads that tasks share must not.
    private static func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try body() }) }.start()
        }
    }
}
