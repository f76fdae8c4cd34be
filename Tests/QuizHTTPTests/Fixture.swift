import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import QuizContent
import QuizHTTP
import QuizModel
import QuizSocial
import QuizTestKit
import QuizWire

/// Rooms as the tests want them.
final class FakeRooms: RoomDirectory {
    let rooms = NIOLockedValueBox<[RoomSummary]>([])
    let created = NIOLockedValueBox<[CreateRoomCommand]>([])
    let askedOn = NIOLockedValueBox<[Place]>([])

    func publicRooms() async -> [RoomSummary] {
        askedOn.withLockedValue { $0.append(.here) }
        return rooms.withLockedValue { $0 }
    }

    func find(_ code: RoomCode) async -> RoomSummary? {
        askedOn.withLockedValue { $0.append(.here) }
        return rooms.withLockedValue { $0.first { $0.code == code } }
    }

    func create(_ command: CreateRoomCommand, by player: PlayerID) async throws(Rejection) -> RoomCreatedAck {
        created.withLockedValue { $0.append(command) }
        return RoomCreatedAck(room: RoomID(value: 5), code: RoomCode("2222222")!)
    }

    func add(_ code: String, title: String = "Quiz night", _ visibility: RoomVisibility, players: Int = 2) {
        rooms.withLockedValue {
            $0.append(
                RoomSummary(
                    code: RoomCode(code)!, title: title, visibility: visibility, phase: .lobby, players: players,
                    playersMax: 50, locked: false, password: visibility == .private))
        }
    }
}

/// What kind of thread something runs on.
enum Place {
    case loop, elsewhere

    static var here: Place { MultiThreadedEventLoopGroup.currentEventLoop == nil ? .elsewhere : .loop }
}

/// Finished games as the tests want them.
final class FakeGames: GameArchive {
    let games = NIOLockedValueBox<[GameSummary]>([])
    let owner = NIOLockedValueBox<PlayerID?>(nil)

    func history(of player: PlayerID, beforeMs: Int64?, limit: Int) async throws(Rejection) -> [GameSummary] {
        games.withLockedValue { Array($0.filter { $0.finishedAtMs < beforeMs ?? .max }.prefix(limit)) }
    }

    func result(of game: GameID, for player: PlayerID) async throws(Rejection) -> ArchivedGame? {
        guard player == owner.withLockedValue({ $0 }) else { return nil }
        return games.withLockedValue { $0.first { $0.game == game } }.flatMap {
            try? ArchivedGame(
                GameResultResponse(
                    game: $0.game, title: $0.title, finishedAtMs: $0.finishedAtMs, entries: [], inputs: 3, chain: "00",
                    signature: "", key: ""))
        }
    }
}

/// The whole API over stores in memory, asked without a socket.
struct Fixture {
    let rooms = FakeRooms()
    let games = FakeGames()
    let store = InMemoryAccountStore()
    let limiter: CountingRateLimiter
    let questions: InMemoryQuestionStore
    let accounts: GuestAccounts
    let api: QuizAPI
    private let responder: RouterResponder<QuizRequestContext>

    init(
        settings: APISettings = APISettings(), files: WebFiles = .none,
        allowance: @escaping @Sendable (RateLimitedDoor) -> Int = { $0.perMinute }, checks: [HealthCheck] = [],
        operators: APIServices.Operators? = nil
    ) async throws {
        limiter = CountingRateLimiter(allowance: allowance)
        questions = InMemoryQuestionStore()
        accounts = await GuestAccounts(
            accounts: store, revocations: InMemoryRevocationStore(),
            secret: try SessionSecret(bytes: Array(repeating: 3, count: 32)),
            nowMs: { Int64(Date().timeIntervalSince1970 * 1_000) })
        api = try QuizAPI(
            services: APIServices(
                accounts: accounts, rooms: rooms, games: games, questions: questions, limiter: limiter,
                readiness: { checks }, operators: operators),
            settings: settings, files: files)
        responder = api.router().buildResponder()
    }

    struct Answer {
        var status: Int
        var headers: HTTPFields
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try WireJSON.decode(type, from: body) }
        /// The value of a cookie that was set.
        func cookie(_ name: String) -> String? {
            headers[values: .setCookie].first { $0.hasPrefix(name + "=") }?
                .dropFirst(name.count + 1).split(separator: ";", omittingEmptySubsequences: false).first.map(
                    String.init)
        }
    }

    func ask(
        _ method: String, _ path: String, json: String? = nil, headers: [String: String] = [:],
        from address: String = "203.0.113.9"
    ) async throws -> Answer {
        var fields = HTTPFields()
        if json != nil { fields[.contentType] = "application/json" }
        for (name, value) in headers { fields[HTTPField.Name(name)!] = value }
        let head = HTTPRequest(
            method: HTTPRequest.Method(method)!, scheme: "http", authority: "quiz.test", path: path,
            headerFields: fields)
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(string: json ?? "")))
        let context = QuizRequestContext(
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, peerAddress: address)
        let response = try await responder.respond(to: request, context: context)
        let sink = BodySink()
        try await response.body.write(sink)
        return Answer(status: response.status.code, headers: response.headers, body: sink.bytes.withLockedValue { $0 })
    }

    /// A signed-in player's headers.
    func signIn(_ nickname: String = "Ada") async throws -> (player: PlayerID, headers: [String: String]) {
        let answer = try await ask("POST", "/api/session/guest", json: #"{"nickname":"\#(nickname)"}"#)
        let session = try answer.decode(SessionResponse.self)
        return (session.player, ["Authorization": "Bearer \(session.token)"])
    }
}

private final class BodySink: ResponseBodyWriter {
    let bytes = NIOLockedValueBox<[UInt8]>([])

    func write(_ buffer: ByteBuffer) async throws {
        bytes.withLockedValue { $0 += Array(buffer.readableBytesView) }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
