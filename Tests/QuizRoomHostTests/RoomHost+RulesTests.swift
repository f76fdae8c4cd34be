import Logging
import NIOCore
import NIOPosix
import QuizModel
import QuizRoom
import QuizShards
import QuizTelemetry
import QuizTestKit
import Testing

@testable import QuizRoomHost

/// Hosts of one journal, of builds that can run different rules.
@Suite("RoomHost+Rules")
struct RoomHostRulesTests {
    private let journal = InMemoryRoomJournal()

    private func host(_ owner: UInt128, rules: ClosedRange<Int>) throws -> RoomHost {
        var configuration = RoomHost.Configuration(incarnation: Incarnation(value: owner))
        configuration.rules = rules
        let host = RoomHost(
            configuration: configuration,
            parts: .init(
                journal: journal, store: journal, broadcaster: PlainBroadcaster(),
                questions: CannedQuestions(questions: []), work: BackgroundWork(),
                signer: try ResultSigner(secret: [UInt8](repeating: 3, count: 32)),
                keys: RoomKeys(secret: [UInt8](repeating: 1, count: 32)), metrics: RoomMetrics(MetricsRegistry()),
                wallClockMs: { 1_000 }),
            eventLoops: [MultiThreadedEventLoopGroup.singleton.next()], log: Logger(label: "host"))
        host.begin()
        return host
    }

    private func take(_ shards: [ShardID], by host: RoomHost, owner: UInt128) async throws {
        try await host.adopt(try await journal.take(shards, owner: Incarnation(value: owner)), began: .now())
    }

    private func room(by host: RoomHost) async throws -> RoomCode {
        try await host.create(CreateRoomCommand(settings: RoomSettings(), password: nil), by: PlayerID(value: 7)).code
    }

    private func rules(of code: RoomCode) async throws -> Int? {
        try await journal.load(shards: [ShardID(of: code)]).first { $0.record.code == code }?.record.rules
    }

    @Test func `a new room follows what all live nodes can run, and asks no more of who takes it`() async throws {
        let host = try host(1, rules: 1...2)
        try await take(ShardID.all, by: host, owner: 1)
        let first = try await room(by: host)
        #expect(try await rules(of: first) == 1)
        host.agree(onRules: 2)
        let second = try await room(by: host)
        #expect(try await rules(of: second) == 2)
        host.agree(onRules: 1)
        let third = try await room(by: host)
        #expect(try await rules(of: third) == 1)
        #expect(host.rulesNeeded(by: [ShardID(of: first)]) == 1)
        #expect(host.rulesNeeded(by: [ShardID(of: first), ShardID(of: second)]) == 2)
        // Nobody can make it follow what this build cannot run.
        host.agree(onRules: 9)
        let fourth = try await room(by: host)
        #expect(try await rules(of: fourth) == 2)
    }

    @Test func `rooms of the rules before are taken over, those of rules to come are quarantined`() async throws {
        let newer = try host(1, rules: 1...2)
        try await take(ShardID.all, by: newer, owner: 1)
        let old = try await room(by: newer)
        newer.agree(onRules: 2)
        let new = try await room(by: newer)
        let older = try host(2, rules: 1...1)
        try await take(ShardID.all, by: older, owner: 2)
        guard case .room = older.find(old) else {
            Issue.record("The room of rules 1 was not taken over.")
            return
        }
        guard case .quarantined = older.find(new) else {
            Issue.record("The room of rules 2 was taken.")
            return
        }
        let newest = try host(3, rules: 1...2)
        try await take(ShardID.all, by: newest, owner: 3)
        guard case .room = newest.find(old), case .room = newest.find(new) else {
            Issue.record("The next build does not have both rooms.")
            return
        }
    }
}
