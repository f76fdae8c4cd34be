package import QuizModel

/// The journal's form of an input: a format version, the instant it was applied at, in version 2 the command it came
/// from, a tag and its fields. An input that came from no command is written as version 1.
///
/// Journals outlive builds: a tag keeps its number and its fields for ever. A new form gets a new tag, or a new version
/// that the build before it can already read.
extension RoomInput {
    package static let formatVersion: UInt8 = 2
    private static let formatVersionWithoutOrigin: UInt8 = 1

    /// Any input has a form, also one that the machine would refuse; only those it could have applied can be read back.
    /// Instants, ages and credits are written as the machine takes them: brought into their range.
    package func encode(at instant: RoomInstant, from origin: InputOrigin? = nil) -> [UInt8] {
        var writer = BinaryWriter()
        writer.byte(origin == nil ? Self.formatVersionWithoutOrigin : Self.formatVersion)
        writer.instant(min(max(instant, .zero), RoomTiming.end))
        origin?.write(to: &writer)
        writeFields(to: &writer)
        return writer.bytes
    }

    /// - Throws: every `RoomCodecError.Code` but `inconsistent`; nothing may follow the input.
    package static func decode(
        _ bytes: [UInt8]
    ) throws(RoomCodecError) -> (input: RoomInput, at: RoomInstant, origin: InputOrigin?) {
        var reader = BinaryReader(bytes)
        let version = try reader.byte("input version")
        guard version == formatVersion || version == formatVersionWithoutOrigin else {
            throw RoomCodecError(.unsupportedVersion, "input version")
        }
        // Unlike a deadline, an input never lies beyond the end of room time.
        let instant = RoomInstant(
            milliseconds: Int64(try reader.int(0...Int(RoomTiming.end.milliseconds), "input instant")))
        let origin = version == formatVersion ? try InputOrigin(from: &reader) : nil
        let input = try RoomInput(from: &reader)
        try reader.end("input")
        return (input, instant, origin)
    }

    private enum Tag: UInt8 {
        case opened = 1
        case join = 2
        case leave = 3
        case kick = 4
        case transferHost = 5
        case lock = 6
        case ready = 7
        case configure = 8
        case presence = 9
        case start = 10
        case answer = 11
        case pause = 12
        case resume = 13
        case skip = 14
        case rematch = 15
        case close = 16
        case tick = 17
        case clock = 18
    }

    private func writeFields(to writer: inout BinaryWriter) {
        func begin(_ tag: Tag, _ player: PlayerID? = nil) {
            writer.byte(tag.rawValue)
            if let player { writer.identifier(player) }
        }
        switch self {
        case .opened(let code, let creator, let settings, let digest, let seed):
            begin(.opened, creator)
            writer.text(code)
            settings.write(to: &writer)
            writer.optional(digest) { $0.data($1) }
            writer.data(seed.bytes)
        case .join(let player, let nickname, let role, let digest):
            begin(.join, player)
            writer.text(nickname)
            writer.byte(role.tag)
            writer.optional(digest) { $0.data($1) }
        case .leave(let player): begin(.leave, player)
        case .kick(let host, let player):
            begin(.kick, host)
            writer.identifier(player)
        case .transferHost(let host, let player):
            begin(.transferHost, host)
            writer.identifier(player)
        case .lock(let host, let locked):
            begin(.lock, host)
            writer.bool(locked)
        case .ready(let player, let ready):
            begin(.ready, player)
            writer.bool(ready)
        case .configure(let host, let settings, let digest):
            begin(.configure, host)
            settings.write(to: &writer)
            writer.optional(digest) { $0.data($1) }
        case .presence(let player, let present):
            begin(.presence, player)
            writer.bool(present)
        case .start(let host, let game, let questions):
            begin(.start, host)
            writer.identifier(game)
            writer.array(questions) { $0.write(to: &$1) }
        case .answer(let player, let question, let choice, let id, let ageMs):
            begin(.answer, player)
            writer.int(question)
            writer.ints(choice)
            writer.text(id)
            writer.int(RoomTiming.age(ageMs))
        case .pause(let host): begin(.pause, host)
        case .resume(let host): begin(.resume, host)
        case .skip(let host): begin(.skip, host)
        case .rematch(let host): begin(.rematch, host)
        case .close(let host): begin(.close, host)
        case .tick(let credits):
            begin(.tick)
            writer.array(Array(credits.prefix(Limits.participantsPerGameMax))) {
                $1.identifier($0.player)
                $1.int($0.countedMs)
            }
        case .clock(let reason):
            begin(.clock)
            writer.byte(reason.rawValue)
        }
    }

