package import QuizModel

/// Questions about single members that must not cost a view of all of them.
extension RoomStateMachine {
    /// In order of joining.
    package var memberIDs: [PlayerID] { state.members.map(\.player) }

    package func nickname(of player: PlayerID) -> Nickname? {
        state.position(of: player).map { state.members[$0].nickname }
    }

    /// Whether the room takes a member for connected; nil for a stranger.
    package func isPresent(_ player: PlayerID) -> Bool? {
        state.position(of: player).map { state.members[$0].present }
    }
}
