package import QuizModel

/// The name of everything this product keeps in Redis, and the only place where such a name is written.
///
/// A key is `<prefix>:{<tag>}:<what>`. What a script touches together has one tag, so that it lies in one slot of a
/// Redis Cluster. Nothing of a game's content is kept here: no question, answer, choice, score or anything from which
/// these follow.
package struct RedisKey: Sendable, Hashable, CustomStringConvertible {
    package let text: String
    package var description: String { text }

    /// Characters of a stranger's key that are kept; longer ones are cut.
    private static let strangerMax = 128
    private static let openBrace = UInt8(ascii: "{")
    private static let closeBrace = UInt8(ascii: "}")

    /// Names under one prefix; clusters that share a server have different ones.
    package struct Space: Sendable, Hashable {
        package let prefix: String

        /// - Parameter prefix: without braces, which mark the tag.
        package init(prefix: String = "qm") { self.prefix = prefix.filter { $0 != "{" && $0 != "}" } }

        /// String: when the next request of a stranger at a door is due, in microseconds of the server's clock. Expires
        /// when it is past.
        package func rateLimit(door: String, key: String) -> RedisKey {
            let isSafe = key.utf8.count <= strangerMax && !key.utf8.contains { $0 == openBrace || $0 == closeBrace }
            let safe = isSafe ? key : String(key.prefix(strangerMax).map { $0 == "{" || $0 == "}" ? "_" : $0 })
            return RedisKey(text: "\(prefix):{\(door):\(safe)}:limit")
        }

        /// List: the newest lines of a room as JSON, oldest first, behind an empty string that says "filled". Expires
        /// after an hour without a line.
        package func recentChat(_ room: RoomID) -> RedisKey { RedisKey(text: "\(prefix):{\(room)}:chat") }

        /// String: a line was stored while the list was not there, so whoever read the store just now may not have seen
        /// it. Expires after seconds.
        package func chatMissed(_ room: RoomID) -> RedisKey { RedisKey(text: "\(prefix):{\(room)}:chat.missed") }

        /// Hash: player → `issued before ms`:`until ms`, and the field `filled`. One key, so that it is lost whole or
        /// not at all.
        package var revocations: RedisKey { RedisKey(text: "\(prefix):{revocations}:marks") }

        /// String: `incarnation`|`node`|`room code or nothing`. Expires unless repeated.
        package func presence(_ player: PlayerID) -> RedisKey { RedisKey(text: "\(prefix):{\(player)}:presence") }

        /// String: drawn by the first node that finds it missing; another value means that Redis was emptied or
        /// replaced. Its tag is the one of all nodes.
        package var generation: RedisKey { RedisKey(text: "\(prefix):{nodes}:generation") }

        /// Hash: incarnation → what the node says of itself and its beat, as JSON. A field stays until somebody forgets
        /// it. Its tag is the one of all nodes.
        package var members: RedisKey { RedisKey(text: "\(prefix):{nodes}:members") }

        /// Hash: shard → `epoch`|`incarnation` of its owner. Its tag is the one of all nodes.
        package var shardMap: RedisKey { RedisKey(text: "\(prefix):{nodes}:shards") }
    }
}
