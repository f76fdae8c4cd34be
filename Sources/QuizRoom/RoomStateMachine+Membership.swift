import QuizModel

/// Who is in the room, and who leads it.
extension RoomStateMachine {
    /// Input 1. The room is empty until somebody joins, and closes if nobody does.
    ///
    /// - Throws: `invalid_request`: settings, password or seed break their rule.
    mutating func open(
        code: RoomCode, creator: PlayerID, settings: RoomSettings, passwordDigest: [UInt8]?, seed: RoomSeed,
        at now: RoomInstant
    ) throws(Rejection) -> Verdict {
        try checkSettings(settings, passwordDigest: passwordDigest)
        guard (settings.visibility == .private) == (passwordDigest != nil) else {
            throw Rejection(.invalid, message: "A private room needs a password, and no other room has one.")
        }
        guard seed.bytes.count == RoomSeed.length else { throw Rejection(.invalid, message: "A seed has 32 bytes.") }
        state.stage = .lobby
        state.code = code
        state.creator = creator
        state.settings = settings
        state.passwordDigest = passwordDigest
        state.seed = seed
        return .changed(.done)
    }

    /// A place in the room: a new one, the one still held, or the one left during this game.
    ///
    /// The first to come becomes host. The creator becomes host at their first coming, if that is in the lobby.
    /// Somebody who left during the game comes back to the same part in it, also into a locked room and without the
    /// password, and always as a player.
    ///
    /// - Throws: `invalid_request`: the digest's length; `kicked`; `wrong_password`; `room_locked`; `room_full`. The
    ///   password is checked before the lock, so that a private room does not show itself to those without it.
    mutating func join(
        player: PlayerID, nickname: Nickname, role: MemberRole, passwordDigest: [UInt8]?
    ) throws(Rejection) -> Verdict {
        if let passwordDigest, passwordDigest.count > Self.passwordDigestBytes.upperBound {
            throw Rejection(.invalid, message: "A password digest has 1 to 64 bytes.")
        }
        if let position = state.position(of: player) {
            let reply = RoomReply.joined(RoomJoinedAck(code: state.code, player: player, seq: state.seq))
            if state.members[position].present { return .unchanged(reply) }
            state.members[position].present = true
            return .changed(reply)
        }
        if state.kicked.contains(player) { throw Rejection(.kicked) }
        let part = state.game?.position(of: player)
        if part == nil {
            if let expected = state.passwordDigest, !matches(passwordDigest ?? [], expected) {
                throw Rejection(.wrongPassword)
            }
            if state.locked { throw Rejection(.roomLocked) }
        }
        let role = part == nil ? role : .player
        try checkPlace(for: role, isNew: part == nil)
        state.members.append(Member(player: player, nickname: nickname, role: role, ready: false, present: true))
        if let part {
            state.game?.standings[part].left = false
            state.game?.standings[part].nickname = nickname
        } else if role == .player {
            state.game?.standings.append(Standing(player: player, nickname: nickname))
        }
        let isCreatorsFirst = player == state.creator && !state.creatorJoined
        if player == state.creator { state.creatorJoined = true }
        if state.host == nil || (isCreatorsFirst && state.stage == .lobby) {
            appoint(player)
        } else {
            emitMember(player)
        }
        return .changed(.joined(RoomJoinedAck(code: state.code, player: player, seq: state.seq)))
    }

    private func checkPlace(for role: MemberRole, isNew: Bool) throws(Rejection) {
        let places = role == .player ? Limits.playersPerRoomMax : Limits.displaysPerRoomMax
        if state.count(of: role) >= places { throw Rejection(.roomFull) }
        if role == .player, isNew, let game = state.game, game.standings.count >= Limits.participantsPerGameMax {
            throw Rejection(.roomFull)
        }
    }

    /// - Throws: `not_in_room`.
    mutating func leave(player: PlayerID, at now: RoomInstant) throws(Rejection) -> Verdict {
        let position = try requireMember(player)
        remove(at: position, reason: .left, now: now)
        return .changed(.done)
    }

    /// Sends somebody away for good; their part in the running game goes with them.
    ///
    /// - Throws: `not_in_room`, `not_host`; `invalid_request`: hosts leave instead; `player_not_found`.
    mutating func kick(by host: PlayerID, player: PlayerID, at now: RoomInstant) throws(Rejection) -> Verdict {
        try requireHost(host)
        if player == host { throw Rejection(.invalid, message: "You cannot kick yourself. Leave the room instead.") }
        if state.kicked.contains(player) { return .unchanged(.done) }
        guard let position = state.position(of: player) else { throw Rejection(.playerNotFound) }
        if state.kicked.count >= Limits.kickedPerRoomMax { state.kicked.removeFirst() }
        state.kicked.append(player)
        remove(at: position, reason: .kicked, now: now)
        return .changed(.done)
    }

