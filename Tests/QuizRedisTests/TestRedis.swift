import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import QuizRedis
import QuizTelemetry
import Synchronization

/// A private redis-server of one test, gone with it.
final class TestRedis: Sendable {
    struct NotStarted: Error {}

    let port: Int
    let tlsPort: Int?
    private let directory: URL
    private let process = NIOLockedValueBox<Process?>(nil)

    /// - Parameters:
    ///   - tls: with a second, encrypted port.
    ///   - arguments: more of them.
    ///   - file: lines of a configuration file, which the server may write again; it is a sentinel then.
    init(tls: TestCertificate? = nil, arguments: [String] = [], sentinel file: [String]? = nil) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "quizmania-redis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        port = try Self.freePort()
        tlsPort = try tls.map { _ in try Self.freePort() }
        certificate = tls
        self.arguments = arguments
        configuration = file == nil ? nil : directory.appending(path: "sentinel.conf")
        if let file, let configuration {
            let lines = file + ["port \(port)", "bind 127.0.0.1", "dir \(directory.path)"]
            try (lines.joined(separator: "\n") + "\n").write(to: configuration, atomically: true, encoding: .utf8)
        }
        try start()
    }

    private let arguments: [String]
    private let configuration: URL?
    private let certificate: TestCertificate?

    deinit {
        process.withLockedValue { process in
            if let process, process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }
        try? FileManager.default.removeItem(at: directory)
    }

    func start() throws {
        let server = Process()
        server.executableURL = URL(filePath: "/usr/bin/redis-server")
        let usual = [
            "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", directory.path,
            "--logfile", directory.appending(path: "log").path,
        ]
        server.arguments = configuration.map { [$0.path, "--sentinel"] } ?? usual + arguments
        if let certificate, let tlsPort {
            server.arguments?.append(contentsOf: [
                "--tls-port", "\(tlsPort)", "--tls-cert-file", certificate.certificate.path, "--tls-key-file",
                certificate.key.path, "--tls-ca-cert-file", certificate.certificate.path, "--tls-auth-clients", "no",
            ])
        }
        server.standardOutput = FileHandle.nullDevice
        server.standardError = FileHandle.nullDevice
        try server.run()
        process.withLockedValue { $0 = server }
    }

    /// Ends the server as a power cut would; returns when it is gone.
    func stop() {
        let old = process.withLockedValue { process in
            defer { process = nil }
            return process
        }
        guard let old else { return }
        kill(old.processIdentifier, SIGKILL)
        old.waitUntilExit()
    }

    func freeze() { signalServer(SIGSTOP) }
    func thaw() { signalServer(SIGCONT) }

    private func signalServer(_ signal: Int32) {
        process.withLockedValue { process in
            if let process { kill(process.processIdentifier, signal) }
        }
    }

    var endpoint: RedisEndpoint { RedisEndpoint(host: "127.0.0.1", port: port) }
    var address: RedisAddress { RedisAddress(host: "127.0.0.1", port: port) }

    /// A port below the ephemeral range that nobody listens on; the one 10,000 above, where a node of a cluster listens for
    /// the others, is free with it.
    private static func freePort() throws -> Int {
        for _ in 0..<100 {
            let port = Int.random(in: 12_000..<22_000)
            let above = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            guard let bus = try? above.bind(host: "127.0.0.1", port: port + 10_000).wait() else { continue }
            try bus.close().wait()
            let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            guard let channel = try? bootstrap.bind(host: "127.0.0.1", port: port).wait() else { continue }
            try channel.close().wait()
            return port
        }
        throw NotStarted()
    }
}

/// A self-signed certificate for `localhost` and 127.0.0.1, made with the `openssl` program.
final class TestCertificate: Sendable {
    struct NotMade: Error {}

    let directory: URL
    var certificate: URL { directory.appending(path: "cert.pem") }
    var key: URL { directory.appending(path: "key.pem") }

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "quizmania-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key.path,
            "-out", certificate.path,
        ]
        openssl.standardOutput = FileHandle.nullDevice
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        guard openssl.terminationStatus == 0 else { throw NotMade() }
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    func trusted() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(certificate.path))
        return configuration
    }
}

/// The server all conformance tests share: the one of `QUIZMANIA_TEST_REDIS`, or a private one that lives as long as
/// the tests.
enum SharedRedis {
    private static let own = NIOLockedValueBox<TestRedis?>(nil)

    static func endpoint() throws -> RedisEndpoint {
        if let given = ProcessInfo.processInfo.environment["QUIZMANIA_TEST_REDIS"] {
            guard let endpoint = RedisEndpoint(given) else { throw TestRedis.NotStarted() }
            return endpoint
        }
        return try own.withLockedValue { own in
            if let own { return own.endpoint }
            let made = try TestRedis()
            own = made
            // A static is never deinitialised.
            atexit { SharedRedis.stop() }
            return made.endpoint
        }
    }

    private static func stop() { own.withLockedValue { $0 = nil } }
}

/// A client, its metrics and a key prefix of its own.
struct RedisFixture {
    let client: RedisClient
    let metrics = MetricsRegistry()
    let keys = RedisKey.Space(prefix: "test-\(UUID().uuidString)")
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let loop = MultiThreadedEventLoopGroup.singleton.next()

    /// Connected when it returns, if `waiting`.
    init(_ configuration: RedisConfiguration, waiting: Bool = true) async throws {
        client = try RedisClient(
            configuration: configuration, loop: loop, metrics: metrics, logger: logger)
        client.start()
        if waiting { _ = try await client.command(["PING"], patience: .seconds(20)) }
    }

    init(_ server: TestRedis) async throws { try await self.init(Self.patient(server.endpoint)) }

    static func shared() async throws -> RedisFixture {
        try await RedisFixture(patient(try SharedRedis.endpoint()))
    }

    /// A loaded machine is no reason to fail; tests of patience bring their own.
    static func patient(_ endpoint: RedisEndpoint) -> RedisConfiguration {
        RedisConfiguration(endpoint: endpoint, patience: .seconds(20), stallLimit: .seconds(20))
    }

    /// Answered as soon as there is a usable connection.
    func reconnected() async throws {
        // The first one may still go out on the connection that is lost.
        while await failure(["PING"], patience: .seconds(20))?.code == .connectionLost {}
    }

    /// Returns when the client has noticed that the connection is gone.
    func lost() async {
        while client.isConnected { await Task.yield() }
    }

    /// What a command fails with; nil: it did not.
    func failure(_ arguments: [String], patience: Duration? = nil) async -> RedisFailure? {
        do {
            _ = try await client.command(arguments, patience: patience)
            return nil
        } catch {
            return error
        }
    }
}

/// A clock that a test moves.
final class ManualTime: Sendable {
    private let value = Atomic<Int64>(1_000_000_000)
    var now: Int64 { value.load(ordering: .relaxed) }
    func advance(_ amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
}
