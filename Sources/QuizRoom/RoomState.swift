import QuizModel

/// Everything a room is. A value: what it holds is what a snapshot holds.
struct RoomState: Sendable, Hashable {
    let room: RoomID
    var stage: RoomStage = .unopened
    var code: RoomCode
    var creator = PlayerID(value: 0)
    /// The creator has been here; only their first join can bring the host's role with it.
    var creatorJoined = false
    var settings = RoomSettings()
    /// What a password must hash to; nil: none is asked for.
    var passwordDigest: [UInt8]?
    var seed = RoomSeed(bytes: [])
    /// Nobody new is admitted.
    var locked = false
    /// One of `members`; nil exactly while there are none.
    var host: PlayerID?
    /// Number of the last game event.
    var seq = 0
    /// The latest instant an applied input came with. Room time never goes back behind it.
    var lastInstant = RoomInstant.zero
    /// In order of joining; at most `Limits.playersPerRoomMax` players and `Limits.displaysPerRoomMax` displays.
    var members: [Member] = []
    /// Oldest first; at most `Limits.kickedPerRoomMax`.
    var kicked: [PlayerID] = []
    /// Since when nobody is present; nil while somebody is.
    var emptySince: RoomInstant?
    /// Since when the host is away; nil while the host is present.
    var hostAbsentSince: RoomInstant?
    /// From the countdown to the podium.
    var game: Game?
    /// The game before, once the room is back in the lobby.
    var lastGame: LastGame?
    /// One a session, the one heard longest ago first; at most `Limits.sessionsRememberedPerRoomMax`. Shown to nobody.
    var heard: [HeardCommand] = []

    /// What a room keeps of a game after its podium.
    struct LastGame: Sendable, Hashable {
        /// Number of its questions.
        var of: Int
        var over: GameOverPayload
    }

    init(room: RoomID, code: RoomCode) {
        self.room = room
        self.code = code
    }

    // MARK: Members

    /// - Parameter hint: where the member probably is.
    func position(of player: PlayerID, hint: Int = 0) -> Int? {
        if members.indices.contains(hint), members[hint].player == player { return hint }
        return members.firstIndex { $0.player == player }
    }

    func count(of role: MemberRole) -> Int { members.count { $0.role == role } }

    var present: [PlayerID] { members.filter(\.present).map(\.player) }

    /// Who follows a host who is away: who has been here longest of those present, else nobody.
    var presentSuccessor: PlayerID? { members.first { $0.present && $0.player != host }?.player }

    /// Every player in the room who is there has answered, and there is at least one.
    var allPresentHaveAnswered: Bool {
        guard let progress else { return false }
        return progress.answered > 0 && progress.answered == progress.of
    }

    // MARK: Deadlines

    /// When the current stage is to end; nil while paused, or while the host leads.
    var stageDeadline: RoomInstant? {
        guard stage.isTimed, let game, game.pausedAt == nil else { return nil }
        if let skippedAt = game.skippedAt { return skippedAt }
        guard let until = game.until else { return nil }
        // The countdown promises when the first question *opens*; it is announced before that.
        return stage == .countdown ? until - RoomTiming.announcementMs : until
    }

    /// When an absent host is replaced; nil while there is nobody to take over.
    var hostDeadline: RoomInstant? {
        guard let hostAbsentSince, presentSuccessor != nil else { return nil }
        return hostAbsentSince + RoomTiming.hostAbsentMs
    }

    var emptyDeadline: RoomInstant? { emptySince.map { $0 + RoomTiming.emptyMs } }

    // MARK: What is shown

    /// How many have answered the question; nil unless one is open or locked.
    var progress: ProgressPayload? {
        guard stage == .question || stage == .locked, let game else { return nil }
        var answered = 0
        var playing = 0
        // By index: a loop over the members themselves would retain and release what each of them holds.
        for hint in members.indices where members[hint].role == .player {
            let position = game.position(of: members[hint].player, hint: hint)
            let hasAnswered = position.map { game.standings[$0].answer != nil } ?? false
            if hasAnswered { answered += 1 }
            if hasAnswered || members[hint].present { playing += 1 }
        }
        return ProgressPayload(index: game.index, answered: answered, of: playing)
    }

    private func standing(of player: PlayerID, hint: Int) -> Standing? {
        guard let game, let position = game.position(of: player, hint: hint) else { return nil }
        return game.standings[position]
    }

    func view(of member: Member, hint: Int = 0) -> MemberView {
        let standing = standing(of: member.player, hint: hint)
        return MemberView(
            player: member.player, nickname: member.nickname, role: member.role, ready: member.ready,
            host: member.player == host, score: standing?.score ?? 0)
    }

    func seat(of member: Member, hint: Int = 0) -> SeatView {
        let standing = standing(of: member.player, hint: hint)
        let answer = stage.showsAnswer ? standing?.answer : nil
        return SeatView(
            code: code, role: member.role, ready: member.ready, host: member.player == host,
            score: standing?.score ?? 0, streak: standing?.streak ?? 0,
            answer: answer.map { GivenAnswer(question: game?.index ?? 0, choice: $0.choice, at: $0.at) })
    }
}
