package import QuizModel

/// The rooms, as far as strangers at the HTTP door may ask about them.
package protocol RoomDirectory: Sendable {
    /// Public rooms in any order.
    func publicRooms() async -> [RoomSummary]

    /// An open room by its code, whatever its visibility; nil: there is none.
    func find(_ code: RoomCode) async -> RoomSummary?

    /// Makes a room.
    ///
    /// - Throws: `invalid`, `busy`, `unavailable`.
    func create(_ command: CreateRoomCommand, by player: PlayerID) async throws(Rejection) -> RoomCreatedAck
}
