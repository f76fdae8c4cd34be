import Foundation
import QuizTelemetry
import Testing

@testable import QuizRedis

@Suite(.timeLimit(.minutes(2))) struct RedisClientTests {
    @Test func `values come back as they went`() async throws {
        let fixture = try await RedisFixture.shared()
        let (client, key) = (fixture.client, fixture.keys.prefix)
        #expect(try await client.command(["SET", key, "a\r\nb\0c é"]) == .status("OK"))
        #expect(try await client.command(["GET", key]).text == "a\r\nb\0c é")
        #expect(try await client.command(["GET", key + "-none"]) == .null)
        #expect(try await client.command(["SET", key, ""]) == .status("OK"))
        #expect(try await client.command(["GET", key]) == .string([]))
        #expect(
            try await client.command(["EVAL", "return {1,'x',{2,{3}},false}", "0"])
                == .array([.integer(1), .string([120]), .array([.integer(2), .array([.integer(3)])]), .null]))
        await client.close()
    }

    @Test func `an error reply goes to its own request and harms nobody`() async throws {
        let fixture = try await RedisFixture.shared()
        let key = fixture.keys.prefix
        _ = try await fixture.client.command(["SET", key, "x"])
        async let before = fixture.client.command(["GET", key])
        async let wrong = fixture.failure(["LPUSH", key, "1"])
        async let after = fixture.client.command(["INCR", key + "-n"])
        #expect(try await before.text == "x")
        #expect(await wrong?.code == .server)
        #expect(await wrong?.context.hasPrefix("WRONGTYPE") == true)
        #expect(try await after == .integer(1))
        #expect(fixture.metrics.counters(.redisErrorsTotal, by: RedisFailure.Code.self)[.server].value == 1)
        await fixture.client.close()
    }

    @Test func `thousands of pipelined commands each get their own answer, 3 MB replies among them`() async throws {
        let fixture = try await RedisFixture.shared()
        let (client, key) = (fixture.client, fixture.keys.prefix)
        let big = String(repeating: "z", count: 3_000_000)
        _ = try await client.command(["SET", key, big], patience: .seconds(20))
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<2_000 {
                group.addTask {
                    number % 500 == 0
                        ? try await client.command(["GET", key], patience: .seconds(20)).text == big
                        : try await client.command(["ECHO", "m\(number)"], patience: .seconds(20)).text == "m\(number)"
                }
            }
            for try await right in group { #expect(right) }
        }
        _ = try await client.command(["DEL", key])
        #expect(client.pending == 0)
        await client.close()
    }

    @Test func `a script runs by its digest, and by its text when the server has forgotten it`() async throws {
        let server = try TestRedis()
        let fixture = try await RedisFixture(server)
        let script = RedisScript(Array("return {KEYS[1], ARGV[1]}".utf8))
        #expect(script.digest.count == 40)
        for _ in 0..<2 {
            #expect(
                try await fixture.client.evaluate(script, keys: ["k"], arguments: ["v"])
                    == .array([.string([107]), .string([118])]))
        }
        _ = try await fixture.client.command(["SCRIPT", "FLUSH"])
        #expect(try await fixture.client.evaluate(script, keys: ["k"], arguments: ["v"]).elements?.count == 2)
        await fixture.client.close()
    }

    @Test func `calls of a script that travel together are answered each for itself`() async throws {
        let server = try TestRedis()
        let fixture = try await RedisFixture(server)
        let script = RedisScript(Array("return redis.call('INCRBY', KEYS[1], ARGV[1])".utf8))
        let calls = (1...20).map { (keys: ["{\($0 % 3)}k"], arguments: [$0 == 7 ? "seven" : String($0)]) }
        // Twice not known to the server: at first, and when it has forgotten.
        for round in 1...3 {
            if round == 3 { _ = try await fixture.client.command(["SCRIPT", "FLUSH"]) }
            let answers = await fixture.client.evaluate(script, calls: calls)
            #expect(answers.count == calls.count)
            for (position, answer) in answers.enumerated() {
                if position == 6 {
                    #expect(throws: RedisFailure.self) { try answer.get() }
                    continue
                }
                // Three counters, each the sum of all that was added so far.
                let before = (1...20).filter { $0 != 7 && $0 % 3 == (position + 1) % 3 }
                let sum = (round - 1) * before.reduce(0, +) + before.filter { $0 <= position + 1 }.reduce(0, +)
                #expect(try answer.get() == .integer(Int64(sum)))
            }
        }
        #expect(await fixture.client.evaluate(script, calls: []).isEmpty)
        server.stop()
        await fixture.lost()
        let lost = await fixture.client.evaluate(script, calls: calls, patience: .milliseconds(50))
        #expect(lost.count == calls.count)
        for answer in lost { #expect(throws: RedisFailure.self) { try answer.get() } }
        await fixture.client.close()
    }

    @Test func `after a kill it comes back and what was in flight failed once`() async throws {
        let server = try TestRedis()
        let fixture = try await RedisFixture(server)
        async let blocked = fixture.failure(["BLPOP", "never", "0"], patience: .seconds(20))
        let other = try await RedisFixture(server)
        while try await other.client.command(["CLIENT", "LIST"]).text?.contains("cmd=blpop") == false {}
        _ = try await other.client.command(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])
        #expect(await blocked?.code == .connectionLost)
        try await fixture.reconnected()
        #expect(fixture.metrics.counter(.redisConnectsTotal).value == 2)
        server.stop()
        await fixture.lost()
        try server.start()
        try await fixture.reconnected()
        #expect(fixture.client.isConnected)
        #expect(fixture.metrics.counter(.redisConnectsTotal).value == 3)
        #expect(fixture.client.pending == 0)
        await fixture.client.close()
        await other.client.close()
    }

    @Test func `while Redis is away commands wait within their patience, and only so many`() async throws {
        let server = try TestRedis()
        server.stop()
        let configuration = RedisConfiguration(endpoint: server.endpoint, pendingMax: 2, patience: .seconds(20))
        let fixture = try await RedisFixture(configuration, waiting: false)
        async let first = fixture.client.command(["SET", "a", "1"])
        while fixture.client.pending < 1 { await Task.yield() }
        #expect(await fixture.failure(["PING"], patience: .milliseconds(200))?.code == .timedOut)
        async let second = fixture.client.command(["SET", "b", "1"])
        while fixture.client.pending < 2 { await Task.yield() }
        #expect(await fixture.failure(["PING"])?.code == .overloaded)
        try server.start()
        #expect(try await first == .status("OK"))
        #expect(try await second == .status("OK"))
        #expect(fixture.client.pending == 0)
        await fixture.client.close()
        #expect(await fixture.failure(["PING"])?.code == .closed)
    }

    @Test func `a stalled server costs patience, then the connection`() async throws {
        let server = try TestRedis()
        var configuration = RedisConfiguration(endpoint: server.endpoint)
        configuration.stallLimit = .milliseconds(300)
        let fixture = try await RedisFixture(configuration)
        server.freeze()
        async let patient = fixture.failure(["PING"], patience: .seconds(20))
        while fixture.client.pending == 0 { await Task.yield() }
        let began = ContinuousClock.now
        #expect(await fixture.failure(["PING"], patience: .milliseconds(50))?.code == .timedOut)
        #expect(ContinuousClock.now - began >= .milliseconds(50))
        #expect(await patient?.code == .connectionLost)
        server.thaw()
        try await fixture.reconnected()
        #expect(fixture.client.pending == 0)
        await fixture.client.close()
    }

    @Test func `a server that takes connections and answers nothing is tried again until it does`() async throws {
        let server = try TestRedis()
        var configuration = RedisConfiguration(endpoint: server.endpoint)
        // What a connection begins with is given up, all of it at once, before the connection is.
        configuration.connectTimeout = .milliseconds(100)
        configuration.stallLimit = .milliseconds(400)
        let fixture = try await RedisFixture(configuration)
        server.freeze()
        #expect(await fixture.failure(["PING"], patience: .seconds(20))?.code == .connectionLost)
        // Several connections that are taken and hear nothing.
        #expect(await fixture.failure(["PING"], patience: .seconds(2))?.code == .timedOut)
        server.thaw()
        try await fixture.reconnected()
        #expect(try await fixture.client.command(["PING"]).text == "PONG")
        await fixture.client.close()
    }

    @Test func `a password is sent, and a wrong one is refused`() async throws {
        let server = try TestRedis()
        let admin = try await RedisFixture(server)
        _ = try await admin.client.command(["CONFIG", "SET", "requirepass", "s e c"])
        var endpoint = server.endpoint
        endpoint.password = "s e c"
        endpoint.database = 3
        let right = try await RedisFixture(RedisConfiguration(endpoint: endpoint, clientName: "node-1"))
        #expect(try await right.client.command(["CLIENT", "INFO"]).text?.contains("name=node-1") == true)
        #expect(try await right.client.command(["CLIENT", "INFO"]).text?.contains("db=3") == true)
        endpoint.password = "wrong"
        let wrong = try await RedisFixture(RedisConfiguration(endpoint: endpoint), waiting: false)
        #expect(await wrong.failure(["PING"], patience: .milliseconds(300))?.code == .timedOut)
        #expect(!wrong.client.isConnected)
        for client in [admin.client, right.client, wrong.client] { await client.close() }
    }

    @Test func `TLS works with our trust root and is refused without it`() async throws {
        let certificate = try TestCertificate()
        let server = try TestRedis(tls: certificate)
        let port = try #require(server.tlsPort)
        let big = String(repeating: "y", count: 3_000_000)
        for host in ["localhost", "127.0.0.1"] {
            var configuration = RedisConfiguration(endpoint: RedisEndpoint(host: host, port: port, tls: true))
            try configuration.trust(authorityFile: certificate.certificate.path)
            let fixture = try await RedisFixture(configuration)
            _ = try await fixture.client.command(["SET", "big", big], patience: .seconds(20))
            #expect(try await fixture.client.command(["GET", "big"], patience: .seconds(20)).text == big)
            await fixture.client.close()
        }
        let endpoint = RedisEndpoint(host: "localhost", port: port, tls: true)
        let stranger = try await RedisFixture(RedisConfiguration(endpoint: endpoint), waiting: false)
        #expect(await stranger.failure(["PING"], patience: .milliseconds(500))?.code == .timedOut)
        #expect(!stranger.client.isConnected)
        await stranger.client.close()
    }
}
