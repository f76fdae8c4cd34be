import Foundation
import Logging
import QuizCluster
import QuizModel
import QuizNode
import QuizPostgres
import QuizRedis
import QuizRoom
import QuizRoomHost
import QuizShards
import QuizTelemetry

/// One run of `quizmania check`: reads facts, lets `CheckRules` judge them, and carries repairs out.
final class CheckRun {
    /// What of the rooms is looked at.
    struct Scope {
        /// An id, or a code.
        var room: String?
        /// Open rooms and those that closed since.
        var sinceMs: Int64?
    }

    /// Between two looks at who owns what: longer than an owner waits before it writes the map again.
    private static let betweenLooks = Duration.milliseconds(2_500)
    /// Until a result that was not there yet must be.
    private static let resultDelay = Duration.seconds(3)

    let database: PostgresDatabase
    let redis: RedisCheck
    let directory: RedisShardDirectory
    let repairs: PostgresRepairs
    let signer: ResultSigner?
    private let reader: PostgresCheck
    private let configuration: PostgresConfiguration
    private let began = ContinuousClock.now
    private var shownAt = ContinuousClock.now

    init(settings: NodeSettings, desk: ClusterDesk) throws {
        let silent = Logger(label: "quizmania.check") { _ in SwiftLogNoOpLogHandler() }
        configuration = try settings.postgresConfiguration()
        database = desk.database
        directory = desk.directory
        redis = RedisCheck(client: desk.redis, keys: RedisKey.Space(prefix: settings.clusterName))
        reader = PostgresCheck(configuration: configuration, log: silent)
        repairs = PostgresRepairs(configuration: configuration, log: silent)
        // It would be made if it were missing, and a new key fits nothing.
        let path = "\(settings.secretsDirectory)/signing.key"
        signer = FileManager.default.fileExists(atPath: path) ? try NodeSecrets.signer(path) : nil
    }

    func close() async {
        await reader.close()
        await repairs.close()
    }

    // MARK: - Looking

    func look(_ desk: inout ClusterDesk, scope: Scope, _ report: inout CheckReport) async throws {
        guard try await lookAtServer(&report) else {
            report.unchecked.append("Everything stored: the schema is not the one of this build.")
            return Console.endProgress()
        }
        if scope.room == nil { try await lookAtCluster(&desk, &report) }
        try await lookAtRooms(scope, &report)
        if scope.room == nil { try await lookForOrphans(&report) }
        if signer == nil { report.unchecked.append("Signatures: there is no signing.key in the secrets' directory.") }
        Console.endProgress()
    }

    /// - Returns: whether the schema can be read.
    private func lookAtServer(_ report: inout CheckReport) async throws -> Bool {
        let problems: [PostgresSettings.Problem]
        let schema: Migrator.Status
        do throws(PostgresError) {
            problems = try await database.verify()
            schema = try await database.migrator.status()
        } catch {
            throw JournalFailure(code: error.name, context: error.context)
        }
        report.add(
            problems.map { problem in
                Breach(
                    .setting, problem.setting, problem.sentence, severity: problem.isFatal ? .breach : .advice,
                    repair: "As said.")
            })
        guard let problem = schema.problem else { return true }
        report.add([Breach(.schema, "schema", problem)])
        return false
    }

    private func lookAtCluster(_ desk: inout ClusterDesk, _ report: inout CheckReport) async throws {
        var looks: [ClusterFacts.Look] = []
        _ = try await desk.picture(judges: true)
        for number in 0..<2 {
            if number > 0 { try await Task.sleep(for: Self.betweenLooks) }
            show("who owns what", of: report)
            await desk.look()
            let before = try await database.cluster.fences()
            let map = await directory.map()
            looks.append(.init(before: before, map: map, after: try await database.cluster.fences()))
        }
        let picture = try await desk.glance()
        let capacity = try await reader.connections()
        report.add(
            CheckRules.connections(
                perNode: configuration.directConnections, nodes: picture.alive.count, max: capacity.max,
                reserved: capacity.reserved))
        guard let facts = await redis.facts(), picture.hasDirectory else {
            report.add([Breach(.redisReachable, "redis", "Redis does not answer.")])
            report.unchecked.append("The map and the nodes: Redis does not answer.")
            return
        }
        report.add(facts.problems.map { Breach(.redisSetting, $0.setting, $0.sentence, repair: "As said.") })
        if facts.generation == nil, !picture.alive.isEmpty {
            report.add([Breach(.redisSetting, "generation", "Nodes are alive and have drawn none.", severity: .advice)])
        }
        report.add(CheckRules.breaches(of: ClusterFacts(looks: looks, picture: picture)))
    }

    private func lookAtRooms(_ scope: Scope, _ report: inout CheckReport) async throws {
        let only = try await room(scope.room)
        let estimate = try await reader.roomEstimate()
        var last: RoomID?
        var waiting: [(room: RoomFacts, result: GameResult, head: JournalHead)] = []
        while true {
            let page = try await reader.rooms(behind: last, only: only, sinceMs: scope.sinceMs)
            for room in page {
                try await audit(room, &report, &waiting)
                report.looked.rooms += 1
                show("rooms: \(report.looked.rooms) of about \(max(estimate, Int64(report.looked.rooms)))", of: report)
            }
            last = page.last?.room
            if page.count < PostgresCheck.roomsPerPage { break }
        }
        if only != nil, report.looked.rooms == 0 { throw OperatorFault("There is no room \(scope.room ?? "").") }
        guard !waiting.isEmpty else { return }
        // A game that has just ended is stored a moment later.
        try await Task.sleep(for: Self.resultDelay)
        for (room, result, head) in waiting {
            let stored = try await reader.result(of: result.game)
            report.add(CheckRules.breaches(ofResult: result, at: head, stored: stored, key: key, in: room))
        }
    }

