import QuizGateway
import QuizWire
import Testing

/// Engine.IO over long-polling, against the real listener.
@Suite(.timeLimit(.minutes(1))) struct LongPollingTests {
    private static let path = "/socket.io/?EIO=4&transport=polling"

    /// - Returns: the session's path.
    private func open(_ client: inout WireClient) async throws -> String {
        let answer = try await client.ask("GET", Self.path)
        let sid = try #require(answer.body.split(separator: "\"").dropFirst(3).first)
        return Self.path + "&sid=" + sid
    }

    @Test func `the handshake has exactly five keys and a long random name`() async throws {
        try await Gateway.run(EngineEcho.service(.forTests)) { gateway in
            var client = try await WireClient(port: gateway.port)
            let answer = try await client.ask("GET", Self.path)
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "text/plain; charset=UTF-8")
            #expect(answer.headers["access-control-allow-origin"] == "*")
            let sid = try #require(answer.body.split(separator: "\"").dropFirst(3).first)
            #expect(sid.count >= 20)
            #expect(
                answer.body
                    == #"0{"sid":"\#(sid)","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"#
                    + #""maxPayload":1000000}"#)
            try await client.close()
        }
    }

    @Test(arguments: [
        ("GET", "/socket.io/?transport=polling", #"{"code":5,"message":"Unsupported protocol version"}"#),
        ("GET", "/socket.io/?EIO=3&transport=polling", #"{"code":5,"message":"Unsupported protocol version"}"#),
        ("GET", "/socket.io/?EIO=4", #"{"code":0,"message":"Transport unknown"}"#),
        ("GET", "/socket.io/?EIO=4&transport=abc", #"{"code":0,"message":"Transport unknown"}"#),
        ("POST", "/socket.io/?EIO=4&transport=polling", #"{"code":2,"message":"Bad handshake method"}"#),
        ("PUT", "/socket.io/?EIO=4&transport=polling", #"{"code":2,"message":"Bad handshake method"}"#),
        ("GET", "/socket.io/?EIO=4&transport=polling&sid=nobody", #"{"code":1,"message":"Session ID unknown"}"#),
        ("GET", "/socket.io/?EIO=4&transport=websocket", #"{"code":3,"message":"Bad request"}"#),
    ])
    func `a bad request is refused with 400 and a code`(method: String, target: String, body: String) async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            var client = try await WireClient(port: gateway.port)
            let answer = try await client.ask(method, target, body: method == "GET" ? nil : "4x")
            #expect(answer.status == 400)
            #expect(answer.body == body)
            try await client.close()
        }
    }

    @Test func `OPTIONS is answered 204`() async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            var client = try await WireClient(port: gateway.port)
            let answer = try await client.ask(
                "OPTIONS", Self.path,
                headers: ["Origin": "https://elsewhere.example", "Access-Control-Request-Headers": "x-a"])
            #expect(answer.status == 204)
            #expect(answer.headers["access-control-allow-headers"] == "x-a")
            #expect(answer.headers["access-control-allow-origin"] == "*")
            #expect(answer.headers["access-control-allow-credentials"] == nil)
            try await client.close()
        }
    }

    @Test func `a POST is answered ok, and one GET returns everything in order`() async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            var client = try await WireClient(port: gateway.port)
            let session = try await open(&client)
            let post = try await client.ask("POST", session, body: "4a\u{1E}bAQIDBA==\u{1E}4é")
            #expect(post.status == 200)
            #expect(post.body == "ok")
            #expect(post.headers["content-type"] == "text/html")
            #expect(try await client.ask("GET", session).body == "4a\u{1E}bAQIDBA==\u{1E}4é")
            try await client.close()
        }
    }

    @Test func `a POST that is no packet is 400 and the session is dead`() async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            var client = try await WireClient(port: gateway.port)
            let session = try await open(&client)
            #expect(try await client.ask("POST", session, body: "abc").status == 400)
            #expect(try await client.ask("GET", session).status == 400)
            try await client.close()
        }
    }

    @Test func `a second GET is 400, the first is answered 1, and the session is dead`() async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            var first = try await WireClient(port: gateway.port)
            var second = try await WireClient(port: gateway.port)
            let session = try await open(&first)
            // Which of the two is read first is the network's choice.
            try await first.request("GET", session)
            try await second.request("GET", session)
            let answers = [try await first.response(), try await second.response()].sorted { $0.status < $1.status }
            #expect(answers.map(\.status) == [200, 400])
            #expect(answers[0].body == "1")
            #expect(try await second.ask("GET", session).status == 400)
            try await first.close()
            try await second.close()
        }
    }

    @Test func `a GET whose client goes away closes the session at once`() async throws {
        let reports = Reports<EngineIOCloseReason>()
        try await Gateway.run(EngineEcho.service(told: { reports.continuation.yield($0) })) { gateway in
            var client = try await WireClient(port: gateway.port)
            let session = try await open(&client)
            try await client.request("GET", session)
            try await client.close()
            #expect(await reports.next() == .transportClosed)
        }
    }

    @Test func `a held GET is answered 2 alone, and pongs keep the session alive`() async throws {
        try await Gateway.run(EngineEcho.service(.patient)) { gateway in
            var client = try await WireClient(port: gateway.port)
            let session = try await open(&client)
            for _ in 0..<3 {
                #expect(try await client.ask("GET", session).body == "2")
                #expect(try await client.ask("POST", session, body: "3").status == 200)
            }
            try await client.close()
        }
    }

    @Test func `without a pong the session is dead at interval plus timeout`() async throws {
        let reports = Reports<EngineIOCloseReason>()
        try await Gateway.run(EngineEcho.service(.forTests, told: { reports.continuation.yield($0) })) { gateway in
            var client = try await WireClient(port: gateway.port)
            let clock = ContinuousClock()
            let before = clock.now
            let session = try await open(&client)
            #expect(await reports.next() == .pingTimeout)
            #expect(clock.now - before >= .milliseconds(500))
            #expect(try await client.ask("GET", session).status == 400)
            try await client.close()
        }
    }

    @Test func `a client's close answers the held GET with 6, then 400`() async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            var poller = try await WireClient(port: gateway.port)
            var poster = try await WireClient(port: gateway.port)
            let session = try await open(&poller)
            try await poller.request("GET", session)
            await gateway.untilPollIsHeld()
            #expect(try await poster.ask("POST", session, body: "1").status == 200)
            #expect(try await poller.response().body == "6")
            #expect(try await poller.ask("GET", session).status == 400)
            try await poller.close()
            try await poster.close()
        }
    }

    @Test func `a body beyond the bound is 413 and the session lives`() async throws {
        var configuration = GatewayConfiguration.quiet
        configuration.payloadBytesMax = 1_000
        try await Gateway.run(EngineEcho.service(configuration)) { gateway in
            var client = try await WireClient(port: gateway.port)
            let session = try await open(&client)
            let large = String(repeating: "4", count: 1_001)
            #expect(try await client.ask("POST", session, body: large).status == 413)
            #expect(try await client.ask("POST", session, body: "4x").status == 200)
            #expect(try await client.ask("GET", session).body == "4x")
            try await client.close()
        }
    }

    @Test func `handshakes beyond the rate are 503 with Retry-After`() async throws {
        var configuration = GatewayConfiguration.quiet
        configuration.handshakesPerSecond = 1
        try await Gateway.run(EngineEcho.service(configuration)) { gateway in
            var client = try await WireClient(port: gateway.port)
            var last = try await client.ask("GET", Self.path)
            // Two within one second are what it takes, however slow the machine is.
            for _ in 0..<200 where last.status != 503 { last = try await client.ask("GET", Self.path) }
            #expect(last.status == 503)
            #expect(last.headers["retry-after"] == "1")
            #expect(await gateway.metrics.counters().handshakesShed > 0)
            try await client.close()
        }
    }

    @Test func `a page of another origin is refused, one of this host, of the list or of a pattern is not`()
        async throws
    {
        var configuration = GatewayConfiguration.quiet
        let pattern = try #require(OriginPattern("https://*.nodes.example.org"))
        configuration.origins = .listed(["https://play.example.org"], patterns: [pattern])
        try await Gateway.run(EngineEcho.service(configuration)) { gateway in
            var client = try await WireClient(port: gateway.port)
            #expect(try await client.ask("GET", Self.path, headers: ["Origin": "https://evil.example"]).status == 403)
            #expect(try await client.ask("GET", Self.path, headers: ["Origin": "http://localhost"]).status == 200)
            let listed = try await client.ask("GET", Self.path, headers: ["Origin": "https://play.example.org"])
            #expect(listed.headers["access-control-allow-origin"] == "https://play.example.org")
            #expect(listed.headers["access-control-allow-credentials"] == "true")
            let fitting = try await client.ask("GET", Self.path, headers: ["Origin": "https://n1.nodes.example.org"])
            #expect(fitting.headers["access-control-allow-origin"] == "https://n1.nodes.example.org")
            #expect(
                try await client.ask("GET", Self.path, headers: ["Origin": "https://nodes.example.org"]).status == 403)
            #expect(
                try await client.ask(
                    "GET", "/socket.io/?EIO=4&transport=websocket",
                    headers: WireClient.handshake.merging(["Origin": "https://evil.example"]) { $1 }
                ).status == 403)
            try await client.close()
        }
    }
}
