internal import Foundation

/// Where Redis is: `redis://[[user]:password@]host[:port][/database]`, or `rediss://…` with TLS.
package struct RedisEndpoint: Sendable, Hashable, CustomStringConvertible {
    package var host: String
    package var port: Int
    package var tls: Bool
    package var user: String?
    package var password: String?
    package var database: Int

    package init(
        host: String, port: Int = 6379, tls: Bool = false, user: String? = nil, password: String? = nil,
        database: Int = 0
    ) {
        self.host = host
        self.port = port
        self.tls = tls
        self.user = user
        self.password = password
        self.database = database
    }

    /// - Returns: nil when the text is not such an address.
    package init?(_ text: String) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            ["redis", "rediss"].contains(scheme), var host = parts.host, !host.isEmpty,
            parts.query == nil, parts.fragment == nil
        else { return nil }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        let port = parts.port ?? 6379
        guard (1...65_535).contains(port) else { return nil }
        let path = parts.path.drop { $0 == "/" }
        guard let database = path.isEmpty ? 0 : Int(path), (0...1_023).contains(database) else { return nil }
        let user = parts.user.flatMap { $0.isEmpty ? nil : $0 }
        self.init(
            host: host, port: port, tls: scheme == "rediss", user: user, password: parts.password, database: database)
    }

    /// Without the password, for logs.
    package var description: String {
        "\(tls ? "rediss" : "redis")://\(host.contains(":") ? "[\(host)]" : host):\(port)/\(database)"
    }

    /// What every new connection sends before anything else. The last one proves that the server takes commands at all:
    /// one that is still loading its data answers it with an error.
    func prelude(clientName: String) -> [[String]] {
        var commands: [[String]] = []
        if let password { commands.append(["AUTH"] + (user.map { [$0] } ?? []) + [password]) }
        if database != 0 { commands.append(["SELECT", String(database)]) }
        commands.append(["CLIENT", "SETNAME", clientName])
        commands.append(["PING"])
        return commands
    }
}
