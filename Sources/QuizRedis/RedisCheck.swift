package import QuizShards

/// What `quizmania check` asks Redis, and the one thing it may take away there.
package struct RedisCheck: Sendable {
    package struct Facts: Sendable, Hashable {
        /// `master` or `slave`, as Redis says.
        package var role: String
        /// 0: no bound.
        package var maxMemoryBytes: Int64
        package var maxMemoryPolicy: String
        /// Nil: no node has drawn one since Redis was emptied.
        package var generation: String?

        /// What an operator has to change; sentences, by the setting's name.
        package var problems: [(setting: String, sentence: String)] {
            var problems: [(setting: String, sentence: String)] = []
            if role != "master" {
                problems.append(
                    ("role", "The server is a replica and takes no writes: let `redis` lead to the primary."))
            }
            if maxMemoryBytes > 0, maxMemoryPolicy != "noeviction" {
                problems.append(
                    (
                        "maxmemory-policy",
                        "It is \(maxMemoryPolicy): the map, the members or a rate limit can be thrown away when memory is short. Set "
                            + "maxmemory-policy noeviction, or a Redis of its own."
                    ))
            }
            return problems
        }
    }

    private let client: RedisClient
    private let keys: RedisKey.Space

    package init(client: RedisClient, keys: RedisKey.Space) {
        self.client = client
        self.keys = keys
    }

    /// - Returns: nil when Redis does not answer, or does not let itself be asked.
    package func facts() async -> Facts? {
        // Every failure means the same here.
        guard let info = try? await client.command(["INFO"]), let text = info.text,
            let generation = try? await client.command(["GET", keys.generation.text])
        else { return nil }
        let fields = Self.fields(text)
        return Facts(
            role: fields["role"] ?? "", maxMemoryBytes: fields["maxmemory"].flatMap(Int64.init) ?? 0,
            maxMemoryPolicy: fields["maxmemory_policy"] ?? "", generation: generation.text)
    }

    /// Takes a shard out of the map, so that a lower epoch can be written.
    package func dropFromMap(_ shard: ShardID) async throws(RedisFailure) {
        _ = try await client.command(["HDEL", keys.shardMap.text, shard.description])
    }

    /// Lines of `name:value`.
    static func fields(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[String(line[..<colon])] = String(line[line.index(after: colon)...])
        }
        return fields
    }
}
