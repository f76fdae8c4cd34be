import Foundation
import QuizModel
import Testing

@testable import QuizWire

/// `BurstPayload` against Foundation: equal values have equal bytes, whoever writes them.
@Suite struct BurstPayloadTests {
    private static func foundation(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func written(_ value: some Encodable) throws -> String {
        String(decoding: try WireJSON.bytes(value), as: UTF8.self)
    }

    /// - Parameter isPlain: the value writes itself; else it leaves it to others.
    private static func check(_ value: some BurstPayload, isPlain: Bool = true) throws {
        #expect((value.plainBytes != nil) == isPlain)
        #expect(try written(value) == foundation(value))
    }

    private static let texts = ["a", "Zoë 🦊", "q\"uote\"", "back\\slash", "a/b", "é ß 日本", "\"", "\\"]
    private static let numbers = [0, 1, 9, 10, 99, 100, -1, -10, Int.max, Int.min]

    @Test(arguments: texts, [true, false]) func `a line of chat`(text: String, isStored: Bool) throws {
        try Self.check(
            ChatMessagePayload(
                id: isStored ? .random() : nil, client: try #require(ClientID("c-1")), player: .random(),
                nickname: try #require(Nickname("Zoë \"🦊\"")), text: try #require(ChatText(text)),
                sentAtMs: 1_700_000_000_000))
    }

    @Test func `a line of chat of several lines is left to Foundation`() throws {
        try Self.check(
            ChatMessagePayload(
                id: nil, client: try #require(ClientID("c-1")), player: .random(),
                nickname: try #require(Nickname("Ada")), text: try #require(ChatText("one\ntwo \"three\"")), sentAtMs: 0
            ),
            isPlain: false)
    }

    @Test(arguments: numbers) func `acknowledgements and progress`(number: Int) throws {
        let at = RoomInstant(milliseconds: Int64(number))
        for choice in [[], [0], [1, 2, 3]] {
            try Self.check(Accepted(AnswerAck(question: number, choice: choice, at: at)))
        }
        try Self.check(Accepted(ChatSentAck(message: .random(), sentAtMs: Int64(number))))
        try Self.check(ProgressPayload(index: number, answered: 3, of: number))
    }

    @Test func `who a player is`() throws {
        let code = try #require(RoomCode("ABCDEFG"))
        let nickname = try #require(Nickname("Zoë 🦊"))
        var seats: [SeatView?] = [nil]
        for role in MemberRole.allCases {
            for answer in [nil, GivenAnswer(question: 3, choice: [1, 2], at: RoomInstant(milliseconds: 5))] {
                seats.append(
                    SeatView(code: code, role: role, ready: true, host: false, score: 10, streak: 1, answer: answer))
            }
        }
        for seat in seats {
            if let seat { try Self.check(seat) }
            for token in [nil, "t.o/k+en"] {
                try Self.check(
                    MePayload(player: .random(), nickname: nickname, token: token, refresh: token, seat: seat))
            }
        }
    }

    private static func state(
        of members: [MemberView], host: PlayerID? = nil, settings: RoomSettings = RoomSettings(),
        game: GameView? = nil, paused: PauseReason? = nil
    ) throws -> RoomStatePayload {
        RoomStatePayload(
            code: try #require(RoomCode("ABCDEFG")), seq: 7, phase: .lobby, settings: settings, locked: true,
            host: host, members: members, present: members.dropFirst().map(\.player), game: game, paused: paused,
            at: RoomInstant(milliseconds: 12))
    }

    private static func game(prompt: String) throws -> GameView {
        let entry = LeaderboardEntry(
            player: .random(), nickname: try #require(Nickname("Zoë")), rank: 1, previousRank: nil, score: 5,
            accuracyPoints: 3, speedPoints: 2, streak: 1, right: 1)
        return GameView(
            game: .random(), index: 0, of: 3, until: RoomInstant(milliseconds: 9),
            question: QuestionPayload(
                seq: 4, game: .random(), index: 0, of: 3, kind: .single, category: try #require(CategoryID("art")),
                difficulty: .easy, prompt: prompt, choices: ["a/b", "c"], opensAt: .zero,
                closesAt: RoomInstant(milliseconds: 5_000)),
            reveal: nil,
            leaderboard: LeaderboardPayload(seq: 3, index: 0, entries: [entry], at: .zero, until: nil), over: nil,
            progress: ProgressPayload(index: 0, answered: 1, of: 2))
    }

    @Test func `a room with few and many in it`() throws {
        let members = try (0..<50).map { number in
            MemberView(
                player: .random(), nickname: try #require(Nickname(number == 3 ? "Zoë \"🦊\"" : "Ada \(number)")),
                role: number == 4 ? .display : .player, ready: number % 2 == 0, host: number == 0, score: number * 1_000
            )
        }
        for count in [0, 1, 2, 50] {
            try Self.check(Self.state(of: Array(members.prefix(count)), host: members.first?.player))
        }
        let settings = RoomSettings(
            title: "a \"quiz\"", visibility: .private,
            categories: try ["history", "art"].map { try #require(CategoryID($0)) },
            difficulty: .hard, speedPoints: false, autoAdvance: false)
        try Self.check(Self.state(of: members, settings: settings, paused: .host))
        try Self.check(Self.state(of: members, game: Self.game(prompt: "Who?")))
        try Self.check(Self.state(of: members, game: Self.game(prompt: "One line\nand another")), isPlain: false)
    }

    /// A member that is added to a type and not here would be nil in the other tests, and missing on the wire.
    @Test func `every member of the types is written`() throws {
        let nickname = try #require(Nickname("Ada"))
        let answer = GivenAnswer(question: 3, choice: [1, 2], at: RoomInstant(milliseconds: 5))
        let seat = SeatView(
            code: try #require(RoomCode("ABCDEFG")), role: .player, ready: true, host: false, score: 10, streak: 1,
            answer: answer)
        let line = ChatMessagePayload(
            id: .random(), client: try #require(ClientID("c-1")), player: .random(), nickname: nickname,
            text: try #require(ChatText("hello")), sentAtMs: 1)
        func keys(_ value: some Encodable) throws -> [String] {
            let object = try JSONSerialization.jsonObject(with: Data(try WireJSON.bytes(value)))
            return (object as? [String: Any]).map { $0.keys.sorted() } ?? []
        }
        func members(_ value: Any) -> [String] { Mirror(reflecting: value).children.compactMap(\.label).sorted() }
        #expect(try keys(line) == members(line))
        #expect(try keys(seat) == members(seat))
        let me = MePayload(player: .random(), nickname: nickname, token: "t", refresh: "r", seat: seat)
        #expect(try keys(me) == members(me))
        let progress = ProgressPayload(index: 1, answered: 2, of: 3)
        #expect(try keys(progress) == members(progress))
        let sent = ChatSentAck(message: .random(), sentAtMs: 1)
        #expect(try keys(Accepted(sent)) == (members(sent) + ["ok"]).sorted())
        let answered = AnswerAck(question: 1, choice: [0], at: .zero)
        #expect(try keys(Accepted(answered)) == (members(answered) + ["ok"]).sorted())
        let settings = RoomSettings(difficulty: .easy)
        #expect(try keys(settings) == members(settings))
        let member = MemberView(player: .random(), nickname: nickname, role: .player, ready: true, host: true, score: 0)
        #expect(try keys(member) == members(member))
        let state = try Self.state(
            of: [member], host: member.player, settings: settings, game: Self.game(prompt: "Who?"), paused: .host)
        #expect(try keys(state) == members(state))
        let inSeat = try JSONSerialization.jsonObject(with: Data(try WireJSON.bytes(seat))) as? [String: Any]
        #expect((inSeat?["answer"] as? [String: Any]).map { $0.keys.sorted() } == members(answer))
    }

    @Test func `an object of nothing`() throws {
        var json = PlainWriter()
        #expect(PlainWriter().finished() == Array("{}".utf8))
        json.object("a") { _ in }
        json.number("b", 1)
        json.objects("c", [RoomSettings]())
        json.texts("d", ["x,", "y:", "z["])
        #expect(json.finished() == Array(#"{"a":{},"b":1,"c":[],"d":["x,","y:","z["]}"#.utf8))
    }
}
