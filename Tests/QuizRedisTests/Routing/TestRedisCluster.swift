import Foundation
import NIOConcurrencyHelpers
import QuizRedis
import Testing

@testable import QuizRedis

/// A private cluster of three masters with a replica each, gone with its test.
final class TestRedisCluster: Sendable {
    struct NotThere: Error {
        var what: String
    }

    let servers: [TestRedis]

    init() async throws {
        servers = try (0..<6).map { _ in
            try TestRedis(arguments: [
                "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "1000",
                "--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0",
                "--cluster-replica-validity-factor", "0",
            ])
        }
        for server in servers { try await Self.until("a server answers") { await server.ask("PING") != nil } }
        let cli = Process()
        cli.executableURL = URL(filePath: "/usr/bin/redis-cli")
        cli.arguments =
            ["--cluster", "create"] + servers.map(\.address.description) + ["--cluster-replicas", "1", "--cluster-yes"]
        cli.standardOutput = FileHandle.nullDevice
        cli.standardError = FileHandle.nullDevice
        try cli.run()
        try await Self.until("the cluster is made", seconds: 60) { !cli.isRunning }
        guard cli.terminationStatus == 0 else { throw NotThere(what: "redis-cli --cluster create") }
        try await isWhole()
    }

    /// Every server says that all is well, and each master has a replica that follows it.
    func isWhole() async throws {
        for server in servers {
            try await Self.until("the cluster is whole") {
                let info = await server.ask("CLUSTER", "INFO")?.text ?? ""
                guard info.contains("cluster_state:ok"), info.contains("cluster_slots_ok:16384") else { return false }
                let role = await server.ask("ROLE")?.elements ?? []
                return role.first?.text == "master"
                    ? (role.count > 2 && role[2].elements?.isEmpty == false)
                    : role.count > 3 && role[3].text == "connected"
            }
        }
    }

    /// Where the cluster is, by one of its nodes.
    func configuration(seed: Int = 0) -> RedisConfiguration {
        RedisConfiguration(
            endpoint: RedisEndpoint(.cluster, addresses: [servers[seed].address]), patience: .seconds(20),
            stallLimit: .seconds(20))
    }

    func map() async throws -> RedisSlotMap {
        for server in servers {
            if let reply = await server.ask("CLUSTER", "SLOTS"), let map = RedisSlotMap(reply, from: server.address) {
                return map
            }
        }
        throw NotThere(what: "a map")
    }

    func server(at address: RedisAddress) throws -> TestRedis {
        guard let found = servers.first(where: { $0.address == address }) else { throw NotThere(what: "\(address)") }
        return found
    }

    static func until(_ what: String, seconds: Int = 60, _ condition: () async -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while !(await condition()) {
            guard ContinuousClock.now < deadline else { throw NotThere(what: what) }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

extension TestRedis {
    /// Asks this server and no other, over a connection of its own.
    ///
    /// - Returns: nil: no answer, or an error.
    func ask(_ arguments: String...) async -> RedisReply? {
        await ask(arguments)
    }

    func ask(
        _ arguments: [String], password: String? = nil, patience: Duration = .seconds(2)
    ) async -> RedisReply? {
        var endpoint = endpoint
        endpoint.password = password
        guard
            let fixture = try? await RedisFixture(RedisConfiguration(endpoint: endpoint), waiting: false)
        else { return nil }
        let reply = try? await fixture.client.command(arguments, patience: patience)
        await fixture.client.close()
        return reply
    }
}
