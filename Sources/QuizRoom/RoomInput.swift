package import QuizModel

/// Everything that can happen to a room. Inputs that change it are journaled; folding them again gives the same room.
package enum RoomInput: Sendable, Hashable {
    /// Always input 1. The creator still has to join.
    case opened(
        code: RoomCode, creator: PlayerID, settings: RoomSettings, passwordDigest: [UInt8]?, seed: RoomSeed)
    case join(player: PlayerID, nickname: Nickname, role: MemberRole, passwordDigest: [UInt8]?)
    case leave(player: PlayerID)
    case kick(by: PlayerID, player: PlayerID)
    case transferHost(by: PlayerID, to: PlayerID)
    case lock(by: PlayerID, locked: Bool)
    case ready(player: PlayerID, ready: Bool)
    /// A digest sets the password; nil keeps the one of a room that stays private.
    case configure(by: PlayerID, settings: RoomSettings, passwordDigest: [UInt8]?)
    /// Whether a member has a connection now. The shell says so; joining counts as present.
    case presence(player: PlayerID, present: Bool)
    /// The shell has picked the questions; from here on they are frozen.
    case start(by: PlayerID, game: GameID, questions: [Question])
    /// `ageMs`: monotonic milliseconds since the answer was read from its socket, summed over hops.
    case answer(player: PlayerID, question: Int, choice: [Int], id: ClientID, ageMs: Int)
    case pause(by: PlayerID)
    case resume(by: PlayerID)
    case skip(by: PlayerID)
    case rematch(by: PlayerID)
    case close(by: PlayerID)
    /// A timer fired: whatever is due happens. With nothing due while a question is open it only moves the room's
    /// time, which a new owner then starts from. The credits matter when a question is announced, see `wantsCredits`.
    case tick(credits: [LatencyCredit])
    /// Room time has a new base. No rule depends on it.
    case clock(ClockReason)
}

/// Why room time has a new base.
package enum ClockReason: UInt8, Sendable, Hashable, CaseIterable {
    /// A node has loaded the room.
    case activation = 0
    /// The event loop stood still for a while.
    case loopGap = 1
    /// The journal took long to commit.
    case slowCommit = 2
}

/// What a player's answers are given back for the way they travel (P9).
package struct LatencyCredit: Sendable, Hashable {
    package var player: PlayerID
    /// 0 to `Limits.latencyCreditMaxMs`; what lies outside counts as the nearer end.
    package var milliseconds: Int

    package init(player: PlayerID, milliseconds: Int) {
        self.player = player
        self.milliseconds = milliseconds
    }

    var countedMs: Int { min(max(0, milliseconds), Limits.latencyCreditMaxMs) }
}
