import QuizModel
import QuizRoom
import QuizRoomHost
import QuizShards

@testable import QuizPostgres

/// A room whose journal the real machine wrote, on a real server.
struct PlayedRoom {
    static let host = PlayerID(value: 11)
    static let secret = [UInt8](repeating: 3, count: 32)

    private let database: TestDatabase
    let record: RoomRecord
    var term: Term
    /// The fold of everything written so far.
    private(set) var room: ReplayedRoom
    private var now = RoomInstant.zero
    private var unsent: [JournalRow] = []
    private var stored: JournalHead
    private(set) var games: [GameID] = []

    var head: JournalHead { room.head }

    /// In the lobby, with its host.
    init(in database: TestDatabase, owner: Incarnation = .random()) async throws {
        self.database = database
        var generator = SystemRandomNumberGenerator()
        let code = RoomCode.random(using: &generator)
        guard let term = try await database.postgres.rooms.take([ShardID(of: code)], owner: owner).first else {
            throw TestServer.Failure(what: "The shard was not taken.")
        }
        self.term = term
        record = RoomRecord(room: .random(), code: code, shard: term.shard, rules: RoomStateMachine.rules)
        guard try await database.postgres.rooms.create(record, term: term) == .created else {
            throw TestServer.Failure(what: "The room was not created.")
        }
        room = try RoomReplay.begin(record, at: nil, ringKey: [UInt8](repeating: 0, count: 32))
        stored = room.head
        try apply(
            .opened(
                code: code, creator: Self.host, settings: RoomSettings(), passwordDigest: nil,
                seed: RoomSeed(bytes: [UInt8](repeating: 5, count: 32))))
        guard let nickname = Nickname("Ada") else { throw TestServer.Failure(what: "A nickname.") }
        try apply(.join(player: Self.host, nickname: nickname, role: .player, passwordDigest: nil))
        try await write()
    }

    // MARK: Playing

    private mutating func apply(_ input: RoomInput) throws {
        var machine = room.machine
        guard case .applied = machine.apply(input, at: now, from: nil) else {
            throw TestServer.Failure(what: "The machine refused \(input).")
        }
        let payload = input.encode(at: now, from: nil)
        let chain = JournalChain.next(after: room.head.chain, number: room.head.number + 1, payload: payload)
        let row = JournalRow(
            number: room.head.number + 1, chain: chain, digest: machine.digest, payload: payload)
        try RoomReplay.fold(row, into: &room)
        unsent.append(row)
    }

    /// What was not written yet, as one append.
    mutating func next() -> RoomAppend {
        defer { (unsent, stored) = ([], room.head) }
        return RoomAppend(room: record.room, term: term, previous: stored, rows: unsent)
    }

    private mutating func write() async throws {
        guard await database.postgres.journal.append(next()) == .committed(kept: [record.room]) else {
            throw TestServer.Failure(what: "The journal refused the room.")
        }
    }

    /// Inputs that change nothing a player sees, written.
    mutating func go(_ count: Int = 6) async throws {
        for _ in 0..<count { try apply(.clock(.loopGap)) }
        try await write()
    }

    /// A whole game of one question, written; its result is stored if it is given an end.
    ///
    /// - Parameter endedMs: milliseconds since 1970.
    mutating func play(endedMs: Int64?) async throws {
        if !games.isEmpty { try apply(.rematch(by: Self.host)) }
        let game = GameID.random()
        guard let id = QuestionID("q-1"), let category = CategoryID("tests") else { return }
        let question = Question(
            id: id, kind: .single, category: category, difficulty: .easy, prompt: "Which?", choices: ["A", "B"],
            correct: [0])
        try apply(.start(by: Self.host, game: game, questions: [question]))
        for _ in 0..<20 where room.machine.phase != .podium {
            now = max(now, room.machine.nextDeadline ?? now)
            try apply(.tick(credits: []))
        }
        games.append(game)
        try await write()
        if let endedMs { try await store(game, endedMs: endedMs) }
    }

    func store(_ game: GameID, endedMs: Int64) async throws {
        guard let (record, rows) = try await database.postgres.rooms.journal(of: record.room, through: .max) else {
            return
        }
        let fold = try await database.postgres.rooms.fold(of: record.room)
        let result = try GameReplay.result(
            of: game, in: record, base: fold?.base, rows: rows, signer: ResultSigner(secret: Self.secret),
            nowMs: endedMs)
        guard let result, try await database.postgres.journal.save(result, term: term, lane: 0) else {
            throw TestServer.Failure(what: "The result was not stored.")
        }
    }

    /// The room as it is now, as a snapshot.
    func snapshot() async throws {
        let bytes = RoomSnapshot(machine: room.machine, events: room.ring.mark).encode()
        let snapshot = StoredSnapshot(room: record.room, head: room.head, bytes: bytes)
        guard try await database.postgres.journal.save(snapshot, term: term, lane: 0) else {
            throw TestServer.Failure(what: "The snapshot was not stored.")
        }
    }

    /// - Parameter ms: when, milliseconds since 1970.
    mutating func close(atMs ms: Int64) async throws {
        try apply(.close(by: Self.host))
        try await write()
        _ = try await database.postgres.journal.close(record.room, term: term, lane: 0)
        try await database.session().script(
            "UPDATE room SET closed_at = to_timestamp(\(ms) / 1000.0) WHERE room = '\(record.room)'")
    }

    /// What an auditor finds about a game.
    func verdict(_ game: GameID) async throws -> GameReplay.Verdict {
        let signer = try ResultSigner(secret: Self.secret)
        return try await GameReplay.check(
            game, store: database.postgres.rooms, publicKey: signer.publicKey, keyID: signer.keyID)
    }

    /// The room as a new owner would bring it back.
    func loaded() async throws -> ReplayedRoom? {
        guard let stored = try await database.postgres.rooms.load(shards: [record.shard]).first else { return nil }
        return try RoomReplay.replay(stored, ringKey: [UInt8](repeating: 0, count: 32))
    }
}
