/// The keys among a command's arguments, of the commands this product gives.
enum RedisCommandKeys {
    /// Commands about a server rather than a key; any server will do.
    private static let keyless: Set<String> = [
        "ASKING", "AUTH", "CLIENT", "CLUSTER", "CONFIG", "DBSIZE", "DEBUG", "ECHO", "FLUSHALL", "FLUSHDB", "INFO",
        "MEMORY",
        "PING", "ROLE", "SCRIPT", "SELECT", "SENTINEL", "TIME", "WAIT",
    ]

    static func keys(of arguments: [String]) -> ArraySlice<String> {
        guard let name = arguments.first?.uppercased() else { return [] }
        switch name {
        case "EVAL", "EVALSHA":
            let count = arguments.count > 2 ? Int(arguments[2]) ?? 0 : 0
            return arguments.dropFirst(3).prefix(max(0, count))
        case "DEL", "EXISTS", "MGET", "TOUCH", "UNLINK": return arguments.dropFirst()
        default: return keyless.contains(name) ? [] : arguments.dropFirst().prefix(1)
        }
    }

    /// Where a command has to go.
    ///
    /// - Returns: nil: anywhere.
    /// - Throws: when its keys do not lie together. Also on a single server, which would not mind: what a test on one server
    ///   does not find would fail on a cluster.
    static func slot(of arguments: [String]) throws(RedisFailure) -> RedisSlot? {
        let keys = keys(of: arguments)
        guard let slot = keys.first.map(RedisSlot.init(of:)) else { return nil }
        for key in keys.dropFirst() where RedisSlot(of: key) != slot {
            throw RedisFailure(.server, "CROSSSLOT The keys of \(arguments[0]) do not lie in one slot.")
        }
        return slot
    }
}
