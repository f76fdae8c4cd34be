package import NIOCore

/// Whether this node reaches the database, and for how long.
///
/// A node that has not for longer than the TTL says so, and the others take its rooms over as if it were dead; its clients and links stay. A database
/// that is away from everybody makes everybody say so: nobody can take anything over then, and when it is back, whoever finds it first waits
/// until the others must have found it, too.
package struct StoreReach: Sendable {
    private let ttl: TimeAmount
    private var answeredAt: NIODeadline
    /// Since when every look was answered; nil: the last one was not.
    private var steadySince: NIODeadline?
    /// Whether looks have failed for longer than the TTL.
    package private(set) var isCutOff = false

    package init(ttl: TimeAmount, now: NIODeadline) {
        self.ttl = ttl
        answeredAt = now
    }

    package mutating func answered(at now: NIODeadline) {
        answeredAt = now
        if steadySince == nil { steadySince = now }
        isCutOff = false
    }

    /// A look that failed; a process that merely stood still has none.
    package mutating func failed(at now: NIODeadline) {
        steadySince = nil
        if answeredAt + ttl < now { isCutOff = true }
    }

    /// Whether the database has answered here for two TTLs, so that those who still say they cannot reach it are cut off alone.
    package func isSteady(at now: NIODeadline) -> Bool { steadySince.map { $0 + ttl * 2 <= now } ?? false }
}
