import HTTPTypes
import NIOConcurrencyHelpers
import NIOPosix
import QuizContent
import QuizHTTP
import QuizModel
import QuizRoomHost
import QuizSocial
import QuizTestKit
import QuizWire
import Testing

struct RoomAPITests {
    @Test func `public rooms are listed, the fullest first`() async throws {
        let fixture = try await Fixture()
        fixture.rooms.add("AAAAAAA", .public, players: 1)
        fixture.rooms.add("BBBBBBB", .public, players: 9)
        fixture.rooms.add("CCCCCCC", .private, players: 50)
        for index in 0..<60 { fixture.rooms.add("2222" + String(format3(index)), .public, players: 0) }
        let rooms = try await fixture.ask("GET", "/api/rooms").decode(RoomListResponse.self).rooms
        #expect(rooms.count == 50)
        #expect(rooms.prefix(2).map(\.code.text) == ["BBBBBBB", "AAAAAAA"])
        #expect(!rooms.contains { $0.visibility == .private })
    }

    @Test func `the list is made beside the loops, where rooms play; a look-up is not worth the way`() async throws {
        let fixture = try await Fixture()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        await withTaskExecutorPreference(LoopTaskExecutor(loop)) {
            for path in ["/api/rooms", "/api/rooms/AAAAAAA"] { _ = try? await fixture.ask("GET", path) }
        }
        #expect(fixture.rooms.askedOn.withLockedValue { $0 } == [.elsewhere, .loop])
    }

