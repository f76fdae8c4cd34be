internal import Configuration
internal import Foundation
package import Logging
internal import QuizGateway
internal import QuizPostgres
package import QuizRedis
package import QuizTelemetry
internal import QuizWire
internal import SystemPackage

/// Everything a node is told: `config/quizmania.json` < environment `QUIZMANIA_…` < flags.
///
/// Each key gives name, meaning and default in `keys`; `quizmania serve --print-config` shows the values in force.
package struct NodeSettings: Sendable {
    var nodeName: String
    /// In the form of `Origin`; nil: clients are not sent to this node.
    var nodeURL: String?
    var nodePatterns: [OriginPattern]
    var httpHost: String
    var httpPort: Int
    var publicURL: String
    var allowedOrigins: [String]
    var trustedProxies: [String]
    package var clusterName: String
    var clusterWeight: Int
    package var clusterTTLMs: Int
    var meshHost: String
    var meshPort: Int
    var meshAddress: String
    var meshCertificateFile: String?
    var meshKeyFile: String?
    var meshAuthorityFile: String?
    var metricsHost: String
    var metricsPort: Int
    var tlsCertificateFile: String?
    var tlsKeyFile: String?
    var postgres: String
    var postgresPasswordFile: String?
    var postgresLanes: Int
    var postgresPools: PoolSizes
    var postgresPooler: String?
    var postgresStandbyRequired: Bool
    var retention: Retention.Ages
    var redis: String
    var redisPasswordFile: String?
    var redisSentinelPasswordFile: String?
    var redisAuthorityFile: String?
    package var secretsDirectory: String
    var webDirectory: String
    var eventLoops: Int
    package var logFormat: LogFormat
    package var logLevel: Logger.Level
    var pingIntervalMs: Int
    var pingTimeoutMs: Int
    var handshakesPerSecond: Int
    var pace: SessionPace
    var overload: OverloadSettings

    /// A setting as `--print-config` and the guide show it.
    struct Key: Sendable {
        var name: String
        var meaning: String
    }

    static let keys: [Key] = ownKeys + OverloadSettings.keys

    private static let ownKeys: [Key] = [
        Key(name: "node.name", meaning: "Name of the node in logs; text. Default: node-0."),
        Key(
            name: "node.url",
            meaning:
                "Address of this very node, for clients whose room is here; default: none, and they stay where they are."
        ),
        Key(
            name: "cluster.public.patterns",
            meaning:
                "What node.url of every node looks like, separated by commas: https://*.play.example.org. Default: none."
        ),
        Key(name: "http.host", meaning: "Address the node listens on. Default: 127.0.0.1."),
        Key(
            name: "http.port",
            meaning: "Port of the web client, the HTTP API and the socket; 1 to 65535. Default: 8080."),
        Key(name: "public.url", meaning: "Address players see; default: http://HOST:PORT."),
        Key(
            name: "allowed.origins", meaning: "Other web origins that may connect, separated by commas. Default: none."),
        Key(
            name: "trusted.proxies", meaning: "Address ranges (CIDR) whose X-Forwarded-For is believed. Default: none."),
        Key(
            name: "cluster.name",
            meaning: "Nodes of one name work together; begins their keys in Redis. Default: qm."),
        Key(name: "cluster.weight", meaning: "Share of the rooms beside other nodes'; 0 to 1000. Default: 100."),
        Key(
            name: "cluster.ttl.ms",
            meaning: "Silence after which a node counts as dead, the same on all; 1000 to 60000. Default: 3000."),
        Key(name: "mesh.host", meaning: "Address the mesh listens on. Default: 127.0.0.1."),
        Key(name: "mesh.port", meaning: "Port other nodes connect to; 1 to 65535. Default: 7946."),
        Key(
            name: "mesh.address", meaning: "Where other nodes reach this one, host:port. Default: mesh.host:mesh.port."),
        Key(name: "mesh.tls.certificate.file", meaning: "PEM certificate for the mesh; with key and authority: TLS."),
        Key(name: "mesh.tls.key.file", meaning: "PEM private key for the mesh."),
        Key(name: "mesh.tls.authority.file", meaning: "PEM certificates of the cluster's authority."),
        Key(name: "metrics.host", meaning: "Address of the metrics listener. Default: 127.0.0.1."),
        Key(name: "metrics.port", meaning: "Port of the metrics listener; 1 to 65535. Default: 9464."),
        Key(
            name: "tls.certificate.file",
            meaning: "PEM certificate chain; with the key: HTTPS. Read again when it changes."),
        Key(name: "tls.key.file", meaning: "PEM private key."),
        Key(name: "postgres", meaning: "libpq connection string without a password. Required."),
        Key(name: "postgres.password.file", meaning: "File that holds the password."),
        Key(name: "postgres.lanes", meaning: "Journal connections; 1 to 64. Default: 4."),
        Key(name: "postgres.web.connections", meaning: "Connections for players' requests; 1 to 64. Default: 4."),
        Key(name: "postgres.content.connections", meaning: "Connections for the question bank; 1 to 64. Default: 2."),
        Key(name: "postgres.chat.connections", meaning: "Connections for chat; 1 to 64. Default: 2."),
        Key(name: "postgres.cluster.connections", meaning: "Connections for the cluster's plan; 1 to 64. Default: 2."),
        Key(
            name: "postgres.pooler",
            meaning:
                "Connection string of a pooler in transaction mode, for requests, content and chat. Default: none, directly."
        ),
        Key(
            name: "postgres.standby.required",
            meaning: "yes: a failover is planned, so that commits must wait for a standby. yes or no. Default: no."),
        Key(
            name: "retention.journal.days",
            meaning: "Days a finished game can be replayed; 2 to 36500. Default: 30. Results are kept for ever."),
        Key(name: "retention.chat.days", meaning: "Days a chat line is kept; 1 to 36500. Default: 90."),
        Key(name: "retention.moves.days", meaning: "Days the moves of shards are kept; 1 to 36500. Default: 90."),
        Key(
            name: "retention.guests.days",
            meaning: "Days until a guest who cannot come back is forgotten; 1 to 36500. Default: 365."),
        Key(
            name: "redis",
            meaning: "redis://HOST:PORT/DB, redis+sentinel://HOST:PORT,…/NAME or redis+cluster://HOST:PORT,…; rediss… "
                + "with TLS. Required."),
        Key(name: "redis.password.file", meaning: "File that holds the password of the Redis servers."),
        Key(name: "redis.sentinel.password.file", meaning: "File that holds the password of the sentinels."),
        Key(
            name: "redis.tls.authority.file",
            meaning: "PEM certificates Redis' own is checked against. Default: the system's."),
        Key(
            name: "secrets.dir",
            meaning:
                "Directory with token.key, room.key, mesh.key, signing.key and, for operators, admin.token. Required."),
        Key(name: "web.dir", meaning: "Built web client. Default: Sources/WebClient/dist."),
        Key(
            name: "event.loops", meaning: "Event loops; 1 to 64. Default: 1 up to 4 cores, else a quarter of the cores."
        ),
        Key(name: "log.format", meaning: "console or json. Default: json."),
        Key(name: "log.level", meaning: "trace, debug, info, notice, warning or error. Default: info."),
        Key(name: "ping.interval.ms", meaning: "Milliseconds between pings; 300 to 120000. Default: 25000."),
        Key(name: "ping.timeout.ms", meaning: "Milliseconds a pong may take; 200 to 120000. Default: 20000."),
        Key(name: "handshakes.per.second", meaning: "New sessions a second before 503; 1 to 100000. Default: 400."),
        Key(
            name: "session.events.per.second",
            meaning: "Commands a session may send a second, and three times as many at once; 1 to 100000. Default: 20."
        ),
        Key(
            name: "session.chat.lines.per.ten.seconds",
            meaning: "Lines of chat a session may send in ten seconds; 1 to 1000000. Default: 8."),
    ]

    /// - Parameter overrides: values of flags, by key.
    /// - Throws: `SettingsFault` with a sentence for the first value that cannot be used.
    package static func load(file: String?, overrides: [String: String] = [:]) async throws -> NodeSettings {
        var providers: [any ConfigProvider] = [
            InMemoryProvider(
                values: Dictionary(
                    uniqueKeysWithValues: overrides.map {
                        (
                            AbsoluteConfigKey(ConfigKey($0.key).components),
                            ConfigValue(.string($0.value), isSecret: false)
                        )
                    })),
            EnvironmentVariablesProvider().prefixKeys(with: "quizmania"),
        ]
        let path = file ?? "config/quizmania.json"
        do {
            providers.append(
                try await FileProvider<JSONSnapshot>(filePath: FilePath(path), allowMissing: file == nil))
        } catch {
            throw SettingsFault("The configuration file \(path) cannot be read: \(error).")
        }
        return try NodeSettings(reading: ConfigReader(providers: providers))
    }

    private init(reading config: ConfigReader) throws(SettingsFault) {
        func text(_ key: String) -> String? {
            // Numbers in the file and texts in the environment are the same to us.
            let name = ConfigKey(key)
            let value = config.string(forKey: name) ?? config.int(forKey: name).map(String.init)
            return value.flatMap { $0.isEmpty ? nil : $0 }
        }
        func number(_ key: String, _ range: ClosedRange<Int>, default fallback: Int) throws(SettingsFault) -> Int {
            guard let given = text(key) else { return fallback }
            guard let value = Int(given), range.contains(value) else {
                throw SettingsFault("`\(key)` is \(given); it has to be \(range.lowerBound) to \(range.upperBound).")
            }
            return value
        }
        func required(_ key: String) throws(SettingsFault) -> String {
            guard let value = text(key) else {
                let name = "QUIZMANIA_" + key.uppercased().replacingOccurrences(of: ".", with: "_")
                throw SettingsFault("`\(key)` is missing: set it in the configuration file or as \(name).")
            }
            return value
        }
        func list(_ key: String) -> [String] {
            (text(key) ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter {
                !$0.isEmpty
            }
        }
        nodeName = text("node.name") ?? "node-0"
        httpHost = text("http.host") ?? "127.0.0.1"
        httpPort = try number("http.port", 1...65_535, default: 8_080)
        clusterName = text("cluster.name") ?? "qm"
        guard clusterName.wholeMatch(of: /[A-Za-z0-9._-]{1,64}/) != nil else {
            throw SettingsFault("`cluster.name` is 1 to 64 letters, digits, dots, dashes and underscores.")
        }
        clusterWeight = try number("cluster.weight", 0...1_000, default: 100)
        clusterTTLMs = try number("cluster.ttl.ms", 1_000...60_000, default: 3_000)
        meshHost = text("mesh.host") ?? "127.0.0.1"
        meshPort = try number("mesh.port", 1...65_535, default: 7_946)
        meshAddress = text("mesh.address") ?? "\(meshHost):\(meshPort)"
        meshCertificateFile = text("mesh.tls.certificate.file")
        meshKeyFile = text("mesh.tls.key.file")
        meshAuthorityFile = text("mesh.tls.authority.file")
        let meshFiles = [meshCertificateFile, meshKeyFile, meshAuthorityFile].compactMap(\.self).count
        guard meshFiles == 0 || meshFiles == 3 else {
            throw SettingsFault(
                "TLS of the mesh needs `mesh.tls.certificate.file`, `mesh.tls.key.file` and `mesh.tls.authority.file`.")
        }
        metricsHost = text("metrics.host") ?? "127.0.0.1"
        metricsPort = try number("metrics.port", 1...65_535, default: 9_464)
        tlsCertificateFile = text("tls.certificate.file")
        tlsKeyFile = text("tls.key.file")
        guard (tlsCertificateFile == nil) == (tlsKeyFile == nil) else {
            throw SettingsFault("TLS needs both `tls.certificate.file` and `tls.key.file`.")
        }
        publicURL = text("public.url") ?? "\(tlsKeyFile == nil ? "http" : "https")://\(httpHost):\(httpPort)"
        (nodeURL, nodePatterns) = try Self.addresses(
            nodeURL: text("node.url"), patterns: list("cluster.public.patterns"), publicURL: publicURL)
        allowedOrigins = list("allowed.origins")
        trustedProxies = list("trusted.proxies")
        postgres = try required("postgres")
        postgresPasswordFile = text("postgres.password.file")
        postgresLanes = try number("postgres.lanes", 1...64, default: 4)
        postgresPools = PoolSizes(
            web: try number("postgres.web.connections", 1...64, default: 4),
            content: try number("postgres.content.connections", 1...64, default: 2),
            chat: try number("postgres.chat.connections", 1...64, default: 2),
            cluster: try number("postgres.cluster.connections", 1...64, default: 2))
        postgresPooler = text("postgres.pooler")
        let standby = text("postgres.standby.required") ?? "no"
        guard ["yes", "no"].contains(standby) else {
            throw SettingsFault("`postgres.standby.required` is \(standby); it has to be yes or no.")
        }
        postgresStandbyRequired = standby == "yes"
        retention = Retention.Ages(
            journal: try number("retention.journal.days", Retention.Ages.journalMin...36_500, default: 30),
            chat: try number("retention.chat.days", 1...36_500, default: 90),
            moves: try number("retention.moves.days", 1...36_500, default: 90),
            guests: try number("retention.guests.days", 1...36_500, default: 365))
        redis = try required("redis")
        redisPasswordFile = text("redis.password.file")
        redisSentinelPasswordFile = text("redis.sentinel.password.file")
        redisAuthorityFile = text("redis.tls.authority.file")
        secretsDirectory = try required("secrets.dir")
        webDirectory = text("web.dir") ?? "Sources/WebClient/dist"
        let cores = ProcessInfo.processInfo.activeProcessorCount
        eventLoops = try number("event.loops", 1...64, default: cores <= 4 ? 1 : min(64, cores / 4))
        let format = text("log.format") ?? LogFormat.json.rawValue
        guard let logFormat = LogFormat(rawValue: format) else {
            throw SettingsFault("`log.format` is \(format); it has to be console or json.")
        }
        self.logFormat = logFormat
        let level = text("log.level") ?? "info"
        guard let logLevel = Logger.Level(rawValue: level) else {
            throw SettingsFault("`log.level` is \(level); it has to be trace, debug, info, notice, warning or error.")
        }
        self.logLevel = logLevel
        pingIntervalMs = try number("ping.interval.ms", 300...120_000, default: 25_000)
        pingTimeoutMs = try number("ping.timeout.ms", 200...120_000, default: 20_000)
        handshakesPerSecond = try number("handshakes.per.second", 1...100_000, default: 400)
        pace = SessionPace()
        pace.eventsPerSecond = try number("session.events.per.second", 1...100_000, default: pace.eventsPerSecond)
        pace.chatLinesPerTenSeconds = try number(
            "session.chat.lines.per.ten.seconds", 1...1_000_000, default: pace.chatLinesPerTenSeconds)
        overload = try OverloadSettings(text)
    }

    /// The values in force, a line each; there is no secret among them, only the files' names.
    package var lines: [String] {
        let values: [String?] = [
            nodeName, nodeURL, nodePatterns.map(\.description).joined(separator: ","), httpHost, String(httpPort),
            publicURL, allowedOrigins.joined(separator: ","),
            trustedProxies.joined(separator: ","), clusterName, String(clusterWeight), String(clusterTTLMs), meshHost,
            String(meshPort), meshAddress, meshCertificateFile, meshKeyFile, meshAuthorityFile, metricsHost,
            String(metricsPort), tlsCertificateFile, tlsKeyFile,
            postgres, postgresPasswordFile, String(postgresLanes), String(postgresPools.web),
            String(postgresPools.content), String(postgresPools.chat), String(postgresPools.cluster), postgresPooler,
            postgresStandbyRequired ? "yes" : "no", String(retention.journal), String(retention.chat),
            String(retention.moves), String(retention.guests), redis, redisPasswordFile, redisSentinelPasswordFile,
            redisAuthorityFile, secretsDirectory, webDirectory, String(eventLoops), logFormat.rawValue,
            logLevel.rawValue, String(pingIntervalMs),
            String(pingTimeoutMs), String(handshakesPerSecond), String(pace.eventsPerSecond),
            String(pace.chatLinesPerTenSeconds),
        ]
        return zip(Self.keys, values + overload.values).map { "\($0.name) = \($1 ?? "")    # \($0.meaning)" }
    }
}

extension NodeSettings {
    /// Where Redis is, with the passwords from their files.
    package func redisEndpoint() throws(SettingsFault) -> RedisEndpoint {
        guard var endpoint = RedisEndpoint(redis) else {
            throw SettingsFault(
                "`redis` is not an address like redis://127.0.0.1:6379/0, redis+sentinel://a:26379,b:26379/mymaster "
                    + "or redis+cluster://a:6379,b:6379.")
        }
        if let redisPasswordFile { endpoint.password = try SecretFile.text(redisPasswordFile) }
        if let redisSentinelPasswordFile { endpoint.sentinelPassword = try SecretFile.text(redisSentinelPasswordFile) }
        return endpoint
    }

    /// How to talk to it.
    ///
    /// - Parameter clientName: what Redis shows for this process.
    package func redisConfiguration(clientName: String) throws(SettingsFault) -> RedisConfiguration {
        var configuration = RedisConfiguration(endpoint: try redisEndpoint(), clientName: clientName)
        guard let redisAuthorityFile else { return configuration }
        do {
            try configuration.trust(authorityFile: redisAuthorityFile)
        } catch {
            throw SettingsFault("`redis.tls.authority.file`: \(redisAuthorityFile) holds no certificate: \(error).")
        }
        return configuration
    }
}

/// A setting that cannot be used; the sentence says what to do.
package struct SettingsFault: Error, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}

/// Secrets come from files, never from the command line.
enum SecretFile {
    static func bytes(_ path: String) throws(SettingsFault) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SettingsFault("The secret file \(path) cannot be read.")
        }
        return Array(data)
    }

    /// Without the line feed at its end.
    static func text(_ path: String) throws(SettingsFault) -> String {
        String(decoding: try bytes(path), as: UTF8.self).trimmingCharacters(in: .newlines)
    }
}
