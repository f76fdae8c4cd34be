package import QuizModel
package import QuizShards

/// What a node tells everybody about itself.
package struct NodeAnnouncement: Hashable, Sendable, Codable {
    package var incarnation: Incarnation
    /// Stays over restarts. A younger process of the same name takes the place of the older one.
    package var name: String
    /// Counts processes of this name: milliseconds since 1970 at its start; only compared between processes of one name.
    package var startedAtMs: Int64
    /// Where players come, here or to a balancer: `https://host:port`.
    package var publicURL: String
    /// Where clients reach this very node; nil: they are sent nowhere else than to `publicURL`.
    package var directURL: String?
    /// Where peers reach it: `host:port`.
    package var meshAddress: String
    /// Highest mesh protocol version it speaks.
    package var meshVersion: Int
    /// Highest room rules it can run.
    package var rules: Int
    /// Weight it was configured with; 0 ... `RingNode.weightMax`.
    package var weight: Int
    /// It is shutting down: its shards are to go elsewhere.
    package var isDraining: Bool
    /// Rooms it hosts; for "among the less loaded".
    package var rooms: Int
    /// True: it has not reached the database for longer than the TTL. Builds before this knew no such thing and say nothing.
    package var isCutOff: Bool?
    /// What it sheds; nil from nodes of earlier versions.
    package var overload: OverloadLevel?

    package init(
        incarnation: Incarnation, name: String, startedAtMs: Int64, publicURL: String, directURL: String? = nil,
        meshAddress: String, meshVersion: Int, rules: Int, weight: Int, isDraining: Bool, rooms: Int,
        isCutOff: Bool? = nil, overload: OverloadLevel? = nil
    ) {
        self.incarnation = incarnation
        self.name = name
        self.startedAtMs = startedAtMs
        self.publicURL = publicURL
        self.directURL = directURL
        self.meshAddress = meshAddress
        self.meshVersion = meshVersion
        self.rules = rules
        self.weight = weight
        self.isDraining = isDraining
        self.rooms = rooms
        self.isCutOff = isCutOff
        self.overload = overload
    }
}

/// What the directory says in answer to a beat.
package struct DirectorySnapshot: Hashable, Sendable {
    package struct Member: Hashable, Sendable {
        package var announcement: NodeAnnouncement
        /// Counts up; whoever watches judges by its own clock whether it stands still.
        package var beat: UInt64

        package init(announcement: NodeAnnouncement, beat: UInt64) {
            self.announcement = announcement
            self.beat = beat
        }
    }

    /// Which Redis this is; another one than before has lost everything.
    package var generation: String
    /// Everybody announced and not withdrawn, dead ones included until somebody forgets them.
    package var members: [Incarnation: Member]

    package init(generation: String, members: [Incarnation: Member]) {
        self.generation = generation
        self.members = members
    }
}

/// What everybody looks up, in Redis: who is there, and who owns what. Losing all of it loses freshness only.
///
/// No call waits long or throws: nil or false says that the directory did not answer.
package protocol ShardDirectory: Sendable {
    /// One sign of life; also tells who else is there.
    func beat(_ announcement: NodeAnnouncement, beat: UInt64) async -> DirectorySnapshot?

    /// Removes a node: itself when it stops, or one that is dead for long.
    func forget(_ node: Incarnation) async

    /// Writes terms into the map; per shard the higher epoch wins, so that repeating and reordering are harmless.
    func publish(_ terms: [Term]) async -> Bool

    /// The whole map.
    func map() async -> [ShardID: Term]?
}
