internal import NIOConcurrencyHelpers
package import QuizModel
internal import QuizRoomHost
internal import QuizShards

/// What operators are told by a node.
extension ClusterNode {
    /// Rooms a node lists, at most.
    private static let roomsListedMax = 200

    /// The cluster as this node last saw it, half a second ago at most while PostgreSQL answers. Asks nobody.
    package var picture: ClusterPicture {
        state.withLockedValue { state in
            var picture = ClusterPicture(
                fences: state.fences, settings: state.settings, pending: state.pending,
                members: state.membership.members, alive: Set(state.view.alive.map(\.incarnation)),
                hasDirectory: state.membership.isAnswering)
            picture.reasons = state.reasons
            return picture
        }
    }

    /// What this node knows of itself.
    package func status() async -> AdminNodeStatus {
        var live: [AdminRoom] = []
        for room in parts.router.host.rooms {
            let summary = await room.summary()
            live.append(
                AdminRoom(
                    code: summary.code, shard: ShardID(of: summary.code).index, phase: summary.phase,
                    players: summary.players, visibility: summary.visibility))
        }
        live.sort { ($0.players, $1.code.text) > ($1.players, $0.code.text) }
        let vitals = parts.load.vitals
        return AdminNodeStatus(
            name: parts.announcement.name, overload: parts.load.level, cpuPercent: vitals.cpuPercent,
            lagMs: vitals.lagMs ?? 0, memoryBytes: vitals.memoryBytes, memoryLimitBytes: vitals.memoryLimitBytes,
            backlogRows: vitals.backlogRows ?? 0, rooms: live.count, players: live.reduce(0) { $0 + $1.players },
            live: Array(live.prefix(Self.roomsListedMax)))
    }
}
