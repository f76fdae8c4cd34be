import QuizModel
import QuizSocial
import Testing

struct RecoveryTokensTests {
    let tokens = RecoveryTokens(secret: GuestAccountsTests.secret())
    let token = RecoveryToken(
        player: PlayerID(value: 0x0123_4567_89AB_4DEF_8123_4567_89AB_CDEF), sid: "kZ3-_x9Qh2",
        issuedAtMs: 1_800_000_000_123)

    @Test func `what one node sealed another one opens`() {
        let text = tokens.seal(token)
        #expect(RecoveryTokens(secret: GuestAccountsTests.secret()).open(text) == token)
        #expect(text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
    }

    @Test(arguments: ["", "a", String(repeating: "s", count: RecoveryToken.sidBytesMax)])
    func `a session id of any legal length comes back`(sid: String) {
        var token = token
        token.sid = sid
        #expect(tokens.open(tokens.seal(token)) == token)
    }

    @Test func `a token with any character changed is refused`() {
        let text = Array(tokens.seal(token))
        for index in text.indices {
            var forged = text
            forged[index] = text[index] == "A" ? "B" : "A"
            #expect(tokens.open(String(forged)) == nil)
        }
    }

    @Test func `a token of another secret, a shortened one and nonsense are refused`() {
        let text = tokens.seal(token)
        #expect(RecoveryTokens(secret: GuestAccountsTests.secret(9)).open(text) == nil)
        for length in 0..<text.count { #expect(tokens.open(String(text.prefix(length))) == nil) }
        #expect(tokens.open(text + "A") == nil)
        #expect(tokens.open(String(repeating: "A", count: 10_000)) == nil)
        #expect(tokens.open("p1") == nil)
    }
}