    @Test func `lists and look-ups are counted by address, each for themselves`() async throws {
        let fixture = try await Fixture(allowance: { [.roomLookUp: 2, .roomList: 3][$0] ?? 0 })
        fixture.rooms.add("AAAAAAA", .public)
        for (path, allowance) in [("/api/rooms", 3), ("/api/rooms/AAAAAAA", 2)] {
            for _ in 0..<allowance { #expect(try await fixture.ask("GET", path).status == 200) }
            let refused = try await fixture.ask("GET", path)
            #expect(refused.status == 429 && refused.headers[.init("Retry-After")!] != nil)
            #expect(try await fixture.ask("GET", path, from: "203.0.113.10").status == 200)
        }
    }

    private func format3(_ index: Int) -> String {
        let symbols = Array("23456789")
        return String([symbols[index / 64], symbols[index / 8 % 8], symbols[index % 8]])
    }

    @Test func `a private, an absent and a misspelled room have the same answer`() async throws {
        let fixture = try await Fixture()
        fixture.rooms.add("AAAAAAA", .private)
        fixture.rooms.add("BBBBBBB", .unlisted)
        let found = try await fixture.ask("GET", "/api/rooms/bbbbbbb")
        #expect(found.status == 200)
        #expect(try found.decode(RoomSummary.self).code.text == "BBBBBBB")
        let hidden = try await fixture.ask("GET", "/api/rooms/AAAAAAA")
        #expect(hidden.status == 404)
        #expect(try hidden.decode(ErrorResponse.self).error.code == .roomNotFound)
        for path in ["/api/rooms/CCCCCCC", "/api/rooms/x", "/api/rooms/%00", "/api/rooms/AAAAAAA%20"] {
            let absent = try await fixture.ask("GET", path)
            #expect(absent.status == hidden.status)
            #expect(absent.body == hidden.body)
            #expect(absent.headers == hidden.headers)
        }
    }

    @Test func `a room is made by somebody who is signed in`() async throws {
        let fixture = try await Fixture()
        let json =
            #"{"settings":{"title":"T","visibility":"public","questionCount":5,"answerWindowMs":20000,"categories":[],"speedPoints":true,"autoAdvance":true}}"#
        let refused = try await fixture.ask("POST", "/api/rooms", json: json)
        #expect(refused.status == 401)
        #expect(refused.headers[.wwwAuthenticate] == "Bearer")
        let (_, headers) = try await fixture.signIn()
        let answer = try await fixture.ask("POST", "/api/rooms", json: json, headers: headers)
        #expect(answer.status == 201)
        #expect(try answer.decode(RoomCreatedAck.self).code.text == "2222222")
        #expect(fixture.rooms.created.withLockedValue { $0.count } == 1)
        #expect(try await fixture.ask("POST", "/api/rooms", json: "{}", headers: headers).status == 201)
    }

    @Test(arguments: [
        (#"{"password":"x"}"#, "Only a private room has a `password`."),
        (
            #"{"settings":{"title":"T","visibility":"private","questionCount":5,"answerWindowMs":20000,"categories":[],"speedPoints":true,"autoAdvance":true}}"#,
            "A private room needs a `password`."
        ),
        (
            #"{"settings":{"title":"T","visibility":"public","questionCount":51,"answerWindowMs":20000,"categories":[],"speedPoints":true,"autoAdvance":true}}"#,
            "`questionCount` is 1 to 50."
        ),
        (#"{"settings":{"title":"T"}}"#, "`settings.visibility`: is missing."),
    ])
    func `settings that cannot be are refused`(json: String, sentence: String) async throws {
        let fixture = try await Fixture()
        let (_, headers) = try await fixture.signIn()
        let answer = try await fixture.ask("POST", "/api/rooms", json: json, headers: headers)
        #expect(answer.status == 400)
        #expect(try answer.decode(ErrorResponse.self).error.message == sentence)
        #expect(fixture.rooms.created.withLockedValue { $0.isEmpty })
    }

    @Test func `history comes in pages of 20`() async throws {
        let fixture = try await Fixture()
        let (player, headers) = try await fixture.signIn()
        fixture.games.owner.withLockedValue { $0 = player }
        fixture.games.games.withLockedValue { games in
            games = (1...45).reversed().map {
                GameSummary(
                    game: GameID(value: UInt128($0)), title: "T", finishedAtMs: Int64($0) * 1_000, players: 2, rank: 1,
                    score: 7)
            }
        }
        var seen: [Int64] = []
        var path: String? = "/api/me/games"
        while let next = path {
            let page = try await fixture.ask("GET", next, headers: headers).decode(GameHistoryResponse.self)
            #expect(page.games.count <= 20)
            seen += page.games.map(\.finishedAtMs)
            path = page.next.map { "/api/me/games?before=\($0)" }
        }
        #expect(seen == (1...45).reversed().map { $0 * 1_000 })
        #expect(try await fixture.ask("GET", "/api/me/games?before=x", headers: headers).status == 400)
        #expect(try await fixture.ask("GET", "/api/me/games?before=", headers: headers).status == 400)
        #expect(try await fixture.ask("GET", "/api/me/games").status == 401)
    }

    @Test func `a result is for those who played`() async throws {
        let fixture = try await Fixture()
        let (player, headers) = try await fixture.signIn()
        let (_, stranger) = try await fixture.signIn("Bob")
        fixture.games.owner.withLockedValue { $0 = player }
        let game = GameID.random()
        fixture.games.games.withLockedValue {
            $0 = [GameSummary(game: game, title: "T", finishedAtMs: 1, players: 2, rank: 1, score: 7)]
        }
        #expect(
            try await fixture.ask("GET", "/api/games/\(game)", headers: headers).decode(GameResultResponse.self).game
                == game)
        #expect(try await fixture.ask("GET", "/api/games/\(game)", headers: stranger).status == 404)
        #expect(try await fixture.ask("GET", "/api/games/nonsense", headers: headers).status == 404)
        #expect(try await fixture.ask("GET", "/api/games/\(game)").status == 401)
    }

    @Test func `categories and packs come from the bank`() async throws {
        let fixture = try await Fixture()
        let bank = QuestionBank(
            pack: QuestionPack(id: PackID("p")!, title: "P", description: "D"),
            categories: [QuizModel.Category(id: CategoryID("c")!, name: "C")],
            questions: [
                Question(
                    id: QuestionID("1")!, kind: .single, category: CategoryID("c")!, difficulty: .easy, prompt: "?",
                    choices: ["a", "b"], correct: [0])
            ])
        _ = try await fixture.questions.store(bank)
        let categories = try await fixture.ask("GET", "/api/categories").decode(CategoryListResponse.self).categories
        #expect(categories == [CategorySummary(id: CategoryID("c")!, name: "C", questions: 1)])
        let packs = try await fixture.ask("GET", "/api/packs").decode(PackListResponse.self).packs
        #expect(packs == [PackSummary(id: PackID("p")!, title: "P", description: "D", questions: 1)])
        fixture.questions.isAway = true
        #expect(try await fixture.ask("GET", "/api/categories").status == 503)
        #expect(try await fixture.ask("GET", "/api/packs").status == 503)
    }
}