    private mutating func remove(at position: Int, reason: LeaveReason, now: RoomInstant) {
        let member = state.members.remove(at: position)
        if let part = state.game?.position(of: member.player) {
            // Who never answered has nothing to come back to; forgetting them keeps passers-by off the podium.
            let playedAlong = (state.game?.standings[part].answers ?? 0) > 0
            if reason == .left && playedAlong {
                state.game?.standings[part].left = true
            } else {
                state.game?.standings.remove(at: part)
            }
        }
        emit { .left(MemberLeftPayload(seq: $0, player: member.player, reason: reason)) }
        emitLast(.removed(member.player, reason))
        if state.host == member.player { appoint(state.presentSuccessor ?? state.members.first?.player) }
        lockIfAllHaveAnswered(at: now)
    }

    /// - Throws: `not_in_room`, `not_host`; `player_not_found`.
    mutating func transferHost(by host: PlayerID, to player: PlayerID) throws(Rejection) -> Verdict {
        try requireHost(host)
        guard state.position(of: player) != nil else { throw Rejection(.playerNotFound) }
        if player == host { return .unchanged(.done) }
        appoint(player)
        return .changed(.done)
    }

    /// Makes somebody host; nil when the last member has gone. Both members' views change, and the room's.
    mutating func appoint(_ player: PlayerID?) {
        let previous = state.host
        state.host = player
        state.hostAbsentSince = nil
        if let previous, state.position(of: previous) != nil { emitMember(previous) }
        if let player { emitMember(player) }
        emitChanged()
    }

    /// - Throws: `not_in_room`, `not_host`.
    mutating func lock(by host: PlayerID, locked: Bool) throws(Rejection) -> Verdict {
        try requireHost(host)
        if state.locked == locked { return .unchanged(.done) }
        state.locked = locked
        emitChanged()
        return .changed(.done)
    }

    /// Shown to the others only: a game may start without.
    ///
    /// - Throws: `not_in_room`; `wrong_phase`: not in the lobby.
    mutating func setReady(player: PlayerID, ready: Bool) throws(Rejection) -> Verdict {
        let position = try requireMember(player)
        guard state.stage == .lobby else { throw Rejection(.wrongPhase) }
        if state.members[position].ready == ready { return .unchanged(.done) }
        state.members[position].ready = ready
        emitMember(player)
        return .changed(.done)
    }

    /// - Throws: `not_in_room`, `not_host`; `wrong_phase`: not in the lobby; `invalid_request`: settings or password
    ///   break their rule.
    mutating func configure(
        by host: PlayerID, settings: RoomSettings, passwordDigest: [UInt8]?
    ) throws(Rejection) -> Verdict {
        try requireHost(host)
        guard state.stage == .lobby else { throw Rejection(.wrongPhase) }
        try checkSettings(settings, passwordDigest: passwordDigest)
        let isPrivate = settings.visibility == .private
        let digest = isPrivate ? passwordDigest ?? state.passwordDigest : nil
        guard isPrivate ? digest != nil : passwordDigest == nil else {
            throw Rejection(.invalid, message: "A private room needs a password, and no other room has one.")
        }
        if settings == state.settings && digest == state.passwordDigest { return .unchanged(.done) }
        state.settings = settings
        state.passwordDigest = digest
        emitChanged()
        return .changed(.done)
    }

    /// A player who goes does not end the question for the others: a phone that loses its network for a moment would
    /// find it closed. `leave` and `kick` do.
    ///
    /// - Throws: `not_in_room`.
    mutating func setPresence(player: PlayerID, present: Bool) throws(Rejection) -> Verdict {
        let position = try requireMember(player)
        if state.members[position].present == present { return .unchanged(.done) }
        state.members[position].present = present
        return .changed(.done)
    }

    // MARK: Detail

    /// Length of a password's digest, bytes; what hash it is the shell decides.
    static let passwordDigestBytes = 1...64

    private func checkSettings(_ settings: RoomSettings, passwordDigest: [UInt8]?) throws(Rejection) {
        if let fault = settings.fault { throw Rejection(.invalid, message: fault) }
        if settings.title.utf8.count > Limits.titleBytesMax {
            throw Rejection(.invalid, message: "`title` is too long.")
        }
        if let passwordDigest, !Self.passwordDigestBytes.contains(passwordDigest.count) {
            throw Rejection(.invalid, message: "A password digest has 1 to 64 bytes.")
        }
    }

    /// Compares in a time that depends on the lengths alone, so that answering time does not give the digest away.
    private func matches(_ given: [UInt8], _ expected: [UInt8]) -> Bool {
        guard given.count == expected.count else { return false }
        var difference: UInt8 = 0
        for position in expected.indices { difference |= given[position] ^ expected[position] }
        return difference == 0
    }

    private mutating func emitMember(_ player: PlayerID) {
        guard let position = state.position(of: player) else { return }
        let view = state.view(of: state.members[position], hint: position)
        emit { .member(MemberPayload(seq: $0, member: view)) }
    }

    private mutating func emitChanged() {
        let (settings, locked, host) = (state.settings, state.locked, state.host)
        emit { .changed(RoomChangedPayload(seq: $0, settings: settings, locked: locked, host: host)) }
    }
}
