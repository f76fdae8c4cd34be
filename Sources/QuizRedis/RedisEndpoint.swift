internal import Foundation

/// One server's place.
package struct RedisAddress: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var host: String
    /// 1 ... 65535.
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package var description: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    package static func < (one: Self, other: Self) -> Bool {
        (one.host, one.port) < (other.host, other.port)
    }
}

/// Where Redis is, in one of three ways:
///
/// - `redis://[[user]:password@]host[:port][/database]`: this server;
/// - `redis+sentinel://[[user]:password@]host[:port],…/name[/database]`: whichever server these sentinels name;
/// - `redis+cluster://[[user]:password@]host[:port],…`: a Redis Cluster in which these nodes are.
///
/// With `rediss` instead of `redis` everything is reached through TLS, the sentinels included. User and password are the
/// servers'; the sentinels' is apart.
package struct RedisEndpoint: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        case server
        /// - Parameter master: the name under which the sentinels watch it.
        case sentinel(master: String)
        case cluster
    }

    /// Sentinels or nodes somebody may name.
    package static let addressesMax = 32

    package var kind: Kind
    /// The server; or sentinels, or nodes of the cluster, of which one is enough if it answers. At least one.
    package var addresses: [RedisAddress]
    package var tls: Bool
    package var user: String?
    package var password: String?
    /// What the sentinels ask for; nil: nothing.
    package var sentinelPassword: String?
    /// 0 in a cluster, which has no other.
    package var database: Int

    package init(
        _ kind: Kind, addresses: [RedisAddress], tls: Bool = false, user: String? = nil, password: String? = nil,
        database: Int = 0
    ) {
        self.kind = kind
        self.addresses = addresses
        self.tls = tls
        self.user = user
        self.password = password
        self.database = database
    }

    package init(
        host: String, port: Int = 6379, tls: Bool = false, user: String? = nil, password: String? = nil,
        database: Int = 0
    ) {
        self.init(
            .server, addresses: [RedisAddress(host: host, port: port)], tls: tls, user: user, password: password,
            database: database)
    }

    /// - Returns: nil when the text is not such an address.
    package init?(_ text: String) {
        guard let colon = text.range(of: "://"), !text.contains("?"), !text.contains("#") else { return nil }
        let scheme = text[..<colon.lowerBound].lowercased().split(separator: "+", omittingEmptySubsequences: false)
        guard let first = scheme.first, ["redis", "rediss"].contains(first), scheme.count <= 2 else { return nil }
        let rest = text[colon.upperBound...].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var path = rest.count > 1 ? rest[1].split(separator: "/", omittingEmptySubsequences: false)[...] : []
        if path.last?.isEmpty == true { path.removeLast() }
        let authority = rest[0].split(separator: "@", omittingEmptySubsequences: false)
        guard let places = authority.last, authority.count <= 2 else { return nil }

        switch scheme.count > 1 ? scheme[1] : "" {
        case "" where scheme.count == 1: kind = .server
        case "sentinel":
            guard let name = path.popFirst()?.removingPercentEncoding, !name.isEmpty else { return nil }
            kind = .sentinel(master: name)
        case "cluster": kind = .cluster
        default: return nil
        }
        let usual = if case .sentinel = kind { 26_379 } else { 6_379 }
        addresses = places.split(separator: ",", omittingEmptySubsequences: false).compactMap {
            RedisAddress($0, usualPort: usual)
        }
        let named = places.count(where: { $0 == "," }) + 1
        guard addresses.count == named, kind == .server ? named == 1 : named <= Self.addressesMax else { return nil }
        guard let number = path.popFirst().map({ Int($0) }) ?? 0, path.isEmpty, (0...1_023).contains(number),
            kind != .cluster || number == 0
        else { return nil }
        database = number
        tls = first == "rediss"
        guard authority.count == 2 else { return }
        let login = authority[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        user = login[0].isEmpty ? nil : String(login[0]).removingPercentEncoding
        password = login.count == 2 ? String(login[1]).removingPercentEncoding : nil
    }

    /// Without the password, for logs.
    package var description: String {
        let places = addresses.map(\.description).joined(separator: ",")
        let scheme = tls ? "rediss" : "redis"
        return switch kind {
        case .server: "\(scheme)://\(places)/\(database)"
        case .sentinel(let master): "\(scheme)+sentinel://\(places)/\(master)/\(database)"
        case .cluster: "\(scheme)+cluster://\(places)"
        }
    }
}

extension RedisAddress {
    /// Reads `host[:port]`; an IPv6 address stands in brackets.
    fileprivate init?(_ text: Substring, usualPort: Int) {
        var host = text
        var port = usualPort
        let bracket = text.lastIndex(of: "]")
        if let colon = text.lastIndex(of: ":"), bracket.map({ $0 < colon }) ?? true {
            guard let number = Int(text[text.index(after: colon)...]) else { return nil }
            port = number
            host = text[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: \.isWhitespace), (1...65_535).contains(port) else { return nil }
        self.init(host: String(host), port: port)
    }
}
