internal import QuizHTTP
internal import QuizModel
internal import QuizRoomHost

/// The node's rooms as the HTTP API sees them.
struct NodeRooms: RoomDirectory {
    let host: RoomHost

    func publicRooms() async -> [RoomSummary] {
        var summaries: [RoomSummary] = []
        for room in host.rooms {
            let summary = await room.summary()
            if summary.visibility == .public { summaries.append(summary) }
        }
        return summaries
    }

    func find(_ code: RoomCode) async -> RoomSummary? {
        guard case .room(let room) = host.find(code) else { return nil }
        return await room.summary()
    }

    func create(_ command: CreateRoomCommand, by player: PlayerID) async throws(Rejection) -> RoomCreatedAck {
        try await host.create(command, by: player)
    }
}
