internal import NIOConcurrencyHelpers
package import QuizModel
package import QuizSocial

/// The way from a node that forwards to the node a room is on.
///
/// Normal path: a session's room is on another node; its client, which said `redirect` among its capabilities, is given that node's address and a ticket
/// (`GameSession+Redirect`). It opens a second connection there and shows the ticket, which makes it the same session: recovered from its last offset. Then it
/// closes the first one. Both see every event meanwhile; a client draws each once by its `seq`.
///
/// Nothing depends on it. A client that stays is forwarded as before; a ticket that comes late, twice, or to another process is refused, and the client stays where it is;
/// a room that has moved on meanwhile is followed from the new node, which offers the next redirect.
package final class Redirects: Sendable {
    /// Where clients reach a node directly; nil: unknown, or nobody is to be sent there.
    package typealias Addresses = @Sendable (Incarnation) -> String?

    private let addresses: Addresses
    private let tickets: ResumeTickets
    private let book: NIOLockedValueBox<TicketBook>
    private let wallClockMs: @Sendable () -> Int64

    package init(
        own: Incarnation, tickets: ResumeTickets, addresses: @escaping Addresses,
        wallClockMs: @escaping @Sendable () -> Int64
    ) {
        self.addresses = addresses
        self.tickets = tickets
        self.wallClockMs = wallClockMs
        book = NIOLockedValueBox(TicketBook(own: own))
    }

    /// The way for one session, with a ticket of its own; nil: there is none.
    func way(to target: Incarnation, room: RoomCode, nickname: Nickname, session: RecoveryToken) -> RedirectPayload? {
        guard let url = addresses(target) else { return nil }
        var generator = SystemRandomNumberGenerator()
        let ticket = ResumeTicket(
            number: UInt128(generator.next()) << 64 | UInt128(generator.next()), target: target, room: room,
            nickname: nickname, session: session, expiresAtMs: wallClockMs() + Int64(Limits.resumeTicketMs))
        return RedirectPayload(url: url, room: room, resume: tickets.seal(ticket))
    }

    /// Opens a ticket and takes it: it is of no use afterwards.
    ///
    /// - Returns: no ticket unless the verdict is `redeemed`.
    func redeem(_ text: String) -> (ticket: ResumeTicket?, verdict: TicketBook.Verdict) {
        guard let ticket = tickets.open(text) else { return (nil, .forged) }
        let now = wallClockMs()
        let verdict = book.withLockedValue { $0.redeem(ticket, at: now) }
        return (verdict == .redeemed ? ticket : nil, verdict)
    }
}
