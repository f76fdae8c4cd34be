import NIOCore
import QuizGateway
import QuizWire
import Testing

/// Socket.IO against the real listener.
@Suite(.timeLimit(.minutes(1))) struct SocketIOTests {
    private static let target = "/socket.io/?EIO=4&transport=websocket"

    private func open(_ gateway: Gateway, headers: [String: String] = [:]) async throws -> WireClient {
        var client = try await WireClient(port: gateway.port)
        #expect(try await client.upgrade(Self.target, headers: headers).status == 101)
        _ = try await client.text()
        return client
    }

    private func connected(_ gateway: Gateway) async throws -> WireClient {
        var client = try await open(gateway)
        try await client.say("40")
        _ = try await client.text()
        _ = try await client.text()
        return client
    }

    @Test func `CONNECT is answered before any event, with the sid alone`() async throws {
        try await Gateway.run(SocketEcho().service()) { gateway in
            var client = try await open(gateway)
            try await client.say(#"40{"token":"123"}"#)
            let reply = try await client.text()
            #expect(reply.hasPrefix(#"40{"sid":""#) && reply.hasSuffix(#""}"#) && reply.count == 10 + 27 + 2)
            #expect(try await client.text() == #"42["auth",{"token":"123"}]"#)
            try await client.close()
        }
    }

    @Test(arguments: ["40/custom", "40/custom,"])
    func `a namespace is accepted with and without its comma`(packet: String) async throws {
        try await Gateway.run(SocketEcho().service()) { gateway in
            var client = try await open(gateway)
            try await client.say(packet)
            #expect(try await client.text().hasPrefix(#"40/custom,{"sid":"#))
            #expect(try await client.text() == #"42/custom,["auth",{}]"#)
            try await client.close()
        }
    }

    @Test func `an unknown namespace is refused and the connection stays`() async throws {
        try await Gateway.run(SocketEcho().service()) { gateway in
            var client = try await open(gateway)
            try await client.say("40/random")
            #expect(try await client.text() == #"44/random,{"message":"Invalid namespace"}"#)
            try await client.say("40")
            #expect(try await client.text().hasPrefix(#"40{"sid":"#))
            try await client.close()
        }
    }

    @Test(arguments: [
        "4abc", "42{}", #"42abc["message"]"#, "40", #"42/custom,["message"]"#, #"42["disconnect"]"#, "47",
    ])
    func `a malformed packet, a second CONNECT or a foreign namespace closes the connection`(
        packet: String
    ) async throws {
        let reports = Reports<SocketDisconnectReason>()
        var application = SocketEcho()
        application.left = { reports.continuation.yield($0) }
        try await Gateway.run(application.service()) { gateway in
            var client = try await connected(gateway)
            try await client.say(packet)
            #expect(try await client.frame().opcode == 8)
            #expect(await reports.next() == .transportClosed(.protocolViolation))
            try await client.close()
        }
    }

    @Test func `without a CONNECT the connection is closed in time`() async throws {
        var configuration = GatewayConfiguration.quiet
        configuration.connectTimeout = .milliseconds(100)
        try await Gateway.run(SocketEcho().service(configuration)) { gateway in
            var client = try await open(gateway)
            #expect(try await client.frame().opcode == 8)
            #expect(await gateway.metrics.counters().closed[.connectTimeout] == 1)
            try await client.close()
        }
    }

    @Test func `an application that does not decide loses the connection`() async throws {
        var configuration = GatewayConfiguration.quiet
        configuration.acceptTimeout = .milliseconds(50)
        try await Gateway.run(SocketEcho().service(configuration)) { gateway in
            var client = try await open(gateway)
            try await client.say("40/silent,")
            #expect(try await client.frame().opcode == 8)
            try await client.close()
        }
    }

    @Test func `a DISCONNECT from either side leaves the transport open`() async throws {
        let reports = Reports<SocketDisconnectReason>()
        var application = SocketEcho()
        application.left = { reports.continuation.yield($0) }
        try await Gateway.run(application.service()) { gateway in
            var client = try await connected(gateway)
            try await client.say("40/custom")
            _ = try await client.text()
            _ = try await client.text()
            try await client.say("41/custom")
            #expect(await reports.next() == .clientDisconnected)
            try await client.say(#"42["message",1]"#)
            #expect(try await client.text() == #"42["message-back",1]"#)
            try await client.say(#"42["kick"]"#)
            #expect(try await client.text() == "41")
            #expect(await reports.next() == .serverDisconnected)
            try await client.say("40")
            #expect(try await client.text().hasPrefix(#"40{"sid":"#))
            try await client.close()
        }
    }

    @Test func `closing the transport sends no DISCONNECT`() async throws {
        try await Gateway.run(SocketEcho().service()) { gateway in
            var client = try await connected(gateway)
            try await client.say(#"42["drop"]"#)
            #expect(try await client.frame().opcode == 8)
            try await client.close()
        }
    }

    @Test func `events, acknowledgements and attachments come back as they were`() async throws {
        try await Gateway.run(SocketEcho().service()) { gateway in
            var client = try await connected(gateway)
            try await client.say(#"42["message",1,"2",{"3":[true]}]"#)
            #expect(try await client.text() == #"42["message-back",1,"2",{"3":[true]}]"#)
            try await client.say(#"42456["message-with-ack",1,"2",{"3":[false]}]"#)
            #expect(try await client.text() == #"43456[1,"2",{"3":[false]}]"#)
            try await client.say(
                #"452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#)
            try await client.say(binary: [1, 2, 3])
            try await client.say(binary: [4, 5, 6])
            #expect(
                try await client.text()
                    == #"452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#)
            #expect(try await client.frame().payload == [1, 2, 3])
            #expect(try await client.frame().payload == [4, 5, 6])
            try await client.say(#"451-789["message-with-ack",{"_placeholder":true,"num":0}]"#)
            try await client.say(binary: [7])
            #expect(try await client.text() == #"461-789[{"_placeholder":true,"num":0}]"#)
            #expect(try await client.frame().payload == [7])
            try await client.close()
        }
    }

    @Test func `text between a packet and its attachments closes the connection, and so does binary out of place`()
        async throws
    {
        try await Gateway.run(SocketEcho().service()) { gateway in
            var first = try await connected(gateway)
            try await first.say(#"451-["message",{"_placeholder":true,"num":0}]"#)
            try await first.say(#"42["message"]"#)
            #expect(try await first.frame().opcode == 8)
            var second = try await connected(gateway)
            try await second.say(binary: [1])
            #expect(try await second.frame().opcode == 8)
        }
    }

    @Test func `a recoverable session is told its pid, and events end with the offset`() async throws {
        try await Gateway.run(SocketEcho().service()) { gateway in
            var client = try await open(gateway)
            try await client.say("40/recoverable,")
            #expect(try await client.text() == #"40/recoverable,{"sid":"the-sid","pid":"the-pid"}"#)
            #expect(try await client.text() == #"42/recoverable,["state",{},"7.ab"]"#)
            try await client.close()
        }
    }

    @Test func `latency is known after a ping was answered, on WebSocket`() async throws {
        try await Gateway.run(SocketEcho().service()) { gateway in
            var client = try await connected(gateway)
            try await client.say(#"42["latency"]"#)
            #expect(try await client.text() == #"42["latency",{"known":false,"ws":true}]"#)
            try await client.say(#"42["ping"]"#)
            #expect(try await client.text() == "2")
            try await client.say("3")
            try await client.say(#"42["latency"]"#)
            #expect(try await client.text() == #"42["latency",{"known":true,"ws":true}]"#)
            try await client.close()
        }
    }

    @Test func `a forwarded address is believed from a configured proxy only`() async throws {
        let reports = Reports<String>()
        var application = SocketEcho()
        application.request = { reports.continuation.yield("\($0.remoteAddress) \($0.secure)") }
        for (trusted, expected) in [([] as [String], "127.0.0.1 false"), (["127.0.0.0/8"], "203.0.113.5 true")] {
            var configuration = GatewayConfiguration.quiet
            configuration.trustedProxies = trusted.compactMap { AddressRange($0) }
            try await Gateway.run(application.service(configuration)) { gateway in
                var client = try await open(
                    gateway, headers: ["X-Forwarded-For": "6.6.6.6, 203.0.113.5", "X-Forwarded-Proto": "https"])
                try await client.say("40")
                #expect(await reports.next() == expected)
                _ = try await client.text()
                try await client.close()
            }
        }
    }

    @Test func `an event beyond the bound closes the connection`() async throws {
        var configuration = GatewayConfiguration.quiet
        configuration.eventBytesMax = 200
        try await Gateway.run(SocketEcho().service(configuration)) { gateway in
            var client = try await connected(gateway)
            try await client.say("42[\"message\",\"\(String(repeating: "x", count: 200))\"]")
            #expect(try await client.frame().opcode == 8)
        }
    }
}
