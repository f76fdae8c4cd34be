import Foundation
import Logging
import NIOCore
import NIOSSL
import QuizGateway
import QuizWire
import ServiceLifecycle
import Testing

/// The port as a whole: HTTP beside the endpoint, TLS, slow readers, shutting down.
@Suite(.timeLimit(.minutes(1))) struct ListenerTests {
    private static let polling = "/socket.io/?EIO=4&transport=polling"
    private static let webSocket = "/socket.io/?EIO=4&transport=websocket"

    @Test func `requests that are sent ahead are answered in order, whoever answers them`() async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            var client = try await WireClient(port: gateway.port)
            let targets = ["/one", Self.polling, "/two", "/socket.io/?EIO=4", "/three", "/four"]
            try await client.send(targets.map { "GET \($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
            var bodies: [String] = []
            for _ in targets { bodies.append(try await client.response().body) }
            #expect(bodies[0] == "api /one")
            #expect(bodies[1].hasPrefix("0{"))
            #expect(bodies[2] == "api /two")
            #expect(bodies[3].contains("Transport unknown"))
            #expect(bodies[4...] == ["api /three", "api /four"])
            try await client.close()
        }
    }

    @Test func `a request body passes on to the API, and the connection is used again`() async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            var client = try await WireClient(port: gateway.port)
            for _ in 0..<3 {
                let body = String(repeating: "b", count: 100_000)
                #expect(try await client.ask("POST", "/api/x", body: body).body == "api /api/x")
            }
            #expect(try await client.ask("GET", "/socket.io/socket.io.js").body == "api /socket.io/socket.io.js")
            try await client.close()
        }
    }

    @Test func `a request is handled on the loop of its connection`() async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            for _ in 0..<8 {
                var client = try await WireClient(port: gateway.port)
                for _ in 0..<3 { #expect(try await client.ask("GET", "/loop").body == "true") }
                try await client.close()
            }
        }
    }

    @Test func `Connection: close is obeyed by the gateway's own answers`() async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            var client = try await WireClient(port: gateway.port)
            let answer = try await client.ask("GET", Self.polling, headers: ["Connection": "close"])
            #expect(answer.headers["connection"] == "close")
            #expect(await client.toEnd().isEmpty)
        }
    }

    @Test func `an offer of another protocol is ignored and does not wedge the connection`() async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            var client = try await WireClient(port: gateway.port)
            let answer = try await client.ask(
                "GET", "/page", headers: ["Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c"])
            #expect(answer.body == "api /page")
            #expect(answer.headers["connection"] == "close")
            #expect(await client.toEnd().isEmpty)
        }
    }

    @Test func `bytes that are no HTTP are 400, headers beyond the bound 431`() async throws {
        try await Gateway.run(EngineEcho.service()) { gateway in
            var garbage = try await WireClient(port: gateway.port)
            try await garbage.send("\u{1}\u{2} nonsense\r\n\r\n")
            #expect(try await garbage.response().status == 400)
            var large = try await WireClient(port: gateway.port)
            try await large.send("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 40_000))\r\n\r\n")
            #expect(try await large.response().status == 431)
        }
    }

    @Test func `who sends no request, or only half of one, is closed`() async throws {
        var configuration = GatewayConfiguration.quiet
        configuration.requestTimeout = .milliseconds(200)
        try await Gateway.run(EngineEcho.service(configuration)) { gateway in
            var silent = try await WireClient(port: gateway.port)
            #expect(await silent.toEnd().isEmpty)
            var slow = try await WireClient(port: gateway.port)
            try await slow.send("POST \(Self.polling)&sid=x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n4")
            #expect(await slow.toEnd().isEmpty)
        }
    }

    @Test func `shutting down closes WebSockets and held polls, and then it is over`() async throws {
        let reports = Reports<EngineIOCloseReason>()
        try await Gateway.run(EngineEcho.service(told: { reports.continuation.yield($0) })) { gateway in
            var socket = try await WireClient(port: gateway.port)
            _ = try await socket.upgrade(Self.webSocket)
            _ = try await socket.text()
            var poller = try await WireClient(port: gateway.port)
            let handshake = try await poller.ask("GET", Self.polling).body
            let sid = try #require(handshake.split(separator: "\"").dropFirst(3).first)
            try await poller.request("GET", "\(Self.polling)&sid=\(sid)")
            await gateway.untilPollIsHeld()
            await gateway.shutDown()
            #expect(try await socket.frame().code == 1001)
            #expect(try await poller.response().body == "1")
            #expect(await reports.next() == .quiescing)
            #expect(await reports.next() == .quiescing)
        }
    }

    @Test func `cancelling the server ends it, whatever its connections are doing`() async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let server = try Gateway.server(EngineEcho.service()) { port.yield($0) }
        let running = Task { try await server.run() }
        var found = ports.makeAsyncIterator()
        let number = try #require(await found.next(isolation: #isolation))
        var polled = try await WireClient(port: number)
        let handshake = try await polled.ask("GET", Self.polling).body
        let sid = try #require(handshake.split(separator: "\"").dropFirst(3).first)
        var held = try await WireClient(port: number)
        try await held.request("GET", "\(Self.polling)&sid=\(sid)")
        var api = try await WireClient(port: number)
        #expect(try await api.ask("GET", "/x").body == "api /x")
        var refused = try await WireClient(port: number)
        #expect(try await refused.upgrade(Self.webSocket + "&sid=nobody").status == 400)
        #expect(await refused.toEnd().isEmpty)
        running.cancel()
        // How it ends is the server's business; that it ends is ours.
        _ = await running.result
        #expect(await polled.toEnd().isEmpty)
        _ = await held.toEnd()
        _ = await api.toEnd()
    }

    // MARK: Slow readers

    @Test func `a reader that stalls gets everything but outdated droppable messages, in order`() async throws {
        var configuration = GatewayConfiguration.quiet
        configuration.outboundSoftBytesMax = 64 << 10
        configuration.outboundHardBytesMax = 16 << 20
        try await Gateway.run(SocketEcho().service(configuration)) { gateway in
            var client = try await WireClient(port: gateway.port, receiveBufferBytes: 8 << 10)
            _ = try await client.upgrade(Self.webSocket)
            _ = try await client.text()
            try await client.say("40")
            _ = try await client.text()
            _ = try await client.text()
            try await client.channel.setOption(.autoRead, value: false).get()
            for _ in 0..<20 { try await client.say(#"42["flood"]"#) }
            // The server has taken them all once it has counted them.
            while await gateway.metrics.counters().messagesReceived < 21 { await Task.yield() }
            try await client.channel.setOption(.autoRead, value: true).get()
            var lasts = 0
            var newest = -1
            while lasts < 20 {
                let text = try await client.text()
                if text.hasPrefix(#"42["last""#) {
                    lasts += 1
                } else {
                    newest = Int(text.drop { $0 != ":" }.dropFirst().prefix { $0 != "," }) ?? -1
                }
            }
            #expect(newest == 39)
            #expect(await gateway.metrics.counters().messagesConflated > 0)
            try await client.close()
        }
    }

    @Test func `a reader with too much waiting is closed, and the others are not`() async throws {
        let reports = Reports<SocketDisconnectReason>()
        var application = SocketEcho()
        application.left = { reports.continuation.yield($0) }
        var configuration = GatewayConfiguration.quiet
        configuration.outboundHardBytesMax = 1 << 20
        try await Gateway.run(application.service(configuration)) { gateway in
            let stalled = try await WireClient(port: gateway.port, autoRead: false, receiveBufferBytes: 8 << 10)
            try await stalled.request("GET", Self.webSocket, headers: WireClient.handshake)
            try await stalled.say("40")
            var other = try await WireClient(port: gateway.port)
            _ = try await other.upgrade(Self.webSocket)
            _ = try await other.text()
            let large = "42[\"message\",\"\(String(repeating: "x", count: 60_000))\"]"
            for _ in 0..<200 {
                // Fails once the server has closed, which is what this waits for.
                do { try await stalled.say(large) } catch { break }
            }
            #expect(await reports.next() == .transportClosed(.outboundOverflow))
            try await other.say("40")
            #expect(try await other.text().hasPrefix("40"))
            try await other.close()
            try await stalled.close()
        }
    }

    @Test func `a reader that takes nothing for too long is closed by time`() async throws {
        let reports = Reports<SocketDisconnectReason>()
        var application = SocketEcho()
        application.left = { reports.continuation.yield($0) }
        var configuration = GatewayConfiguration.quiet
        configuration.outboundHardBytesMax = 64 << 20
        configuration.outboundStall = .milliseconds(300)
        try await Gateway.run(application.service(configuration)) { gateway in
            let stalled = try await WireClient(port: gateway.port, autoRead: false, receiveBufferBytes: 8 << 10)
            try await stalled.request("GET", Self.webSocket, headers: WireClient.handshake)
            try await stalled.say("40")
            let large = "42[\"message\",\"\(String(repeating: "x", count: 60_000))\"]"
            for _ in 0..<200 {
                // Fails once the server has closed, which is what this waits for.
                do { try await stalled.say(large) } catch { break }
            }
            #expect(await reports.next() == .transportClosed(.outboundStall))
            try await stalled.close()
        }
    }

    @Test func `a reader that leaves an answer of the API unread for too long is closed`() async throws {
        var configuration = GatewayConfiguration.quiet
        configuration.requestTimeout = .milliseconds(100)
        configuration.answerTimeout = .milliseconds(300)
        try await Gateway.run(EngineEcho.service(configuration)) { gateway in
            let stalled = try await WireClient(port: gateway.port, autoRead: false, receiveBufferBytes: 8 << 10)
            try await stalled.request("GET", "/large")
            while await gateway.metrics.counters().connections > 0 { await Task.yield() }
            try await stalled.close()
        }
    }

    @Test func `an answer with Connection: close reaches a slow reader whole`() async throws {
        var configuration = GatewayConfiguration.quiet
        // Counts from the answer's last byte, however long the reader takes.
        configuration.closeTimeout = .zero
        // More than the sockets on both sides keep.
        configuration.payloadBytesMax = 16 << 20
        configuration.outboundHardBytesMax = 32 << 20
        try await Gateway.run(EngineEcho.service(configuration)) { gateway in
            var client = try await WireClient(port: gateway.port)
            let handshake = try await client.ask("GET", Self.polling).body
            let session = "\(Self.polling)&sid=\(try #require(handshake.split(separator: "\"").dropFirst(3).first))"
            let message = "4" + String(repeating: "x", count: 12 << 20)
            #expect(try await client.ask("POST", session, body: message).body == "ok")
            var slow = try await WireClient(port: gateway.port, autoRead: false, receiveBufferBytes: 8 << 10)
            try await slow.request("GET", session, headers: ["Connection": "close"])
            try await slow.channel.setOption(.autoRead, value: true).get()
            #expect(try await slow.response().body == message)
            try await client.close()
        }
    }

    // MARK: TLS

    private func write(_ pair: TestCertificates.Pair, _ folder: URL) throws {
        try Data(pair.certificate.utf8).write(to: folder.appending(path: "certificate.pem"))
        try Data(pair.key.utf8).write(to: folder.appending(path: "key.pem"))
    }

    @Test func `a certificate is reloaded for new connections, and a broken one changes nothing`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gateway-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // the system's own cleaning takes it otherwise
        try write(TestCertificates.one, folder)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let certificates = try GatewayCertificates(
            certificateFile: folder.appending(path: "certificate.pem").path,
            keyFile: folder.appending(path: "key.pem").path, logger: logger)
        try await Gateway.run(EngineEcho.service(), certificates: certificates) { gateway in
            let seen = Reports<String>()
            func connect() async throws -> (WireClient, String?) {
                var client = try await WireClient(port: gateway.port) {
                    seen.continuation.yield($0.map { String(describing: $0) } ?? "none")
                }
                #expect(try await client.ask("GET", "/secure").body == "api /secure")
                #expect(try await client.upgrade(Self.webSocket).status == 101)
                _ = try await client.text()
                return (client, await seen.next())
            }
            var (first, firstCertificate) = try await connect()
            #expect(firstCertificate?.contains("one.example") == true)
            try write(TestCertificates.two, folder)
            #expect(certificates.reload())
            let (second, secondCertificate) = try await connect()
            #expect(secondCertificate?.contains("two.example") == true)
            try Data("broken".utf8).write(to: folder.appending(path: "certificate.pem"))
            certificates.reloadIfChanged()
            #expect(!certificates.reload())
            let (third, thirdCertificate) = try await connect()
            #expect(thirdCertificate?.contains("two.example") == true)
            // The first connection has lived through all of it, and closes properly.
            try await first.say("4x")
            #expect(try await first.text() == "4x")
            try await first.say("1")
            #expect(try await first.frame().opcode == 8)
            #expect(await first.toEnd().isEmpty)
            try await second.close()
            try await third.close()
        }
    }
}
