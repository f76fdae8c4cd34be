import NIOCore
import QuizGateway
import QuizWire
import Testing

/// Engine.IO over WebSocket, and the way there from long-polling.
@Suite(.timeLimit(.minutes(1))) struct UpgradeTests {
    private static let polling = "/socket.io/?EIO=4&transport=polling"
    private static let webSocket = "/socket.io/?EIO=4&transport=websocket"

    private func open(_ client: inout WireClient) async throws -> String {
        let answer = try await client.ask("GET", Self.polling)
        return "&sid=" + (try #require(answer.body.split(separator: "\"").dropFirst(3).first))
    }

    @Test func `a WebSocket handshake offers no upgrades, and messages come back`() async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            var client = try await WireClient(port: gateway.port)
            let answer = try await client.upgrade(Self.webSocket)
            #expect(answer.status == 101)
            #expect(answer.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            let handshake = try await client.text()
            #expect(handshake.contains(#""upgrades":[],"#))
            try await client.say("4hello")
            #expect(try await client.text() == "4hello")
            try await client.say(binary: [1, 2, 3])
            #expect(try await client.frame() == WireClient.Frame(opcode: 2, payload: [1, 2, 3]))
            try await client.close()
        }
    }

    @Test(arguments: ["/socket.io/?transport=websocket", "/socket.io/?EIO=4", "/socket.io/?EIO=4&transport=abc"])
    func `a bad WebSocket handshake is 400`(target: String) async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            var client = try await WireClient(port: gateway.port)
            #expect(try await client.upgrade(target).status == 400)
            try await client.close()
        }
    }

    @Test func `a WebSocket for a session that never was is 400`() async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            var client = try await WireClient(port: gateway.port)
            let answer = try await client.upgrade(Self.webSocket + "&sid=nobody")
            #expect(answer.status == 400)
            #expect(answer.body == #"{"code":1,"message":"Session ID unknown"}"#)
            try await client.close()
        }
    }

    @Test func `a handshake of another version is 426, without a key 400`() async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            var client = try await WireClient(port: gateway.port)
            let answer = try await client.upgrade(Self.webSocket, headers: ["Sec-WebSocket-Version": "8"])
            #expect(answer.status == 426)
            #expect(answer.headers["sec-websocket-version"] == "13")
            var other = try await WireClient(port: gateway.port)
            #expect(try await other.upgrade(Self.webSocket, headers: ["Sec-WebSocket-Key": "short"]).status == 400)
            try await client.close()
            try await other.close()
        }
    }

    @Test func `the whole upgrade: probe, noop for the poll, data on the WebSocket, 400 for polls`() async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            // Several sockets, so that they are spread over the event loops.
            for _ in 0..<8 {
                var poller = try await WireClient(port: gateway.port)
                let sid = try await open(&poller)
                var client = try await WireClient(port: gateway.port)
                #expect(try await client.upgrade(Self.webSocket + sid).status == 101)
                try await client.say("2probe")
                #expect(try await client.text() == "3probe")
                #expect(try await poller.ask("GET", Self.polling + sid).body == "6")
                // Echoed while the upgrade is under way: it waits for the WebSocket.
                #expect(try await poller.ask("POST", Self.polling + sid, body: "4queued").body == "ok")
                try await client.say("5")
                #expect(try await client.text() == "4queued")
                try await client.say("4hello")
                #expect(try await client.text() == "4hello")
                #expect(try await poller.ask("GET", Self.polling + sid).status == 400)
                #expect(try await poller.ask("POST", Self.polling + sid, body: "4x").status == 400)
                try await poller.close()
                try await client.say("4still")
                #expect(try await client.text() == "4still")
                try await client.close()
            }
            #expect(await gateway.metrics.counters().upgrades == 8)
        }
    }

    @Test func `a second WebSocket for an upgraded session completes 101 and is closed, the first lives on`()
        async throws
    {
        try await Gateway.run(EngineEcho.service()) { gateway in
            var poller = try await WireClient(port: gateway.port)
            let sid = try await open(&poller)
            var client = try await WireClient(port: gateway.port)
            _ = try await client.upgrade(Self.webSocket + sid)
            try await client.say("2probe")
            try await client.say("5")
            #expect(try await client.text() == "3probe")
            try await client.say("4a")
            #expect(try await client.text() == "4a")
            var second = try await WireClient(port: gateway.port)
            #expect(try await second.upgrade(Self.webSocket + sid).status == 101)
            #expect(try await second.frame().opcode == 8)
            try await client.say("4b")
            #expect(try await client.text() == "4b")
            for each in [poller, client, second] { try await each.close() }
        }
    }

    @Test func `text that is no packet closes the WebSocket, and so does a close packet`() async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            for text in ["abc", "1", ""] {
                var client = try await WireClient(port: gateway.port)
                _ = try await client.upgrade(Self.webSocket)
                _ = try await client.text()
                try await client.say(text)
                #expect(try await client.frame().opcode == 8)
                #expect(await client.toEnd().isEmpty)
            }
        }
    }

    @Test func `the server pings and closes who does not answer`() async throws {
        let reports = Reports<EngineIOCloseReason>()
        var configuration = GatewayConfiguration.quiet
        configuration.timing = EngineIOTiming(pingInterval: .milliseconds(50), pingTimeout: .milliseconds(2_000))
        let service = EngineEcho.service(configuration, told: { reports.continuation.yield($0) })
        try await Gateway.run(service) { gateway in
            var client = try await WireClient(port: gateway.port)
            _ = try await client.upgrade(Self.webSocket)
            _ = try await client.text()
            #expect(try await client.text() == "2")
            try await client.say("3")
            #expect(try await client.text() == "2")
            #expect(try await client.frame().opcode == 8)
            #expect(await reports.next() == .pingTimeout)
            try await client.close()
        }
    }

    @Test func `an upgrade works on a connection that has polled and used the API before`() async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            var client = try await WireClient(port: gateway.port)
            let sid = try await open(&client)
            #expect(try await client.ask("GET", "/api/health").body == "api /api/health")
            #expect(try await client.ask("POST", Self.polling + sid, body: "4x").body == "ok")
            #expect(try await client.ask("GET", "/again").body == "api /again")
            #expect(try await client.upgrade(Self.webSocket).status == 101)
            _ = try await client.text()
            try await client.say("4y")
            #expect(try await client.text() == "4y")
            try await client.close()
        }
    }

    @Test func `frames sent together with the request are not lost`() async throws {
        try await Gateway.run(WebSocketEcho.service()) { gateway in
            var client = try await WireClient(port: gateway.port)
            var request = "GET /any HTTP/1.1\r\nHost: x\r\n"
            for (name, value) in WireClient.handshake { request += "\(name): \(value)\r\n" }
            try await client.send(Array((request + "\r\n").utf8) + WireClient.frame(1, Array("early".utf8)))
            #expect(try await client.response().status == 101)
            #expect(try await client.text() == "early")
            try await client.close()
        }
    }

    @Test func `a violation is answered with its code, and nothing comes after it`() async throws {
        try await Gateway.run(WebSocketEcho.service()) { gateway in
            for (bytes, code) in [([0xC1, 0x80, 1, 2, 3, 4], 1002), (WireClient.frame(1, [0xFF]), 1007)] {
                var client = try await WireClient(port: gateway.port)
                _ = try await client.upgrade("/")
                try await client.send(bytes + WireClient.frame(1, Array("late".utf8)))
                #expect(try await client.frame().code == code)
                #expect(await client.toEnd().isEmpty)
            }
            #expect(await gateway.metrics.counters().violations[.protocolError] == 1)
        }
    }

    @Test func `a compressed connection gets large messages compressed and small ones plain`() async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            var client = try await WireClient(port: gateway.port)
            let answer = try await client.upgrade(
                Self.webSocket, headers: ["Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"])
            #expect(
                answer.headers["sec-websocket-extensions"]
                    == "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
            _ = try await client.frame()
            try await client.say("4small")
            #expect(try await client.frame().isCompressed == false)
            try await client.say("4" + String(repeating: "large ", count: 100))
            let large = try await client.frame()
            #expect(large.isCompressed)
            #expect(large.payload.count < 100)
            try await client.close()
        }
    }
}