    private func room(_ text: String?) async throws -> RoomID? {
        guard let text else { return nil }
        if let id = RoomID(text) { return id }
        guard let code = RoomCode(text) else { throw OperatorFault("\(text) is neither a room's id nor a code.") }
        guard let id = try await reader.room(of: code) else { throw OperatorFault("No room has the code \(code).") }
        return id
    }

    var key: GameReplay.Key? { signer.map { GameReplay.Key(bytes: $0.publicKey, id: $0.keyID) } }

    // MARK: - One room

    private func audit(
        _ room: RoomFacts, _ report: inout CheckReport,
        _ waiting: inout [(room: RoomFacts, result: GameResult, head: JournalHead)]
    ) async throws {
        var breaches = CheckRules.breaches(of: room)
        if let record = room.record {
            // Folded meanwhile: what was read before and behind do not belong together.
            for _ in 0..<3 {
                let fold = try await reader.fold(of: room.room)
                let found = try await audit(room, record, fold, &report, &waiting)
                if try await reader.fold(of: room.room) == fold {
                    breaches += found
                    break
                }
            }
        }
        breaches += CheckRules.quarantine(of: room, isSound: breaches.isEmpty)
        report.add(breaches)
    }

    private func audit(
        _ room: RoomFacts, _ record: RoomRecord, _ fold: RoomFold?, _ report: inout CheckReport,
        _ waiting: inout [(room: RoomFacts, result: GameResult, head: JournalHead)]
    ) async throws -> [Breach] {
        var breaches: [Breach] = []
        var ends: Set<GameID> = []
        var head = fold?.head.number ?? 0
        var missing: [(room: RoomFacts, result: GameResult, head: JournalHead)] = []
        if let fold, fold.base == nil {
            let behind = try await reader.page(of: room.room, behind: fold.head.number)
            if let first = behind.first {
                breaches.append(
                    Breach(
                        .journalBehindFold, "room \(room.room)",
                        "Input \(first.row.number) is behind input \(fold.head.number), with which it was folded."))
            }
        } else {
            var audit = RoomAudit(record, base: fold?.base, snapshots: try await reader.snapshots(of: room.room))
            var findings: [RoomAudit.Finding] = []
            while true {
                let page = try await reader.page(of: room.room, behind: audit.head.number)
                for (row, epoch) in page { findings += audit.add(row, epoch: epoch) }
                report.looked.inputs += page.count
                if page.count < PostgresRetention.pageMax || audit.isBroken { findings += audit.finish() }
                for finding in findings {
                    breaches += CheckRules.breaches(of: finding, in: room)
                    guard case .ended(let result, let end) = finding else { continue }
                    ends.insert(result.game)
                    report.looked.replayed += 1
                    if let stored = try await reader.result(of: result.game) {
                        breaches += CheckRules.breaches(ofResult: result, at: end, stored: stored, key: key, in: room)
                    } else {
                        missing.append((room, result, end))
                    }
                }
                findings = []
                show("rooms: \(report.looked.rooms)", of: report)
                if page.count < PostgresRetention.pageMax || audit.isBroken { break }
            }
            head = audit.head.number
        }
        let results = try await reader.results(of: room.room)
        let folded = fold?.head.number ?? 0
        breaches += CheckRules.breaches(ofResults: results, ends: ends, folded: folded, head: head, in: room)
        for result in results where result.number <= folded {
            guard let fold, let stored = try await reader.result(of: result.game) else { continue }
            report.looked.folded += 1
            breaches += CheckRules.breaches(ofFolded: stored, fold: fold, key: key)
        }
        waiting += missing
        return breaches
    }

    // MARK: - What belongs to no room

    private func lookForOrphans(_ report: inout CheckReport) async throws {
        var room: RoomID?
        repeat {
            show("journals without a room", of: report)
            let page = try await reader.orphanedJournals(behind: room)
            report.add(
                page.orphans.map { Breach(.journalOrphan, "room \($0)", "There are inputs of it, and no room.") })
            room = page.next
        } while room != nil
        var game: GameID?
        repeat {
            show("results without a room", of: report)
            let page = try await reader.orphanedResults(behind: game)
            report.add(
                page.orphans.map { Breach(.resultOrphan, "game \($0)", "The room it was played in is not there.") })
            game = page.next
        } while game != nil
    }

    // MARK: - Progress

    /// Not more often than people can read.
    private func show(_ what: String, of report: CheckReport) {
        let now = ContinuousClock.now
        guard now - shownAt > .milliseconds(200) else { return }
        shownAt = now
        Console.progress(
            "\((now - began).components.seconds) s  \(what), \(report.looked.inputs) inputs, "
                + "\(report.looked.replayed + report.looked.folded) games; breaches: \(report.breaches.count)")
    }
}

extension RoomFacts {
    /// Nil: its code or shard is none.
    var record: RoomRecord? {
        guard let code = RoomCode(code), let shard = ShardID(index: shard) else { return nil }
        return RoomRecord(room: room, code: code, shard: shard, rules: rules)
    }
}
