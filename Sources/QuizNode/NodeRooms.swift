internal import QuizCluster
internal import QuizHTTP
internal import QuizModel

/// The cluster's rooms as the HTTP API sees them.
struct NodeRooms: RoomDirectory {
    let rooms: ClusterRooms
    let directURL: @Sendable (Incarnation) -> String?

    func publicRooms() async -> [RoomSummary] { await rooms.publicRooms() }

    func find(_ code: RoomCode) async -> RoomSummary? {
        guard var room = await rooms.find(code) else { return nil }
        room.url = rooms.owner(of: code).flatMap(directURL)
        return room
    }

    func create(_ command: CreateRoomCommand, by player: PlayerID) async throws(Rejection) -> RoomCreatedAck {
        try await rooms.create(command, by: player)
    }
}
