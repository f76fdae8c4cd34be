package import NIOCore
package import QuizModel

/// The cluster as one node sees it at one instant.
package struct ClusterView: Sendable, Hashable {
    /// In the order of their incarnations; this node is always among them.
    package var alive: [NodeAnnouncement]
    /// Announced and dead, or superseded by a younger process of their name.
    package var dead: [Incarnation]
    /// Alive, and cut off from the database, while this node is not: others play their rooms. Their links and sessions go on.
    package var cutOff: Set<Incarnation>
    /// Whether the dead may be believed dead. While it is false nobody takes anything over; play goes on.
    package var isSettled: Bool

    package init(alive: [NodeAnnouncement], dead: [Incarnation], cutOff: Set<Incarnation> = [], isSettled: Bool) {
        self.alive = alive
        self.dead = dead
        self.cutOff = cutOff
        self.isSettled = isSettled
    }

    package func node(_ incarnation: Incarnation) -> NodeAnnouncement? {
        alive.first { $0.incarnation == incarnation }
    }

    package func isAlive(_ incarnation: Incarnation) -> Bool { alive.contains { $0.incarnation == incarnation } }

    /// Whether it can own shards and plan: alive, with a database.
    package func canOwn(_ incarnation: Incarnation) -> Bool { isAlive(incarnation) && !cutOff.contains(incarnation) }
}

