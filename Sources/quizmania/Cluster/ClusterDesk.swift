import Foundation
import Logging
import NIOCore
import NIOPosix
import QuizCluster
import QuizModel
import QuizNode
import QuizPostgres
import QuizRedis
import QuizRoomHost
import QuizShards
import QuizTelemetry

/// What operators' commands read: PostgreSQL, which decides, and Redis, which knows who is there. Without Redis everything but that works.
///
/// It announces nothing about itself, so that nobody takes it for a node.
struct ClusterDesk {
    /// Between two looks at the nodes' beats, which come twice a second.
    private static let lookEvery = Duration.milliseconds(1_200)
    private static let redisPatience = Duration.seconds(2)

    let database: PostgresDatabase
    let redis: RedisClient
    let directory: RedisShardDirectory
    private var census: NodeCensus

    /// Opens both for as long as `body` runs.
    static func open<Answer>(
        _ files: ConfigurationOption, _ body: (inout ClusterDesk) async throws -> Answer
    ) async throws -> Answer {
        let settings = try await NodeSettings.load(file: files.config)
        // What goes wrong is said in one sentence; connections' own stories would only be in its way.
        let silent = Logger(label: "quizmania.operator") { _ in SwiftLogNoOpLogHandler() }
        let database = PostgresDatabase(
            configuration: PostgresConfiguration(conninfo: try settings.postgresConninfo()), log: silent)
        let redis = try RedisClient(
            configuration: try settings.redisConfiguration(clientName: "quizmania-operator"),
            loop: MultiThreadedEventLoopGroup.singleton.any(), metrics: MetricsRegistry(), logger: silent)
        redis.start()
        var desk = ClusterDesk(
            database: database, redis: redis,
            directory: RedisShardDirectory(client: redis, keys: RedisKey.Space(prefix: settings.clusterName)),
            census: NodeCensus(ttl: .milliseconds(Int64(settings.clusterTTLMs))))
        let result: Result<Answer, any Error>
        do {
            result = .success(try await body(&desk))
        } catch {
            result = .failure((error as? JournalFailure).map { Self.sentence($0) as any Error } ?? error)
        }
        await redis.close()
        await database.close()
        return try result.get()
    }

    /// - Parameter judges: whether it has to be known who is alive, which takes a moment.
    mutating func picture(judges: Bool) async throws -> ClusterPicture {
        // PostgreSQL first: without it there is nothing to say.
        _ = try await database.cluster.settings()
        // Any failure means the same here; the looks below find out.
        _ = try? await redis.command(["PING"], patience: Self.redisPatience)
        await look()
        if judges, census.hasAnswered {
            Console.progress("Looking who is alive …")
            try await Task.sleep(for: Self.lookEvery)
            await look()
            Console.endProgress()
        }
        var picture = try await glance()
        picture.reasons = try await database.cluster.reasons()
        return picture
    }

    /// Everything as it is now, with what is known of the nodes.
    mutating func glance() async throws -> ClusterPicture {
        ClusterPicture(
            fences: try await database.cluster.fences(), settings: try await database.cluster.settings(),
            pending: try await database.cluster.pendingPlan(), members: census.members, alive: census.alive,
            hasDirectory: census.hasAnswered)
    }

    mutating func look() async {
        let snapshot = await directory.members()
        census.observe(snapshot, at: .now())
    }

    func apply(_ change: ClusterSettingChange, reason: String) async throws {
        try await database.cluster.apply(change, reason: reason)
    }

    func history(of shard: ShardID?, limit: Int) async throws -> [ShardMoveRecord] {
        try await database.cluster.history(of: shard, limit: limit)
    }

    func openRooms(in shard: ShardID) async throws -> Int { try await database.cluster.heads(of: [shard]).count }

    private static func sentence(_ failure: JournalFailure) -> OperatorFault {
        // undefined_table: the schema is not there.
        if failure.code == "42P01" { return OperatorFault("The database has no schema yet: run `quizmania migrate`.") }
        if failure.code == "behind_pooler" { return OperatorFault(failure.context) }
        let context = failure.context.split(whereSeparator: \.isNewline).joined(separator: " ")
        return OperatorFault(
            "PostgreSQL does not answer as it should (\(failure.code)); check `postgres` in the settings. \(context)")
    }
}
