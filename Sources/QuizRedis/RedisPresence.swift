package import QuizModel
package import QuizSocial

/// Where a player is connected, for look-ups across nodes. The node that saw the player last wins.
package struct RedisPresence: PresenceDirectory {
    /// Milliseconds after which a presence that nobody repeats is forgotten; repeat it at least twice as often.
    package static let ttlMs = 30_000

    /// Where somebody is.
    package struct Place: Sendable, Hashable {
        package var incarnation: Incarnation
        package var node: String
        /// Nil: connected, in no room.
        package var room: RoomCode?

        package init(incarnation: Incarnation, node: String, room: RoomCode?) {
            self.incarnation = incarnation
            self.node = node
            self.room = room
        }
    }

    private let client: RedisClient
    private let keys: RedisKey.Space
    private let incarnation: Incarnation
    private let node: String

    /// - Parameter node: this node's name, without `|`.
    package init(client: RedisClient, keys: RedisKey.Space = .init(), incarnation: Incarnation, node: String) {
        self.client = client
        self.keys = keys
        self.incarnation = incarnation
        self.node = node.filter { $0 != "|" }
    }

    package func connected(_ players: [PlayerPresence]) async {
        // Lost presence is stale presence; the next repetition mends it. Nobody waits for a Redis that is away.
        guard client.isConnected else { return }
        let here = "\(incarnation)|\(node)|"
        _ = await client.all(
            players.map {
                ["SET", keys.presence($0.player).text, here + ($0.room?.text ?? ""), "PX", String(Self.ttlMs)]
            })
    }

    package func disconnected(player: PlayerID) async {
        // What is not forgotten now expires.
        guard client.isConnected else { return }
        _ = try? await client.evaluate(
            .presenceClear, keys: [keys.presence(player).text], arguments: ["\(incarnation)|"])
    }

    /// Where a player is; nil: nowhere, or Redis does not say.
    package func place(of player: PlayerID) async -> Place? {
        // Without Redis nobody's place is known.
        guard client.isConnected,
            let text = try? await client.command(["GET", keys.presence(player).text]).text
        else { return nil }
        let parts = text.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count == 3, let incarnation = Incarnation(String(parts[0])) else { return nil }
        return Place(incarnation: incarnation, node: String(parts[1]), room: RoomCode(String(parts[2])))
    }
}