/// Who is alive, judged by this node's own clock.
///
/// A node is dead when its beat has stood still for the TTL *and* there is no mesh link to it: Redis alone may be slow, a link alone may be cut. A younger
/// process of the same name takes an older one's place at once. Three things make everybody wait twice as long, because they look like death and
/// seldom are: more than a third of the nodes silent together, a Redis that is another one than before, and one that has lost its last seconds
/// (a failover to a replica that was behind, a restart from an old copy). While the directory does not answer nobody dies; when it answers again
/// everybody has a fresh TTL.
///
/// A node's counter only goes up, as long as it lives. So a directory that shows a lower one than it has shown, or somebody it has forgotten, shows the
/// past: that is neither a sign of life nor of death.
///
/// Being wrong costs a move and no answer: who owns a shard is decided by its fence, not here.
package struct Membership: Sendable {
    package static let ttlDefault = TimeAmount.seconds(3)

    private struct Seen: Sendable {
        var announcement: NodeAnnouncement
        /// The highest one seen.
        var beat: UInt64
        /// When the beat last went up, or the node was first seen.
        var movedAt: NIODeadline
    }

    /// Nodes remembered after they have withdrawn; beyond, all of them are forgotten, and an old copy of the directory could show them for a TTL.
    private static let goneMax = 256

    private let ttl: TimeAmount
    private var own: NodeAnnouncement
    private var seen: [Incarnation: Seen] = [:]
    /// The highest beats of those who have withdrawn.
    private var gone: [Incarnation: UInt64] = [:]
    /// What the directory said last.
    private var shown: [Incarnation: UInt64] = [:]
    private var links: Set<Incarnation> = []
    /// Whom the store knows.
    private var introduced: [NodeAnnouncement] = []
    private var generation: String?
    /// Nobody is declared dead before this.
    private var patience: NIODeadline
    /// Whether the directory answered when it was last asked.
    package private(set) var isAnswering = false

    package init(own: NodeAnnouncement, ttl: TimeAmount = ttlDefault, now: NIODeadline) {
        self.own = own
        self.ttl = ttl
        patience = now
    }

    package mutating func update(own: NodeAnnouncement) { self.own = own }

    /// Tells of nodes the directory may not know: it does not answer, or was emptied and they have not written to it again. Those with a link are alive.
    package mutating func introduce(_ nodes: [NodeAnnouncement]) { introduced = nodes }

    /// - Parameter snapshot: nil: the directory did not answer.
    package mutating func observe(_ snapshot: DirectorySnapshot?, links: Set<Incarnation>, at now: NIODeadline) {
        self.links = links
        guard let snapshot else {
            isAnswering = false
            return
        }
        let isAnother = generation.map { $0 != snapshot.generation } ?? false
        if isAnother || hasGoneBack(snapshot) { patience = max(patience, now + ttl * 2) }
        generation = snapshot.generation
        shown = snapshot.members.mapValues(\.beat)
        if !isAnswering {
            // What was not heard during an outage says nothing.
            for key in seen.keys { seen[key]?.movedAt = now }
            isAnswering = true
        }
        for (incarnation, member) in snapshot.members where incarnation != own.incarnation {
            if let beat = seen[incarnation]?.beat ?? gone[incarnation], member.beat <= beat {
                if member.beat == beat { seen[incarnation]?.announcement = member.announcement }
            } else {
                seen[incarnation] = Seen(announcement: member.announcement, beat: member.beat, movedAt: now)
                gone[incarnation] = nil
            }
        }
        // Somebody who has withdrawn, or whom a failover of Redis has lost, stands still from here on.
        for (incarnation, known) in seen
        where snapshot.members[incarnation] == nil && !links.contains(incarnation) && known.movedAt + ttl <= now {
            seen[incarnation] = nil
            if gone.count >= Self.goneMax { gone = [:] }
            gone[incarnation] = known.beat
        }
    }

    /// Whether the directory has just begun to show what was true once: it has lost its last seconds, or more.
    private func hasGoneBack(_ snapshot: DirectorySnapshot) -> Bool {
        snapshot.members.contains { incarnation, member in
            if let before = shown[incarnation] { return member.beat < before }
            return (seen[incarnation]?.beat ?? gone[incarnation]).map { member.beat <= $0 } ?? false
        }
    }

    /// Everybody announced, dead ones and this node included, in the order of names and, within one, of starts.
    package var members: [NodeAnnouncement] {
        ([own] + seen.values.map(\.announcement)).sorted {
            ($0.name, $0.startedAtMs, $0.incarnation) < ($1.name, $1.startedAtMs, $1.incarnation)
        }
    }

    package func view(at now: NIODeadline) -> ClusterView {
        var seen = seen
        for node in introduced
        where links.contains(node.incarnation) && seen[node.incarnation] == nil && gone[node.incarnation] == nil
            && node.incarnation != own.incarnation
        {
            seen[node.incarnation] = Seen(announcement: node, beat: 0, movedAt: now)
        }
        var younger: [String: Int64] = [own.name: own.startedAtMs]
        for known in seen.values {
            younger[known.announcement.name] = max(
                younger[known.announcement.name] ?? .min, known.announcement.startedAtMs)
        }
        var alive = [own]
        var superseded: [Incarnation] = []
        var silent: [(incarnation: Incarnation, since: NIODeadline, announcement: NodeAnnouncement)] = []
        for (incarnation, known) in seen {
            let announcement = known.announcement
            if announcement.startedAtMs < younger[announcement.name] ?? .min {
                superseded.append(incarnation)
            } else if links.contains(incarnation) || known.movedAt + ttl > now {
                alive.append(announcement)
            } else {
                silent.append((incarnation, known.movedAt, announcement))
            }
        }
        // Few enough to be believed at once?
        let isMany = silent.count * 3 > alive.count + silent.count
        let wait = isMany ? ttl * 2 : ttl
        // Whoever has withdrawn and is in an old copy is dead to be forgotten again.
        var dead = superseded + gone.keys.filter { shown[$0] != nil }
        for node in silent {
            if isAnswering, node.since + wait <= now {
                dead.append(node.incarnation)
            } else {
                // Not alive enough to be counted on, not dead enough to be inherited from.
                alive.append(node.announcement)
            }
        }
        return ClusterView(
            alive: alive.sorted { $0.incarnation < $1.incarnation }, dead: dead.sorted(),
            isSettled: isAnswering && patience <= now)
    }
}
