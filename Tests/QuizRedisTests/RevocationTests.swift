import NIOConcurrencyHelpers
import QuizModel
import QuizSocial
import Testing

@testable import QuizRedis

@Suite(.timeLimit(.minutes(2))) struct RevocationTests {
    /// The store that decides; counts how often it was asked.
    private final class Store: RevocationStore {
        struct State {
            var marks: [PlayerID: (before: Int64, until: Int64)] = [:]
            var looks = 0
        }
        let state = NIOLockedValueBox(State())

        func revoke(player: PlayerID, issuedBeforeMs: Int64, untilMs: Int64) async throws(StoreFailure) {
            state.withLockedValue { $0.marks[player] = (issuedBeforeMs, untilMs) }
        }

        func revokedBefore(player: PlayerID) async throws(StoreFailure) -> Int64? {
            state.withLockedValue {
                $0.looks += 1
                return $0.marks[player]?.before
            }
        }

        func revocations(nowMs: Int64) async throws(StoreFailure) -> [(
            player: PlayerID, issuedBeforeMs: Int64, untilMs: Int64
        )] {
            state.withLockedValue {
                $0.marks.filter { $0.value.until > nowMs }.map { ($0.key, $0.value.before, $0.value.until) }
            }
        }

        var looks: Int { state.withLockedValue { $0.looks } }
    }

    private struct Rig {
        let fixture: RedisFixture
        let store = Store()
        let time = ManualTime()
        let copy: RedisRevocations

        init(_ fixture: RedisFixture, patience: Duration = .seconds(20)) {
            self.fixture = fixture
            copy = RedisRevocations(
                client: fixture.client, keys: fixture.keys, store: store, logger: fixture.logger,
                patience: patience, now: { [time] in time.now })
        }
    }

    @Test func `a copy that was never filled is not believed`() async throws {
        let rig = Rig(try await .shared())
        let (known, unknown) = (PlayerID.random(), PlayerID.random())
        try await rig.copy.revoke(player: known, issuedBeforeMs: 5, untilMs: rig.time.now + 900_000)
        #expect(await rig.copy.fastCopy(of: known) == .revoked(beforeMs: 5))
        #expect(await rig.copy.fastCopy(of: unknown) == .unknown)
        #expect(try await rig.copy.revokedBefore(player: unknown) == nil)
        #expect(rig.store.looks == 1)
        await rig.fixture.client.close()
    }

    @Test func `a filled copy answers alone`() async throws {
        let rig = Rig(try await .shared())
        let (known, unknown) = (PlayerID.random(), PlayerID.random())
        try await rig.store.revoke(player: known, issuedBeforeMs: 7, untilMs: rig.time.now + 900_000)
        #expect(try await rig.copy.refresh(from: rig.store) == 1)
        #expect(try await rig.copy.revokedBefore(player: known) == 7)
        #expect(try await rig.copy.revokedBefore(player: unknown) == nil)
        #expect(rig.store.looks == 0)
        await rig.fixture.client.close()
    }

    @Test func `the later mark wins, whatever order they come in`() async throws {
        let rig = Rig(try await .shared())
        let player = PlayerID.random()
        try await rig.copy.revoke(player: player, issuedBeforeMs: 20, untilMs: rig.time.now + 900_000)
        try await rig.copy.revoke(player: player, issuedBeforeMs: 10, untilMs: rig.time.now + 900_000)
        #expect(await rig.copy.fastCopy(of: player) == .revoked(beforeMs: 20))
        await rig.fixture.client.close()
    }

    @Test func `thousands of marks fit, and those that ran out are dropped`() async throws {
        let rig = Rig(try await .shared())
        let players = (0..<1_700).map { _ in PlayerID.random() }
        for player in players {
            try await rig.store.revoke(player: player, issuedBeforeMs: 1, untilMs: rig.time.now + 1_000)
        }
        #expect(try await rig.copy.refresh(from: rig.store) == 1_700)
        #expect(await rig.copy.fastCopy(of: players[1_699]) == .revoked(beforeMs: 1))
        rig.time.advance(2_000)
        #expect(try await rig.copy.refresh(from: rig.store) == 0)
        #expect(await rig.copy.fastCopy(of: players[1_699]) == .notRevoked)
        #expect(try await rig.fixture.client.command(["HLEN", rig.fixture.keys.revocations.text]) == .integer(1))
        let ttl = try await rig.fixture.client.command(["PTTL", rig.fixture.keys.revocations.text])
        #expect((1...RedisRevocations.expiryMs).contains(Int(try #require(ttl.integer))))
        await rig.fixture.client.close()
    }

    @Test func `an emptied Redis is not believed until it is filled again`() async throws {
        let server = try TestRedis()
        let rig = Rig(try await RedisFixture(server))
        let player = PlayerID.random()
        try await rig.copy.revoke(player: player, issuedBeforeMs: 9, untilMs: rig.time.now + 900_000)
        await rig.copy.refreshIfDue()
        #expect(await rig.copy.fastCopy(of: .random()) == .notRevoked)
        _ = try await rig.fixture.client.command(["FLUSHALL"])
        #expect(await rig.copy.fastCopy(of: player) == .unknown)
        #expect(try await rig.copy.revokedBefore(player: player) == 9)
        // Another mark makes the hash anew; that alone does not make it complete.
        try await rig.copy.revoke(player: .random(), issuedBeforeMs: 1, untilMs: rig.time.now + 900_000)
        #expect(await rig.copy.fastCopy(of: player) == .unknown)
        await rig.copy.refreshIfDue()
        #expect(await rig.copy.fastCopy(of: player) == .revoked(beforeMs: 9))
        #expect(await rig.copy.fastCopy(of: .random()) == .notRevoked)
        await rig.fixture.client.close()
    }

    @Test func `the copy is filled again when it is old, not before`() async throws {
        let rig = Rig(try await .shared())
        let player = PlayerID.random()
        await rig.copy.refreshIfDue()
        // A mark that reached the store only, as when Redis lost the write.
        try await rig.store.revoke(player: player, issuedBeforeMs: 3, untilMs: rig.time.now + 900_000)
        rig.time.advance(RedisRevocations.refreshMs - 1)
        await rig.copy.refreshIfDue()
        #expect(await rig.copy.fastCopy(of: player) == .notRevoked)
        rig.time.advance(1)
        await rig.copy.refreshIfDue()
        #expect(await rig.copy.fastCopy(of: player) == .revoked(beforeMs: 3))
        await rig.fixture.client.close()
    }

    @Test func `without Redis the store answers`() async throws {
        let server = try TestRedis()
        let rig = Rig(try await RedisFixture(server), patience: .milliseconds(50))
        let player = PlayerID.random()
        await rig.copy.refreshIfDue()
        server.stop()
        await rig.fixture.lost()
        try await rig.copy.revoke(player: player, issuedBeforeMs: 4, untilMs: rig.time.now + 900_000)
        #expect(try await rig.copy.revokedBefore(player: player) == 4)
        #expect(try await rig.copy.refresh(from: rig.store) == nil)
        await rig.fixture.client.close()
    }
}
