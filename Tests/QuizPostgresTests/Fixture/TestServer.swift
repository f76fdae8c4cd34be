import CLibPQ
import Foundation
import NIOConcurrencyHelpers
import Synchronization

/// A private PostgreSQL server: the one `QUIZMANIA_TEST_POSTGRES` names (a connection string of a superuser), or one
/// made in a temporary folder that ends with this process.
final class TestServer: Sendable {
    struct Failure: Error {
        var what: String
    }

    private let base: String
    private let databases = Atomic<Int>(0)

    /// The server most suites share; each makes databases of its own on it.
    static func shared() throws -> TestServer { try result.get() }

    private static let result = Result {
        if let conninfo = ProcessInfo.processInfo.environment["QUIZMANIA_TEST_POSTGRES"] {
            return TestServer(base: conninfo)
        }
        return try TestServer.started()
    }

    private init(base: String) { self.base = base }

    /// A server nobody else uses, for tests that change its settings.
    static func started() throws -> TestServer {
        let folder = try makeFolder()
        try run([
            "initdb", "--pgdata=\(folder)/data", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
            "--no-sync",
        ])
        let arguments = [
            "postgres", "-D", "\(folder)/data", "-k", folder, "-c", "listen_addresses=", "-c", "max_connections=400",
            "-c", "log_min_messages=fatal",
        ]
        // "Dying with us" means with the thread that started it: that one stays until the server has ended.
        let thread = Thread {
            guard let process = try? command(arguments, dyingWithUs: true), (try? process.run()) != nil else { return }
            process.waitUntilExit()
        }
        thread.start()
        // After initdb nobody listens yet; the server says when it does.
        let base = "host=\(folder) user=postgres"
        for _ in 0..<600 {
            if PQping(base + " dbname=postgres") == PQPING_OK { return TestServer(base: base) }
            usleep(50_000)
        }
        throw Failure(what: "The private PostgreSQL server did not start.")
    }

    func conninfo(_ database: String) -> String { "\(base) dbname=\(database)" }

    func nextName() -> String {
        "quizmania_test_\(getpid())_\(databases.wrappingAdd(1, ordering: .relaxed).newValue)"
    }

    // MARK: - Processes

    /// Removed when this process ends. A socket's path may have 107 bytes, so it is a short one.
    private static func makeFolder() throws -> String {
        var template = Array("/tmp/qmpg-XXXXXX\0".utf8CString)
        let path = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let path else { throw Failure(what: "No temporary folder could be made.") }
        if geteuid() == 0 {
            guard let user = getpwnam("postgres"), chown(path, user.pointee.pw_uid, user.pointee.pw_gid) == 0 else {
                throw Failure(what: "There is no user `postgres` to run a server as.")
            }
        }
        folders.withLockedValue { $0.append(path) }
        atexit(endServers)
        return path
    }

    private static let binaries: String = {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        guard let newest = versions.compactMap(Int.init).max() else { return "/usr/bin" }
        return "/usr/lib/postgresql/\(newest)/bin"
    }()

    private static func command(_ words: [String], dyingWithUs: Bool) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
        var arguments = dyingWithUs ? ["--pdeathsig=QUIT"] : []
        if geteuid() == 0 { arguments += ["--reuid=postgres", "--regid=postgres", "--init-groups"] }
        process.arguments = arguments + ["\(binaries)/\(words[0])"] + words.dropFirst()
        process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        return process
    }

    private static func run(_ words: [String]) throws {
        let process = try command(words, dyingWithUs: false)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(what: "\(words[0]) failed.") }
    }
}

/// The folders of the servers started here.
private let folders = NIOLockedValueBox<[String]>([])

/// Runs as this process ends.
private func endServers() {
    for folder in folders.withLockedValue({ $0 }) {
        if let lines = try? String(contentsOfFile: "\(folder)/data/postmaster.pid", encoding: .utf8),
            let pid = lines.split(separator: "\n").first.flatMap({ pid_t($0) })
        {
            kill(pid, SIGQUIT)
            for _ in 0..<100 where kill(pid, 0) == 0 { usleep(20_000) }
        }
        // What cannot be removed stays in the temporary folder.
        try? FileManager.default.removeItem(atPath: folder)
    }
}
