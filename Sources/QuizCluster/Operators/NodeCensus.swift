package import NIOCore
package import QuizModel

/// Who is alive, as seen by somebody who is no node: from looks at the directory alone, without a link and without saying anything about itself.
///
/// One look tells nothing: a dead node's last beat stays. A node counts as alive from the second look at which its beat has moved, and until
/// it has stood still for the TTL. What is not heard while the directory is away changes nothing.
package struct NodeCensus: Sendable {
    private struct Seen: Sendable {
        var announcement: NodeAnnouncement
        var beat: UInt64
        /// Nil: it has not moved since it was first seen.
        var movedAt: NIODeadline?
    }

    private let ttl: TimeAmount
    private var seen: [Incarnation: Seen] = [:]
    private var lookedAt: NIODeadline?

    package init(ttl: TimeAmount = Membership.ttlDefault) { self.ttl = ttl }

    /// Whether the directory has ever answered.
    package var hasAnswered: Bool { lookedAt != nil }

    /// - Parameter snapshot: nil: the directory did not answer.
    package mutating func observe(_ snapshot: DirectorySnapshot?, at now: NIODeadline) {
        guard let snapshot else { return }
        for (incarnation, member) in snapshot.members {
            let known = seen[incarnation]
            // A lower beat is one of the past: Redis has lost its last seconds.
            let hasMoved = known.map { $0.beat < member.beat } ?? false
            seen[incarnation] = Seen(
                announcement: member.announcement, beat: max(member.beat, known?.beat ?? 0),
                movedAt: hasMoved ? now : known?.movedAt)
        }
        for incarnation in seen.keys where snapshot.members[incarnation] == nil { seen[incarnation] = nil }
        lookedAt = now
    }

    /// Everybody announced, in the order of names and, within one, of starts.
    package var members: [NodeAnnouncement] {
        seen.values.map(\.announcement).sorted {
            ($0.name, $0.startedAtMs, $0.incarnation) < ($1.name, $1.startedAtMs, $1.incarnation)
        }
    }

    /// Those whose beat moves and whose place no younger process of their name has taken.
    package var alive: Set<Incarnation> {
        guard let lookedAt else { return [] }
        var youngest: [String: Int64] = [:]
        for known in seen.values {
            youngest[known.announcement.name] = max(
                youngest[known.announcement.name] ?? .min, known.announcement.startedAtMs)
        }
        let living = seen.values.filter { known in
            guard let movedAt = known.movedAt, movedAt + ttl > lookedAt else { return false }
            return known.announcement.startedAtMs == youngest[known.announcement.name]
        }
        return Set(living.map(\.announcement.incarnation))
    }
}
