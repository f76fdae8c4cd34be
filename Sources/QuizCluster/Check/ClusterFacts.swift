package import QuizModel
package import QuizShards

/// What is stored of a room beside its journal; texts and numbers as they are, since they may be wrong.
package struct RoomFacts: Hashable, Sendable {
    package var room: RoomID
    package var code: String
    package var shard: Int
    package var rules: Int
    package var isClosed: Bool
    /// The room its code is lent to; nil: nobody.
    package var codeLeadsTo: RoomID?
    package var quarantine: String?

    package init(
        room: RoomID, code: String, shard: Int, rules: Int, isClosed: Bool, codeLeadsTo: RoomID?, quarantine: String?
    ) {
        self.room = room
        self.code = code
        self.shard = shard
        self.rules = rules
        self.isClosed = isClosed
        self.codeLeadsTo = codeLeadsTo
        self.quarantine = quarantine
    }
}

/// Two looks at who owns what, some seconds apart: what differs in one of them only is under way.
package struct ClusterFacts: Sendable {
    package struct Look: Sendable {
        /// Read before the map.
        package var before: ClusterFences
        /// Nil: Redis did not answer.
        package var map: [ShardID: Term]?
        /// Read behind the map.
        package var after: ClusterFences

        package init(before: ClusterFences, map: [ShardID: Term]?, after: ClusterFences) {
            self.before = before
            self.map = map
            self.after = after
        }
    }

    package var looks: [Look]
    package var picture: ClusterPicture

    package init(looks: [Look], picture: ClusterPicture) {
        self.looks = looks
        self.picture = picture
    }
}
