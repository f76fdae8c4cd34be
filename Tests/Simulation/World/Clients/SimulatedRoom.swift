internal import QuizModel

/// What the players of one room have agreed on outside the product: who comes, who hosts, how long they play.
package final class SimulatedRoom: @unchecked Sendable {  // the simulator's thread
    let name: String
    let settings: RoomSettings
    /// How many games are played, the first included.
    let games: Int
    /// Seats.
    let players: Int
    /// The database may refuse its data: nobody has to finish there.
    let isDoomed: Bool
    /// The host has it and tells the others.
    var code: RoomCode?
    var id: RoomID?
    /// Names of those who are in.
    var joined: Set<String> = []

    init(name: String, settings: RoomSettings, games: Int, players: Int, isDoomed: Bool) {
        self.name = name
        self.settings = settings
        self.games = games
        self.players = players
        self.isDoomed = isDoomed
    }
}
