package import QuizModel

/// Which tickets a process has taken: each is good once, at its target, for a short time.
///
/// Kept in the target's memory: a ticket names one process, so that nobody else has to know, and what the process forgets when it dies is of no use to the next one of its name
/// (Decision 0019). Two sets take turns: a number is forgotten only after every ticket of its time has run out.
package struct TicketBook: Sendable {
    package enum Verdict: String, CaseIterable, Sendable, Hashable {
        case redeemed
        /// Not sealed with our key; what opens tickets says so.
        case forged
        /// For another process, or for this node before it was restarted.
        case elsewhere
        case expired
        case used
        /// More than `Limits.ticketsRememberedMax` in one turn.
        case full
    }

    /// A ticket runs out within this time of being taken.
    private static let turnMs = Int64(Limits.resumeTicketMs + Limits.ticketClockSkewMs)

    private let own: Incarnation
    private var current: Set<UInt128> = []
    private var previous: Set<UInt128> = []
    private var turnedAtMs = Int64.min

    package init(own: Incarnation) { self.own = own }

    /// Takes a ticket that was opened with our key.
    ///
    /// - Parameter nowMs: milliseconds since 1970 by this node's clock.
    package mutating func redeem(_ ticket: ResumeTicket, at nowMs: Int64) -> Verdict {
        turn(at: nowMs)
        guard ticket.target == own else { return .elsewhere }
        guard nowMs < ticket.expiresAtMs, ticket.expiresAtMs <= nowMs + Self.turnMs else { return .expired }
        guard !current.contains(ticket.number), !previous.contains(ticket.number) else { return .used }
        guard current.count < Limits.ticketsRememberedMax else { return .full }
        current.insert(ticket.number)
        return .redeemed
    }

    private mutating func turn(at nowMs: Int64) {
        if turnedAtMs == .min { turnedAtMs = nowMs }
        let passed = nowMs - turnedAtMs
        guard passed >= Self.turnMs else { return }
        previous = passed < 2 * Self.turnMs ? current : []
        current = []
        turnedAtMs = nowMs
    }
}
