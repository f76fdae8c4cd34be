import QuizModel
import QuizSocial
import QuizTelemetry
import Testing

@testable import QuizRedis

@Suite(.timeLimit(.minutes(2))) struct RateLimiterTests {
    @Test func `a minute's worth may come at once, then one at a time`() async {
        let time = ManualTime()
        let limiter = LocalRateLimiter(now: { time.now })
        let perMinute = RateLimitedDoor.roomCreate.perMinute
        for _ in 0..<perMinute { #expect(await limiter.take(.roomCreate, key: "a") == .allowed) }
        let interval = 60_000 / perMinute
        #expect(await limiter.take(.roomCreate, key: "a") == .refused(retryAfterMs: interval))
        #expect(await limiter.take(.roomCreate, key: "b") == .allowed)
        #expect(await limiter.take(.guestSignIn, key: "a") == .allowed)
        time.advance(Int64(interval) * 1_000 - 1)
        #expect(await limiter.take(.roomCreate, key: "a") == .refused(retryAfterMs: 1))
        time.advance(1)
        #expect(await limiter.take(.roomCreate, key: "a") == .allowed)
        #expect(await limiter.take(.roomCreate, key: "a") == .refused(retryAfterMs: interval))
        time.advance(60_000_000)
        for _ in 0..<perMinute { #expect(await limiter.take(.roomCreate, key: "a") == .allowed) }
        #expect(await limiter.take(.roomCreate, key: "a") == .refused(retryAfterMs: interval))
    }

    @Test func `strangers remembered are bounded and forgotten when their bucket is full again`() async {
        let time = ManualTime()
        let limiter = LocalRateLimiter(now: { time.now })
        for number in 0..<(LocalRateLimiter.bucketsMax * 3) { _ = await limiter.take(.refresh, key: "\(number)") }
        #expect(limiter.count <= LocalRateLimiter.bucketsMax * 2)
        for _ in 0..<2 {
            time.advance(61_000_000)
            _ = await limiter.take(.refresh, key: "x")
        }
        #expect(limiter.count <= 2)
    }

    @Test func `a turn of the buckets does not give anybody a second burst`() async {
        let time = ManualTime()
        let limiter = LocalRateLimiter(now: { time.now })
        let perMinute = RateLimitedDoor.roomCreate.perMinute
        time.advance(59_000_000)
        for _ in 0..<perMinute { _ = await limiter.take(.roomCreate, key: "a") }
        time.advance(2_000_000)  // past the turn; two seconds' worth came back
        var allowed = 0
        for _ in 0..<perMinute where await limiter.take(.roomCreate, key: "a") == .allowed { allowed += 1 }
        #expect(allowed == perMinute * 2 / 60)
    }

    @Test func `Redis decides as the local limiter does, for all nodes together`() async throws {
        let fixture = try await RedisFixture.shared()
        let nodes = (0..<2).map { _ in
            RedisRateLimiter(
                client: fixture.client, keys: fixture.keys, metrics: fixture.metrics, patience: .seconds(20))
        }
        let perMinute = RateLimitedDoor.roomCreate.perMinute
        var allowed = 0
        var advice: Int?
        for number in 0..<(perMinute + 40) {
            switch await nodes[number % 2].take(.roomCreate, key: "a") {
            case .allowed: allowed += 1
            case .refused(let retryAfterMs): advice = retryAfterMs
            }
        }
        // The bucket refills while we ask: one every half second.
        #expect((perMinute...perMinute + 20).contains(allowed))
        #expect((1...60_000 / perMinute).contains(try #require(advice)))
        #expect(await nodes[0].take(.roomCreate, key: "b") == .allowed)
        #expect(fixture.metrics.counter(.rateLimitLocalTotal).value == 0)
        #expect(fixture.metrics.counters(.rateLimitRefusedTotal, by: RateLimitedDoor.self)[.roomCreate].value > 0)
        let ttl = try await fixture.client.command(["PTTL", fixture.keys.rateLimit(door: "create", key: "a").text])
        #expect((1...61_000).contains(try #require(ttl.integer)))
        await fixture.client.close()
    }

    @Test func `a due time from another clock locks nobody out`() async throws {
        let fixture = try await RedisFixture.shared()
        let limiter = RedisRateLimiter(
            client: fixture.client, keys: fixture.keys, metrics: fixture.metrics, patience: .seconds(20))
        let key = fixture.keys.rateLimit(door: "create", key: "a").text
        _ = try await fixture.client.command(["SET", key, "9000000000000000"])
        guard case .refused(let retryAfterMs) = await limiter.take(.roomCreate, key: "a") else {
            Issue.record("A bucket that is far in debt let a request through.")
            return
        }
        #expect(retryAfterMs <= 500)
        for value in ["rubbish", "nan"] {
            _ = try await fixture.client.command(["SET", key, value])
            #expect(await limiter.take(.roomCreate, key: "a") == .allowed)
        }
        await fixture.client.close()
    }

    @Test func `without Redis the local limiter takes over, and Redis again when it is back`() async throws {
        let server = try TestRedis()
        let time = ManualTime()
        let fixture = try await RedisFixture(server)
        let limiter = RedisRateLimiter(
            client: fixture.client, keys: fixture.keys, metrics: fixture.metrics, patience: .seconds(20),
            now: { time.now })
        let key = fixture.keys.rateLimit(door: "create", key: "a").text
        let local = fixture.metrics.counter(.rateLimitLocalTotal)
        #expect(await limiter.take(.roomCreate, key: "a") == .allowed)
        #expect(local.value == 0)

        server.stop()
        await fixture.lost()
        let perMinute = RateLimitedDoor.roomCreate.perMinute
        for _ in 0..<perMinute { #expect(await limiter.take(.roomCreate, key: "a") == .allowed) }
        guard case .refused = await limiter.take(.roomCreate, key: "a") else {
            Issue.record("The local limiter has another limit.")
            return
        }
        #expect(local.value == UInt64(perMinute) + 1)

        try server.start()
        try await fixture.reconnected()
        time.advance(RedisRateLimiter.pauseMicroseconds)
        #expect(await limiter.take(.roomCreate, key: "a") == .allowed)
        #expect(local.value == UInt64(perMinute) + 1)
        #expect(try await fixture.client.command(["EXISTS", key]) == .integer(1))
        await fixture.client.close()
    }

    @Test func `a slow Redis is left alone after one patience`() async throws {
        let server = try TestRedis()
        let time = ManualTime()
        let fixture = try await RedisFixture(server)
        let limiter = RedisRateLimiter(
            client: fixture.client, keys: fixture.keys, metrics: fixture.metrics, now: { time.now })
        server.freeze()
        let sent = fixture.client.pending
        for _ in 0..<20 { #expect(await limiter.take(.refresh, key: "a") == .allowed) }
        #expect(fixture.client.pending == sent + 1)
        #expect(fixture.metrics.counter(.rateLimitLocalTotal).value == 20)
        server.thaw()
        try await fixture.reconnected()
        // On a loaded machine an answer may miss the patience now and then; sooner or later Redis decides again.
        let local = fixture.metrics.counter(.rateLimitLocalTotal)
        var before: UInt64
        repeat {
            before = local.value
            time.advance(RedisRateLimiter.pauseMicroseconds)
            #expect(await limiter.take(.refresh, key: "a") == .allowed)
        } while local.value > before && before < 200
        #expect(local.value == before)
        await fixture.client.close()
    }
}
