internal import NIOConcurrencyHelpers
internal import QuizCluster
internal import QuizModel
internal import QuizPostgres
internal import QuizRedis

/// What `GET /health/ready` says: whether the node takes players, and what keeps it from it.
final class Readiness: Sendable {
    private let database: PostgresDatabase
    private let redis: RedisClient
    private let load: NodeLoad
    private let isOpen = NIOLockedValueBox(false)

    init(database: PostgresDatabase, redis: RedisClient, load: NodeLoad) {
        self.load = load
        self.database = database
        self.redis = redis
    }

    /// The rooms are back and the listener is up.
    func open() { isOpen.withLockedValue { $0 = true } }

    func checks() async -> [HealthCheck] {
        var checks = [
            check("rooms", isOpen.withLockedValue(\.self), "The rooms are being brought back. Wait a moment.")
        ]
        do {
            let problems = try await database.verify().filter(\.isFatal)
            let sentence = problems.map(\.sentence).joined(separator: " ")
            checks.append(check("postgres", problems.isEmpty, sentence))
        } catch {
            checks.append(check("postgres", false, "PostgreSQL does not answer; rooms pause until it does."))
        }
        // Games go on without Redis, so it is shown and does not take the node out of service.
        let isThere = (try? await redis.command(["PING"])) != nil  // any failure means the same here
        checks.append(
            HealthCheck(name: "redis", status: .ok, message: isThere ? nil : "Redis does not answer; games go on."))
        checks.append(overload)
        return checks
    }

    /// An overloaded node goes on serving those who play. New players are sent elsewhere while there is an elsewhere.
    private var overload: HealthCheck {
        let goesElsewhere = load.shouldSendPlayersElsewhere
        let message: String? =
            switch load.level {
            case .calm: nil
            case .refusesRooms: "The node is overloaded and refuses new rooms."
            case .refusesJoins, .coarsens:
                goesElsewhere
                    ? "The node is overloaded and refuses new players; other nodes take them."
                    : "The node is overloaded and refuses new players, as all nodes do; games go on."
            }
        return HealthCheck(name: "overload", status: goesElsewhere ? .failing : .ok, message: message)
    }

    private func check(_ name: String, _ passed: Bool, _ message: String) -> HealthCheck {
        HealthCheck(name: name, status: passed ? .ok : .failing, message: passed ? nil : message)
    }
}
