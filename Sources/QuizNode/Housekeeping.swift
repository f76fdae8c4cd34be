internal import Logging
internal import QuizPostgres
internal import QuizTelemetry
internal import ServiceLifecycle

/// Removes what has run out: refresh tokens and revocations, once an hour.
struct Housekeeping: Service {
    let database: PostgresDatabase
    let log: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await sweep()
                try? await Task.sleep(for: .seconds(3_600))  // ends early only when cancelled
            }
        }
    }

    private func sweep() async {
        let now = LogTime.nowMs()
        do {
            _ = try await database.accounts.removeExpired(nowMs: now)
            _ = try await database.revocations.removeExpired(nowMs: now)
        } catch {
            log.info(
                "What has run out could not be removed; it will be next time.", metadata: .keys([.error: .error(error)])
            )
        }
    }
}
