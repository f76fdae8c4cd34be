import QuizModel

extension RoomState {
    /// Questions and earlier answers are long and change seldom: the digest takes their own digests in their place.
    enum Form {
        case complete, digest
    }

    func write(to writer: inout BinaryWriter, form: Form) {
        writer.identifier(room)
        writer.byte(stage.rawValue)
        writer.text(code)
        writer.identifier(creator)
        writer.bool(creatorJoined)
        settings.write(to: &writer)
        writer.optional(passwordDigest) { $0.data($1) }
        writer.data(seed.bytes)
        writer.bool(locked)
        writer.optional(host) { $0.identifier($1) }
        writer.int(seq)
        writer.instant(lastInstant)
        writer.array(members) { $0.write(to: &$1) }
        writer.array(kicked) { $1.identifier($0) }
        writer.optional(emptySince) { $0.instant($1) }
        writer.optional(hostAbsentSince) { $0.instant($1) }
        writer.optional(game) { $1.write(to: &$0, form: form) }
        writer.optional(lastGame) { writer, last in
            writer.int(last.of)
            last.over.write(to: &writer)
        }
        // A room that heard nobody by name has the bytes, and so the digest, that it had before there were names.
        if !heard.isEmpty { writer.array(heard) { $0.write(to: &$1) } }
    }

    /// - Parameter hasHeard: whether heard commands follow at the end; then there is at least one.
    init(from reader: inout BinaryReader, hasHeard: Bool) throws(RoomCodecError) {
        let room: RoomID = try reader.identifier("room")
        guard let stage = RoomStage(rawValue: try reader.byte("stage")) else {
            throw RoomCodecError(.unknownTag, "stage")
        }
        self.init(room: room, code: try reader.text("code"))
        self.stage = stage
        creator = try reader.identifier("creator")
        creatorJoined = try reader.bool("creatorJoined")
        settings = try RoomSettings(from: &reader)
        passwordDigest = try reader.passwordDigest()
        seed = RoomSeed(bytes: try reader.data(0...RoomSeed.length, "seed"))
        locked = try reader.bool("locked")
        host = try reader.optional("host") { reader throws(RoomCodecError) in try reader.identifier("host") }
        seq = try reader.int(BinaryReader.sequenceNumbers, "seq")
        lastInstant = try reader.instant("lastInstant")
        members = try reader.array(max: Limits.playersPerRoomMax + Limits.displaysPerRoomMax, "members") {
            reader throws(RoomCodecError) in try Member(from: &reader)
        }
        kicked = try reader.array(max: Limits.kickedPerRoomMax, "kicked") { reader throws(RoomCodecError) in
            try reader.identifier("kicked")
        }
        emptySince = try reader.optionalInstant("emptySince")
        hostAbsentSince = try reader.optionalInstant("hostAbsentSince")
        game = try reader.optional("game") { reader throws(RoomCodecError) in try Game(from: &reader) }
        lastGame = try reader.optional("lastGame") { reader throws(RoomCodecError) in
            LastGame(
                of: try reader.int(Limits.questionsPerGame, "lastGame.of"), over: try GameOverPayload(from: &reader))
        }
        guard hasHeard else { return }
        heard = try reader.array(max: Limits.sessionsRememberedPerRoomMax, "heard") {
            [code] reader throws(RoomCodecError) in try HeardCommand(from: &reader, code: code)
        }
        if heard.isEmpty { throw RoomCodecError(.outOfRange, "heard") }
    }

    /// The first thing that cannot be in a room that came about by the rules; nil when all is well.
    var fault: String? {
        if count(of: .player) > Limits.playersPerRoomMax || count(of: .display) > Limits.displaysPerRoomMax {
            return "more members than places"
        }
        if Set(members.map(\.player)).count != members.count { return "a member twice" }
        if host == nil ? !members.isEmpty : !members.contains(where: { $0.player == host }) { return "a foreign host" }
        if Set(heard.map(\.origin.session)).count != heard.count { return "a session heard twice" }
        switch stage {
        case .unopened, .lobby:
            if game != nil { return "a game in the lobby" }
        case .countdown, .question, .locked, .reveal, .leaderboard, .podium:
            guard let game else { return "a stage without its game" }
            if (stage == .countdown) != (game.index < 0) { return "a question in the countdown, or none after it" }
            if (stage == .podium) != (game.over != nil) { return "a podium without its result, or the reverse" }
        case .closed: break
        }
        return game?.fault(members: members)
    }
}

extension Game {
    fileprivate func fault(members: [Member]) -> String? {
        if Question.fault(in: questions) != nil { return "questions that cannot be played" }
        if (round == nil) != (index < 0) || index >= questions.count || past.count != max(0, index) {
            return "a question out of step"
        }
        if Set(standings.map(\.player)).count != standings.count { return "a standing twice" }
        let away = standings.filter(\.left).map(\.player)
        let here = standings.filter { !$0.left }.map(\.player)
        let players = members.filter { $0.role == .player }.map(\.player)
        if Set(here) != Set(players) || away.contains(where: Set(members.map(\.player)).contains) {
            return "standings that are not the members'"
        }
        return nil
    }
}

extension Member {
    func write(to writer: inout BinaryWriter) {
        writer.identifier(player)
        writer.text(nickname)
        writer.byte(role.tag)
        writer.bool(ready)
        writer.bool(present)
    }

    init(from reader: inout BinaryReader) throws(RoomCodecError) {
        self.init(
            player: try reader.identifier("member.player"),
            nickname: try reader.text("member.nickname"),
            role: try reader.tagged(\MemberRole.tag, "member.role"),
            ready: try reader.bool("member.ready"),
            present: try reader.bool("member.present"))
    }
}

extension BinaryReader {
    mutating func optionalInstant(_ context: String) throws(RoomCodecError) -> RoomInstant? {
        try optional(context) { reader throws(RoomCodecError) in try reader.instant(context) }
    }
}
