import QuizModel

/// Somebody who has a place in the room, connected or not.
struct Member: Sendable, Hashable {
    var player: PlayerID
    var nickname: Nickname
    var role: MemberRole
    var ready: Bool
    var present: Bool
}
