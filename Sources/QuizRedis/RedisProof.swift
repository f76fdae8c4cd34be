/// What a new connection says before anything else, and what has to come of it.
struct RedisProof: Sendable {
    private let isMasterNeeded: Bool
    /// The last one proves that the server takes commands at all: one that still reads its data answers it with an error.
    let commands: [[String]]

    init(_ configuration: RedisConfiguration, _ role: RedisServer.Role) {
        let endpoint = configuration.endpoint
        var commands: [[String]] = []
        switch role {
        case .sentinel:
            if let password = endpoint.sentinelPassword { commands.append(["AUTH", password]) }
            isMasterNeeded = false
        case .data:
            if let password = endpoint.password {
                commands.append(["AUTH"] + (endpoint.user.map { [$0] } ?? []) + [password])
            }
            if endpoint.database != 0 { commands.append(["SELECT", String(endpoint.database)]) }
            commands.append(["CLIENT", "SETNAME", configuration.clientName])
            if case .sentinel = endpoint.kind { isMasterNeeded = true } else { isMasterNeeded = false }
        }
        commands.append(isMasterNeeded ? ["ROLE"] : ["PING"])
        self.commands = commands
    }

    /// - Parameter reply: to the last command.
    /// - Returns: nil when the server may be used.
    func fault(in reply: RedisReply) -> String? {
        guard isMasterNeeded else { return nil }
        let role = reply.elements?.first?.text ?? "unknown"
        return role == "master" ? nil : "A sentinel calls it the master, but its role is \(role)."
    }
}