    private init(from reader: inout BinaryReader) throws(RoomCodecError) {
        guard let tag = Tag(rawValue: try reader.byte("input tag")) else {
            throw RoomCodecError(.unknownTag, "input tag")
        }
        switch tag {
        case .tick: self = .tick(credits: try reader.credits())
        case .clock:
            guard let reason = ClockReason(rawValue: try reader.byte("clock reason")) else {
                throw RoomCodecError(.unknownTag, "clock reason")
            }
            self = .clock(reason)
        default:
            let player: PlayerID = try reader.identifier("input player")
            self = try Self.read(tag, of: player, from: &reader)
        }
    }

    /// Everything that somebody asked for.
    private static func read(
        _ tag: Tag, of player: PlayerID, from reader: inout BinaryReader
    ) throws(RoomCodecError) -> RoomInput {
        switch tag {
        case .opened:
            return .opened(
                code: try reader.text("code"), creator: player, settings: try RoomSettings(from: &reader),
                passwordDigest: try reader.passwordDigest(),
                seed: RoomSeed(bytes: try reader.data(RoomSeed.length...RoomSeed.length, "seed")))
        case .join:
            return .join(
                player: player, nickname: try reader.text("nickname"),
                role: try reader.tagged(\MemberRole.tag, "role"), passwordDigest: try reader.passwordDigest())
        case .leave: return .leave(player: player)
        case .kick: return .kick(by: player, player: try reader.identifier("kicked player"))
        case .transferHost: return .transferHost(by: player, to: try reader.identifier("new host"))
        case .lock: return .lock(by: player, locked: try reader.bool("locked"))
        case .ready: return .ready(player: player, ready: try reader.bool("ready"))
        case .configure:
            return .configure(
                by: player, settings: try RoomSettings(from: &reader), passwordDigest: try reader.passwordDigest())
        case .presence: return .presence(player: player, present: try reader.bool("present"))
        case .start:
            return .start(
                by: player, game: try reader.identifier("game"),
                questions: try reader.array(max: Limits.questionsPerGame.upperBound, "questions") {
                    reader throws(RoomCodecError) in try Question(from: &reader)
                })
        case .answer:
            return .answer(
                player: player,
                question: try reader.int(0...Limits.questionsPerGame.upperBound - 1, "question"),
                choice: try reader.choice("choice"), id: try reader.text("answer id"),
                ageMs: try reader.int(0...RoomTiming.ageMsMax, "age"))
        case .pause: return .pause(by: player)
        case .resume: return .resume(by: player)
        case .skip: return .skip(by: player)
        case .rematch: return .rematch(by: player)
        case .close: return .close(by: player)
        case .tick, .clock: throw RoomCodecError(.unknownTag, "input tag")
        }
    }
}

extension BinaryReader {
    mutating func passwordDigest() throws(RoomCodecError) -> [UInt8]? {
        try optional("password digest") { reader throws(RoomCodecError) in
            try reader.data(0...RoomStateMachine.passwordDigestBytes.upperBound, "password digest")
        }
    }

    fileprivate mutating func credits() throws(RoomCodecError) -> [LatencyCredit] {
        try array(max: Limits.participantsPerGameMax, "credits") { reader throws(RoomCodecError) in
            LatencyCredit(
                player: try reader.identifier("credit player"),
                milliseconds: try reader.int(0...Limits.latencyCreditMaxMs, "credit"))
        }
    }
}
