internal import Logging
internal import QuizModel
internal import QuizPostgres
internal import QuizRoomHost
internal import QuizTelemetry
internal import ServiceLifecycle

/// Removes what has run out (`Retention`), once a minute, on whichever node is the coordinator.
struct Housekeeping: Service {
    private static let every = Duration.seconds(60)

    let database: PostgresDatabase
    let incarnation: Incarnation
    let ages: Retention.Ages
    let registry: MetricsRegistry
    let log: Logger

    func run() async throws {
        let meters = Meters(registry)
        await cancelWhenGracefulShutdown {
            var pass = RetentionPass(database, ages: ages)
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.every)  // ends early only when cancelled
                if Task.isCancelled { return }
                await sweep(&pass, meters)
            }
        }
    }

    private func sweep(_ pass: inout RetentionPass, _ meters: Meters) async {
        let began = ContinuousClock.now
        let before = Set(pass.refused.keys)
        do {
            let report = try await pass.run(as: incarnation, nowMs: LogTime.nowMs())
            meters.count(report, refused: pass.refused.count, took: ContinuousClock.now - began)
        } catch {
            log.info(
                "What has run out could not be removed; it will be next time.",
                metadata: .keys([.code: "\(error.code)", .error: "\(error.context)"]))
        }
        for (room, why) in pass.refused where !before.contains(room) {
            log.error(
                "A journal is kept although its time is over: it does not give what is stored. See `quizmania check`.",
                metadata: .keys([.roomID: "\(room)", .reason: "\(why)"]))
        }
    }

    private enum Table: String, CaseIterable, Hashable, Sendable {
        case journal = "room_journal"
        case chat = "chat_message"
        case refreshTokens = "refresh_token"
        case revocations = "revocation"
        case moves = "shard_move"
        case settings = "node_setting"
        case guests = "account"

        init(_ trim: Retention.Trim) {
            self =
                switch trim {
                case .chat: .chat
                case .refreshTokens: .refreshTokens
                case .revocations: .revocations
                case .moves: .moves
                case .settings: .settings
                case .guests: .guests
                }
        }
    }

    private struct Meters: Sendable {
        let rows: MetricCounters<Table>
        let bytes: MetricCounter
        let folded: MetricCounter
        let refused: MetricGauge
        let oldest: MetricGauge
        let seconds: MetricHistogram

        init(_ registry: MetricsRegistry) {
            rows = registry.counters(.retentionRemovedRowsTotal, by: Table.self)
            bytes = registry.counter(.retentionRemovedBytesTotal)
            folded = registry.counter(.retentionFoldedRoomsTotal)
            refused = registry.gauge(.retentionRefusedRooms)
            oldest = registry.gauge(.retentionOldestSeconds)
            seconds = registry.histogram(.retentionPassSeconds)
        }

        func count(_ report: RetentionPass.Report, refused count: Int, took: Duration) {
            rows[.journal].increment(by: report.removed.rows)
            for (trim, removed) in report.trimmed { rows[Table(trim)].increment(by: removed) }
            bytes.increment(by: Int(report.removed.bytes))
            folded.increment(by: report.folded)
            refused.set(count)
            oldest.set(Double(report.oldestSeconds ?? 0))
            if !report.isTermOver { seconds.observe(took) }
        }
    }
}
