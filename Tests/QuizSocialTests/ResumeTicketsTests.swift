import QuizModel
import QuizSocial
import Testing

struct ResumeTicketsTests {
    let tickets = ResumeTickets(secret: GuestAccountsTests.secret())

    static func ticket(_ number: UInt128 = 9, target: UInt128 = 2, expiresAtMs: Int64 = 1_000) -> ResumeTicket {
        ResumeTicket(
            number: number, target: Incarnation(value: target), room: RoomCode("ABCDEFG")!, nickname: Nickname("Ada")!,
            session: RecoveryToken(player: PlayerID(value: 7), sid: "kZ3-_x9Qh2", issuedAtMs: 1_800_000_000_123),
            expiresAtMs: expiresAtMs)
    }

    @Test func `what one node sealed another one opens`() {
        let ticket = Self.ticket(.max, target: .max - 1, expiresAtMs: .max)
        let text = tickets.seal(ticket)
        #expect(ResumeTickets(secret: GuestAccountsTests.secret()).open(text) == ticket)
        #expect(text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
    }

    @Test(arguments: ["A", "Grüße 👩‍👩‍👧‍👦", String(repeating: "👩‍🚀", count: 20)])
    func `a nickname of any legal length comes back`(nickname: String) throws {
        var ticket = Self.ticket()
        ticket.nickname = try #require(Nickname(nickname))
        ticket.session.baseline = RecoveryBaseline(code: ticket.room, seq: 12)
        #expect(tickets.open(tickets.seal(ticket)) == ticket)
    }

    @Test func `a ticket with any character changed is refused`() {
        let text = Array(tickets.seal(Self.ticket()))
        for index in text.indices {
            var forged = text
            forged[index] = text[index] == "A" ? "B" : "A"
            #expect(tickets.open(String(forged)) == nil)
        }
    }

    @Test func `a ticket of another secret, a shortened one and nonsense are refused`() {
        let text = tickets.seal(Self.ticket())
        #expect(ResumeTickets(secret: GuestAccountsTests.secret(9)).open(text) == nil)
        for length in 0..<text.count { #expect(tickets.open(String(text.prefix(length))) == nil) }
        #expect(tickets.open(text + "A") == nil)
        #expect(tickets.open(String(repeating: "A", count: 10_000)) == nil)
    }

    @Test func `neither is a recovery token a ticket, nor a ticket a recovery token`() {
        let sessions = RecoveryTokens(secret: GuestAccountsTests.secret())
        #expect(tickets.open(sessions.seal(Self.ticket().session)) == nil)
        #expect(sessions.open(tickets.seal(Self.ticket())) == nil)
    }
}

struct TicketBookTests {
    private static let lifetimeMs = Int64(Limits.resumeTicketMs)
    private static let turnMs = Int64(Limits.resumeTicketMs + Limits.ticketClockSkewMs)
    private let nowMs: Int64 = 1_800_000_000_000

    private func ticket(_ number: UInt128, target: UInt128 = 2, made: Int64) -> ResumeTicket {
        ResumeTicketsTests.ticket(number, target: target, expiresAtMs: made + Self.lifetimeMs)
    }

    @Test func `a ticket is good once`() {
        var book = TicketBook(own: Incarnation(value: 2))
        let ticket = ticket(1, made: nowMs)
        var verdicts = [book.redeem(ticket, at: nowMs)]
        verdicts.append(book.redeem(ticket, at: nowMs))
        verdicts.append(book.redeem(self.ticket(2, made: nowMs), at: nowMs))
        #expect(verdicts == [.redeemed, .used, .redeemed])
    }

    @Test func `a ticket for another process is refused and not used up`() {
        var book = TicketBook(own: Incarnation(value: 3))
        var right = TicketBook(own: Incarnation(value: 2))
        let ticket = ticket(1, made: nowMs)
        let wrong = book.redeem(ticket, at: nowMs)
        let taken = right.redeem(ticket, at: nowMs)
        #expect(wrong == .elsewhere)
        #expect(taken == .redeemed)
    }

    @Test func `a ticket runs out, and one from far ahead is none`() {
        var book = TicketBook(own: Incarnation(value: 2))
        let last = book.redeem(ticket(1, made: nowMs), at: nowMs + Self.lifetimeMs - 1)
        let late = book.redeem(ticket(2, made: nowMs), at: nowMs + Self.lifetimeMs)
        let ahead = book.redeem(
            ticket(3, made: nowMs + Int64(Limits.ticketClockSkewMs)), at: nowMs)
        let far = book.redeem(ticket(4, made: nowMs + Int64(Limits.ticketClockSkewMs) + 1), at: nowMs)
        #expect([last, late, ahead, far] == [.redeemed, .expired, .redeemed, .expired])
    }

    @Test func `no ticket is good twice, whenever it is shown`() {
        // Made by a clock ahead, so that it is good for as long as any can be; taken at every point of the book's turn.
        for first in stride(from: Int64(0), to: 2 * Self.turnMs, by: 1_500) {
            var book = TicketBook(own: Incarnation(value: 2))
            _ = book.redeem(ticket(0, made: nowMs), at: nowMs)
            let start = nowMs + first
            let ticket = ticket(1, made: start + Int64(Limits.ticketClockSkewMs))
            var verdicts = [book.redeem(ticket, at: start)]
            for later in stride(from: Int64(500), through: Self.turnMs + 1_000, by: 500) {
                // Others come meanwhile, so that the book turns.
                _ = book.redeem(self.ticket(2 + UInt128(later), made: start + later), at: start + later)
                verdicts.append(book.redeem(ticket, at: start + later))
            }
            #expect(verdicts.filter { $0 == .redeemed }.count == 1, "first shown after \(first) ms")
        }
    }

    @Test func `a full book refuses and is empty again two turns later`() {
        var book = TicketBook(own: Incarnation(value: 2))
        for number in 0..<UInt128(Limits.ticketsRememberedMax) {
            _ = book.redeem(ticket(number, made: nowMs), at: nowMs)
        }
        let full = book.redeem(ticket(.max, made: nowMs), at: nowMs)
        let later = nowMs + Self.turnMs
        let again = book.redeem(ticket(.max, made: later), at: later)
        #expect(full == .full)
        #expect(again == .redeemed)
    }
}
