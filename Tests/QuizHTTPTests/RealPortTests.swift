import Foundation
import Hummingbird
import Logging
import NIOConcurrencyHelpers
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
        _ make: (@escaping @Sendable (Int) async -> Void) -> some ApplicationProtocol,
        _ body: (Int) async throws -> Void
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

    private func get(_ url: String, method: String = "GET", body: Data? = nil) async throws -> (
        Int, HTTPURLResponse, Data
    ) {
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

    /// Where `schemathesis` is installed; `cluster/test` says so.
    private static let fuzzer = ProcessInfo.processInfo.environment["QUIZMANIA_SCHEMATHESIS"]

    @Test(.enabled(if: fuzzer != nil, "QUIZMANIA_SCHEMATHESIS names no program."))
    func `fuzzing the API from its own document finds no accident and no undocumented answer`() async throws {
        let fixture = try await Fixture(
            allowance: { _ in .max }, checks: [HealthCheck(name: "postgres", status: .failing, message: "Start it.")])
        let (player, headers) = try await fixture.signIn()
        fixture.games.owner.withLockedValue { $0 = player }
        fixture.rooms.add("AAAAAAA", .public)
        try await serve { onRunning in
            Application(
                router: fixture.api.router(),
                configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
                onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? 0) }, logger: Self.quiet)
        } _: { port in
            let arguments = [
                "run", "http://127.0.0.1:\(port)/api/openapi.json", "--seed", "20260101", "--max-examples", "60",
                "--header", "Authorization: \(headers["Authorization"] ?? "")", "--no-color", "--checks",
                "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
                    + "response_schema_conformance,unsupported_method",
                // Readiness answers 503 by design.
                "--exclude-path", "/health/ready",
            ]
            let (status, output) = try await Self.run(Self.fuzzer ?? "", arguments)
            #expect(status == 0, "\(output)")
        }
    }

    /// Runs a program without holding a thread of the test's pool.
    private static func run(_ path: String, _ arguments: [String]) async throws -> (Int32, String) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "quizmania-fuzz-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // a temporary folder may stay
        let file = folder.appending(path: "output.txt")
        try Data().write(to: file)
        let output = try FileHandle(forWritingTo: file)
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardOutput = output
        process.standardError = output
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        return (status, String(decoding: try Data(contentsOf: file), as: UTF8.self))
    }
}
