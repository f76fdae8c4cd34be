internal import Logging
package import QuizCluster
internal import QuizModel
package import QuizRoomHost
internal import QuizSocial
internal import QuizTestKit

/// Everything nodes share: what they store in, what connects them, and the deployment's secrets.
package final class WorldServices: @unchecked Sendable {  // the simulator's thread
    package struct Storage {
        package var journal: any RoomJournal
        package var rooms: any RoomStore
        package var cluster: any ClusterStore
    }

    let simulator: Simulator
    let trace: Trace
    let mesh: SimulatedMesh
    let redis: SimulatedRedis
    let database: WorldDatabase
    let sabotage: Sabotage?
    /// For sabotage: results some node has stored.
    var savedGames: Set<GameID> = []

    let keys = RoomKeys(secret: [UInt8](repeating: 1, count: 32))
    let signer: ResultSigner
    let session: SessionSecret
    let questions: any GameQuestions

    // What these keep is no part of the cluster's promises; they never fail here.
    let accounts = InMemoryAccountStore()
    let revocations = InMemoryRevocationStore()
    let chat = InMemoryChatStore()
    let recentChat = InMemoryRecentChat()
    let presence = InMemoryPresenceDirectory()

    init(simulator: Simulator, trace: Trace, sabotage: Sabotage?) throws {
        self.simulator = simulator
        self.trace = trace
        self.sabotage = sabotage
        mesh = SimulatedMesh(simulator: simulator)
        redis = SimulatedRedis(simulator: simulator)
        database = WorldDatabase(simulator: simulator)
        signer = try ResultSigner(secret: [UInt8](repeating: 3, count: 32))
        session = try SessionSecret(bytes: [UInt8](repeating: 2, count: 32))
        questions = MarkedQuestions(simulator: simulator, leaks: sabotage == .p8)
        sabotage?.prepare(self)
    }

    func storage(of node: SimulatedNode) -> Storage {
        let storage = Storage(journal: node.database, rooms: node.database, cluster: node.database)
        return sabotage?.sabotaged(storage, in: self) ?? storage
    }

    func broadcaster(_ real: any RoomBroadcaster) -> any RoomBroadcaster {
        sabotage?.sabotaged(real, in: self) ?? real
    }

    func log(of node: String) -> Logger {
        Logger(label: node) { [trace] _ in CountingLog(node: node, trace: trace) }
    }
}

/// Counts what nodes say: most branches worth knowing of have a sentence. Nothing secret may be in it (P8).
private struct CountingLog: LogHandler {
    let node: String
    let trace: Trace
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level {
        get { .debug }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        guard event.level > .debug else { return trace.count("said: \(event.message)") }
        let detail = event.metadata.map { $0.map { "\($0)=\($1)" }.sorted().joined(separator: " ") } ?? ""
        trace.note("\(node) says: \(event.message) \(detail)")
        trace.count("said: \(event.message)")
        if MarkedQuestions.isMarked(detail) { trace.count("secret in a log") }
    }
}
