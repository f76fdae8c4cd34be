import HTTPTypes
import NIOConcurrencyHelpers
import NIOPosix
import QuizHTTP
import QuizModel
import QuizRoomHost
import QuizSocial
import QuizWire
import Testing

/// A cluster of two nodes that takes down what is asked of it.
private final class FakeOperations: ClusterOperations {
    let commands = NIOLockedValueBox<[OperatorCommand]>([])
    let asked = NIOLockedValueBox<[String]>([])

    private let entry = NodeEntry(
        name: "node-0", incarnation: Incarnation(value: 1), publicURL: nil, isAlive: true, isDraining: false,
        weight: 100, shards: 1_024, rooms: 1, isCoordinator: true, overload: .refusesRooms)
    private var report: NodesReport { NodesReport(nodes: [entry], unownedShards: 0, pendingMoves: 0, hasRedis: true) }

    let askedOn = NIOLockedValueBox<[Place]>([])

    private func note() { askedOn.withLockedValue { $0.append(.here) } }

    func nodes() async -> NodesReport {
        note()
        return report
    }

    func shards(of node: String?) async throws(Rejection) -> ShardListReport {
        note()
        asked.withLockedValue { $0.append("shards \(node ?? "all")") }
        return ShardListReport(shards: [])
    }

    func shard(_ shard: String) async throws(Rejection) -> ShardReport {
        note()
        guard shard == "77" else { throw Rejection(.invalid, message: "That is no shard.") }
        let entry = ShardEntry(shard: 77, owner: "node-0", incarnation: nil, epoch: 3, pin: nil, movesTo: nil)
        return ShardReport(shard: entry, code: nil, pinReason: nil, openRooms: 2, moves: [])
    }

    func moves(of shard: String?, limit: Int?) async throws(Rejection) -> AdminMovesResponse {
        note()
        asked.withLockedValue { $0.append("moves \(shard ?? "all") \(limit ?? -1)") }
        return AdminMovesResponse(pending: [], recent: [])
    }

    func ring() async -> AdminRingResponse {
        note()
        return AdminRingResponse(nodes: [.init(node: "node-0", weight: 100, points: [1])])
    }
    func rooms() async -> AdminRoomsResponse {
        note()
        return AdminRoomsResponse(nodes: [], silent: ["node-1"])
    }

    func live() async -> AdminLiveResponse {
        note()
        return AdminLiveResponse(
            atMs: 5, node: "node-0", cluster: report, owners: [0], moves: [], pins: [], revision: 9)
    }

    func change(_ command: OperatorCommand) async throws(Rejection) -> ChangeReport {
        note()
        commands.withLockedValue { $0.append(command) }
        return ChangeReport(change: "node-0 is drained", outcome: .applied, plan: nil, notes: [])
    }
}

@Suite struct AdminAPITests {
    private static let token = "operators-know-this-by-heart"
    private static let paths = [
        "/api/admin/nodes", "/api/admin/shards", "/api/admin/shards/77", "/api/admin/moves", "/api/admin/ring",
        "/api/admin/rooms", "/api/admin/live",
    ]
    private let operations = FakeOperations()

    private func fixture(
        allowance: @escaping @Sendable (RateLimitedDoor) -> Int = { $0.perMinute }
    ) async throws -> Fixture {
        let token = try #require(OperatorToken(Self.token))
        return try await Fixture(allowance: allowance, operators: .init(token: token, operations: operations))
    }

    private var headers: [String: String] { ["Authorization": "Bearer \(Self.token)"] }

    @Test(arguments: paths) func `every look is for operators alone`(path: String) async throws {
        let fixture = try await fixture()
        for headers in [[:], ["Authorization": "Bearer \(Self.token)x"], ["Authorization": Self.token]] {
            let refused = try await fixture.ask("GET", path, headers: headers)
            #expect(refused.status == 401)
            #expect(try refused.decode(ErrorResponse.self).error.message.contains("operators' token"))
        }
        // A player's token opens nothing here.
        let player = try await fixture.signIn()
        #expect(try await fixture.ask("GET", path, headers: player.headers).status == 401)
        #expect(try await fixture.ask("GET", path, headers: headers).status == 200)
    }

