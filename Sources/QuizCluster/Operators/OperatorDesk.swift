internal import NIOCore
package import QuizModel
package import QuizShards
internal import QuizWire

/// The operators' desk on a node: any node answers for the whole cluster.
///
/// Showing asks nobody but for histories and rooms: the page looks once a second, and a node reads what it shows twice a second anyway. What is changed is planned and
/// written from a fresh look.
package struct OperatorDesk: Sendable {
    /// Moves a history shows, at most.
    package static let historyMax = 1_000
    private static let historyShown = 50
    private static let shardHistoryShown = 5
    private static let statusLimit = TimeAmount.milliseconds(800)

    private let cluster: ClusterNode
    private let openRooms: OpenRooms
    private let wallClockMs: @Sendable () -> Int64

    /// How many rooms of a shard are open, as PostgreSQL says.
    package typealias OpenRooms = @Sendable (ShardID) async throws -> Int

    package init(
        cluster: ClusterNode, openRooms: @escaping OpenRooms, wallClockMs: @escaping @Sendable () -> Int64
    ) {
        self.cluster = cluster
        self.openRooms = openRooms
        self.wallClockMs = wallClockMs
    }

    // MARK: - Looking

    package func nodes() -> NodesReport { NodesReport(cluster.picture) }

    /// - Parameter node: only the shards of processes of this name.
    /// - Throws: `invalid` when there is none of this name.
    package func shards(of node: String?) throws(Rejection) -> ShardListReport {
        let picture = cluster.picture
        if let node {
            try Self.rejecting { () throws(OperatorFault) in try OperatorChange.check(node, in: picture) }
        }
        return ShardListReport(picture, node: node)
    }

    /// - Throws: `invalid` when it is no shard, `unavailable` when PostgreSQL does not answer.
    package func shard(_ text: String) async throws(Rejection) -> ShardReport {
        let reference = try Self.reference(text)
        let store = cluster.parts.store
        do {
            let rooms = try await openRooms(reference.shard)
            let records = try await store.history(of: reference.shard, limit: Self.shardHistoryShown)
            return ShardReport(reference, in: cluster.picture, openRooms: rooms, records: records)
        } catch {
            throw Self.isAway
        }
    }

    /// - Throws: as `shard(_:)`.
    package func moves(of shard: String?, limit: Int?) async throws(Rejection) -> AdminMovesResponse {
        let limit = limit ?? Self.historyShown
        guard (1...Self.historyMax).contains(limit) else {
            throw Rejection(.invalid, message: "`limit` is 1 to \(Self.historyMax).")
        }
        var only: ShardID?
        if let shard { only = try Self.reference(shard).shard }
        let records: [ShardMoveRecord]
        do {
            records = try await cluster.parts.store.history(of: only, limit: limit)
        } catch {
            throw Self.isAway
        }
        let picture = cluster.picture
        return AdminMovesResponse(
            pending: picture.pending.filter { only == nil || $0.shard == only }.map { PlanMove($0, in: picture) },
            recent: HistoryReport(records, in: picture).moves)
    }

    package func ring() -> AdminRingResponse {
        let picture = cluster.picture
        let nodes = picture.ringNodes.filter(\.isEligible).map { node in
            AdminRingNode(
                node: node.name, weight: node.weight,
                points: ShardRing.points(of: node).map { Int($0 >> 48) }.sorted())
        }
        return AdminRingResponse(nodes: nodes.sorted { $0.node < $1.node })
    }

    package func live() -> AdminLiveResponse {
        let picture = cluster.picture
        let report = NodesReport(picture)
        var places: [Incarnation: Int] = [:]
        for (place, node) in report.nodes.enumerated() {
            if let incarnation = node.incarnation { places[incarnation] = place }
        }
        let owners = picture.owners
        return AdminLiveResponse(
            atMs: wallClockMs(), node: cluster.parts.announcement.name, cluster: report,
            owners: ShardID.all.map { owners[$0].flatMap { places[$0] } ?? -1 },
            moves: picture.pending.map { PlanMove($0, in: picture) },
            pins: picture.settings.pins.keys.map(\.index).sorted(),
            revision: picture.fences.terms.values.reduce(0) { $0 + $1.epoch.number })
    }

    /// The live rooms of all nodes that answer soon.
    package func rooms() async -> AdminRoomsResponse {
        let (own, calls) = (cluster.own, cluster.parts.calls)
        let others = cluster.view.alive.filter { $0.incarnation != own }
        return await withTaskGroup(of: (String, AdminNodeStatus?).self) { group in
            group.addTask { [cluster] in (cluster.parts.announcement.name, await cluster.status()) }
            for other in others {
                group.addTask {
                    let answer = await calls.ask(.status, of: other.incarnation, limit: Self.statusLimit)
                    // A node of an earlier version answers that there is nothing.
                    let status = answer.flatMap { try? WireJSON.decode(AdminNodeStatus.self, from: $0.body) }
                    return (other.name, status)
                }
            }
            var found = AdminRoomsResponse(nodes: [], silent: [])
            for await (name, status) in group {
                if let status { found.nodes.append(status) } else { found.silent.append(name) }
            }
            found.nodes.sort { $0.name < $1.name }
            found.silent.sort()
            return found
        }
    }

    // MARK: - Changing

    /// Shows or makes a change. Nobody waits for its moves: they are seen in `live`.
    ///
    /// - Throws: `invalid` with a sentence, `unavailable` when PostgreSQL does not answer or nobody knows who is alive.
    package func change(_ command: OperatorCommand) async throws(Rejection) -> ChangeReport {
        let asked = try Self.rejecting { () throws(OperatorFault) in try OperatorChange(command) }
        let isPlan = command.plan ?? false
        let reason = try Self.rejecting { () throws(OperatorFault) in try OperatorChange.reason(command.reason) }
        guard isPlan || reason != nil else {
            throw Rejection(.invalid, message: "`reason`: say why; it is kept with the change.")
        }
        let picture = try await freshPicture()
        var report = try Self.rejecting { () throws(OperatorFault) in try asked.planned(in: picture) }
        if isPlan {
            guard report.plan != nil else {
                throw Rejection(.unavailable, message: OperatorChange.cannotPlan.description)
            }
            return report
        }
        try await apply(asked.change, reason: reason ?? "")
        report.outcome = .applied
        return report
    }

    private func freshPicture() async throws(Rejection) -> ClusterPicture {
        let store = cluster.parts.store
        var picture = cluster.picture
        do {
            picture.fences = try await store.fences()
            picture.settings = try await store.settings()
            picture.pending = try await store.pendingPlan()
            picture.reasons = try await store.reasons()
        } catch {
            throw Self.isAway
        }
        return picture
    }

    private func apply(_ change: ClusterSettingChange, reason: String) async throws(Rejection) {
        do {
            try await cluster.parts.store.apply(change, reason: reason)
        } catch {
            throw Self.isAway
        }
    }

    // MARK: - Detail

    private static let isAway = Rejection(.unavailable, message: "PostgreSQL does not answer. Try again in a moment.")

    private static func reference(_ text: String) throws(Rejection) -> ShardReference {
        guard let reference = ShardReference(text) else {
            throw Rejection(.invalid, message: "That is no shard. \(ShardReference.rule)")
        }
        return reference
    }

    private static func rejecting<Value>(_ body: () throws(OperatorFault) -> Value) throws(Rejection) -> Value {
        do throws(OperatorFault) {
            return try body()
        } catch {
            throw Rejection(.invalid, message: error.description)
        }
    }
}
