import Foundation
import Hummingbird
import Logging
import NIOCore
import QuizHTTP
import QuizModel
import QuizTestKit
import QuizWire
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The same routers behind a real listener.
struct RealPortTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Runs `body` while `application` listens, and stops it afterwards.
    private func serve(
        _ make: (@escaping @Sendable (Int) async -> Void) -> some ApplicationProtocol, _ body: (Int) async throws -> Void
    ) async throws {
        let (ports, announce) = AsyncStream<Int>.makeStream()
        let application = make { port in announce.yield(port) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            for await port in ports {
                try await body(port)
                break
            }
            group.cancelAll()
        }
    }

    private func get(_ url: String, method: String = "GET", body: Data? = nil) async throws -> (Int, HTTPURLResponse, Data) {
        var request = URLRequest(url: URL(string: url)!)
        request.httpMethod = method
        request.httpBody = body
        if body != nil { request.setValue("application/json", forHTTPHeaderField: "Content-Type") }
        let (data, response) = try await URLSession.shared.data(for: request)
        let http = response as! HTTPURLResponse
        return (http.statusCode, http, data)
    }

    @Test func `the API answers over a socket and counts by the socket's address`() async throws {
        let fixture = try await Fixture()
        try await serve { onRunning in
            Application(
                router: fixture.api.router(),
                configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
                onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? 0) }, logger: Self.quiet)
        } _: { port in
            let (status, _, data) = try await get(
                "http://127.0.0.1:\(port)/api/session/guest", method: "POST", body: Data(#"{"nickname":"Ada"}"#.utf8))
            #expect(status == 200)
            #expect(try WireJSON.decode(SessionResponse.self, from: data).nickname.text == "Ada")
            #expect(fixture.limiter.seen == ["guest 127.0.0.1": 1])
            let (large, _, body) = try await get(
                "http://127.0.0.1:\(port)/api/session/guest", method: "POST", body: Data(repeating: 32, count: 1 << 20))
            #expect(large == 413)
            #expect(try WireJSON.decode(ErrorResponse.self, from: body).error.code == .invalid)
            let (page, _, html) = try await get("http://127.0.0.1:\(port)/")
            #expect(page == 200 && String(decoding: html, as: UTF8.self).contains("QuizMania"))
        }
    }

    @Test func `metrics have a listener of their own`() async throws {
        try await serve { onRunning in
            MetricsListener.service(port: 0, logger: Self.quiet, render: { "quizmania_up 1\n" }, onRunning: onRunning)
        } _: { port in
            let (status, response, data) = try await get("http://127.0.0.1:\(port)/metrics")
            #expect(status == 200)
            #expect(response.value(forHTTPHeaderField: "Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            #expect(String(decoding: data, as: UTF8.self) == "quizmania_up 1\n")
            #expect(try await get("http://127.0.0.1:\(port)/api/rooms").0 == 404)
        }
    }
}