    @Test func `what operators ask for is worked out beside the loops, where rooms play`() async throws {
        let fixture = try await fixture()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        await withTaskExecutorPreference(LoopTaskExecutor(loop)) {
            for path in Self.paths { _ = try? await fixture.ask("GET", path, headers: headers) }
            let json = #"{"action":"drain","node":"node-0","reason":"new disks"}"#
            _ = try? await fixture.ask("POST", "/api/admin/changes", json: json, headers: headers)
        }
        let places = operations.askedOn.withLockedValue { $0 }
        #expect(places == Array(repeating: .elsewhere, count: Self.paths.count + 1))
    }

    @Test func `without a token on the node the API is off and says so`() async throws {
        let fixture = try await Fixture()
        for path in Self.paths {
            let answer = try await fixture.ask("GET", path, headers: headers)
            #expect(answer.status == 403)
            #expect(try answer.decode(ErrorResponse.self).error.message.contains("admin.token"))
        }
    }

    @Test func `guesses are counted by address, and a right one is refused as a wrong one is`() async throws {
        let fixture = try await fixture(allowance: { $0 == .operators ? 3 : 100 })
        for _ in 0..<3 {
            #expect(
                try await fixture.ask("GET", "/api/admin/live", headers: ["Authorization": "Bearer x"]).status == 401)
        }
        let refused = try await fixture.ask("GET", "/api/admin/live", headers: headers)
        #expect(refused.status == 429 && refused.headers[.init("Retry-After")!] != nil)
        #expect(try await fixture.ask("GET", "/api/admin/live", headers: headers, from: "203.0.113.10").status == 200)
    }

    @Test func `parameters reach the desk, and its refusals the operator`() async throws {
        let fixture = try await fixture()
        _ = try await fixture.ask("GET", "/api/admin/shards?node=node-1", headers: headers)
        _ = try await fixture.ask("GET", "/api/admin/moves?shard=77&limit=5", headers: headers)
        #expect(operations.asked.withLockedValue { $0 } == ["shards node-1", "moves 77 5"])
        #expect(try await fixture.ask("GET", "/api/admin/moves?limit=x", headers: headers).status == 400)
        let unknown = try await fixture.ask("GET", "/api/admin/shards/x", headers: headers)
        #expect(unknown.status == 400 && unknown.text.contains("That is no shard."))
        let shard = try await fixture.ask("GET", "/api/admin/shards/77", headers: headers)
        #expect(try shard.decode(ShardReport.self).openRooms == 2)
        let live = try await fixture.ask("GET", "/api/admin/live", headers: headers).decode(AdminLiveResponse.self)
        #expect(live.cluster.nodes.first?.overload == .refusesRooms && live.revision == 9)
    }

    @Test func `a change comes through whole, and one that cannot be read does not`() async throws {
        let fixture = try await fixture()
        let json = #"{"action":"drain","node":"node-0","reason":"new disks"}"#
        let made = try await fixture.ask("POST", "/api/admin/changes", json: json, headers: headers)
        #expect(made.status == 200)
        #expect(try made.decode(ChangeReport.self).outcome == .applied)
        let sent = OperatorCommand(action: .drain, node: "node-0", reason: "new disks")
        #expect(operations.commands.withLockedValue { $0 } == [sent])
        for json in ["{}", #"{"action":"explode"}"#, "["] {
            #expect(try await fixture.ask("POST", "/api/admin/changes", json: json, headers: headers).status == 400)
        }
        #expect(try await fixture.ask("POST", "/api/admin/changes", json: json).status == 401)
        #expect(operations.commands.withLockedValue { $0.count } == 1)
    }

    @Test(arguments: [
        ("", false), ("short", false), (String(repeating: "a", count: 23), false),
        (String(repeating: "a", count: 24), true),
        ("with a blank in the middle of it", false), ("ümlauts-are-no-header-material", false),
    ])
    func `a token is long and fits into a header`(text: String, isToken: Bool) {
        #expect((OperatorToken(text) != nil) == isToken)
    }

    @Test func `the page is served, and left out of search`() async throws {
        let fixture = try await fixture()
        let page = try await fixture.ask("GET", "/admin", headers: ["Accept": "text/html"])
        #expect(page.status == 200 && page.text.contains("noindex"))
        #expect(try await fixture.ask("GET", "/admin/x", headers: ["Accept": "text/html"]).status == 404)
    }
}
