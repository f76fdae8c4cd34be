internal import QuizModel
internal import QuizSocial
internal import QuizWire

extension QuizAPI {
    @Sendable func listRooms(_ body: NoBody, _ call: APICall) async throws(Rejection) -> APIReply<RoomListResponse> {
        try await pass(.roomList, call)
        let rooms = await services.rooms.publicRooms().filter { $0.visibility == .public }
            .sorted { ($0.players, $1.code.text) > ($1.players, $0.code.text) }
        return APIReply(RoomListResponse(rooms: Array(rooms.prefix(Self.roomsListedMax))))
    }

    @Sendable func createRoom(
        _ command: CreateRoomCommand, _ call: APICall
    ) async throws(Rejection) -> APIReply<RoomCreatedAck> {
        let player = try await player(call)
        try await pass(.roomCreate, call)
        if let fault = command.settings?.fault { throw Rejection(.invalid, message: fault) }
        let isPrivate = command.settings?.visibility == .private
        if isPrivate != (command.password != nil) {
            throw Rejection(
                .invalid,
                message: isPrivate ? "A private room needs a `password`." : "Only a private room has a `password`.")
        }
        return APIReply(try await services.rooms.create(command, by: player.player))
    }

    /// Private, absent and misspelled rooms have one answer: a stranger learns nothing by guessing.
    @Sendable func findRoom(_ body: NoBody, _ call: APICall) async throws(Rejection) -> APIReply<RoomSummary> {
        try await pass(.roomLookUp, call)
        guard let code = RoomCode(call.parameter("code")), let room = await services.rooms.find(code),
            room.visibility != .private
        else { throw Rejection(.roomNotFound) }
        return APIReply(room)
    }
}
