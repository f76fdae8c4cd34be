import Foundation
import NIOConcurrencyHelpers
import QuizModel
import QuizSocial
import QuizTestKit
import Testing

/// A clock that stands still until it is moved.
final class WallClock: Sendable {
    private let value = NIOLockedValueBox<Int64>(1_800_000_000_123)
    var nowMs: Int64 { value.withLockedValue { $0 } }
    func move(byMs milliseconds: Int64) { value.withLockedValue { $0 += milliseconds } }
}

struct GuestAccountsTests {
    let store = InMemoryAccountStore()
    let revocations = InMemoryRevocationStore()
    let clock = WallClock()
    let nickname = Nickname("Ada")!

    static func secret(_ byte: UInt8 = 7) -> SessionSecret {
        do {
            return try SessionSecret(bytes: Array(repeating: byte, count: 32))
        } catch {
            preconditionFailure("32 bytes are enough.")
        }
    }

    func accounts(_ secret: SessionSecret = secret()) async -> GuestAccounts {
        await GuestAccounts(
            accounts: store, revocations: revocations, secret: secret, nowMs: { [clock] in clock.nowMs })
    }

    @Test func `a guest's token is believed by every node with the secret`() async throws {
        let session = try await accounts().signIn(nickname: nickname)
        let identity = try await accounts().verify(session.token)
        #expect(identity == session.identity)
        #expect(identity.nickname == nickname)
        #expect(identity.issuedAtMs == clock.nowMs)
        #expect(store.nickname(of: identity.player) == nickname)
        #expect((0...900).contains(session.response.expiresInSeconds))
    }

    @Test func `a token says who made it for whom and how long it lasts`() async throws {
        let session = try await accounts().signIn(nickname: nickname)
        let parts = session.token.split(separator: ".").map(String.init)
        #expect(parts.count == 3)
        var text = parts[1].replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.count % 4) % 4)
        let json = try #require(Data(base64Encoded: text))
        let claims = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(Set(claims.keys) == ["sub", "name", "iat", "iatMs", "exp", "jti", "iss", "aud"])
        #expect(claims["sub"] as? String == session.identity.player.description)
        #expect(claims["exp"] as? Int == Int(clock.nowMs / 1_000) + 900)
    }

    @Test func `an expired token is refused at the door and enough for a running game`() async throws {
        let accounts = await accounts()
        let session = try await accounts.signIn(nickname: nickname)
        clock.move(byMs: GuestAccounts.accessLifetimeMs)
        await #expect(throws: Rejection(.unauthorized)) { try await accounts.verify(session.token) }
        #expect(try await accounts.verifyAllowingExpired(session.token) == session.identity)
    }

    @Test func `a token made with another secret, changed or without signature is refused`() async throws {
        let accounts = await accounts()
        let foreign = try await self.accounts(Self.secret(8)).signIn(nickname: nickname).token
        let own = try await accounts.signIn(nickname: nickname).token
        let parts = own.split(separator: ".").map(String.init)
        let none = Data(#"{"alg":"none","typ":"JWT"}"#.utf8).base64EncodedString().replacing("=", with: "")
        for forged in [
            foreign, "", "a.b.c", own + "x", parts[0] + "." + parts[1] + ".", none + "." + parts[1] + ".",
            none + "." + parts[1] + "." + parts[2], String(repeating: "a", count: 100_000),
        ] {
            await #expect(throws: Rejection(.unauthorized)) { try await accounts.verifyAllowingExpired(forged) }
        }
    }

    @Test func `a refresh token is good once and brings a new pair`() async throws {
        let accounts = await accounts()
        let first = try await accounts.signIn(nickname: nickname)
        clock.move(byMs: 10)
        let second = try await accounts.refresh(first.refresh)
        #expect(second.identity.player == first.identity.player)
        #expect(second.identity.nickname == nickname)
        #expect(second.refresh != first.refresh)
        #expect(second.csrf != first.csrf)
        clock.move(byMs: 10)
        let third = try await accounts.refresh(second.refresh)
        #expect(try await accounts.verify(third.token) == third.identity)
    }

    @Test func `a refresh token that comes back revokes its successors and the access tokens`() async throws {
        let accounts = await accounts()
        let first = try await accounts.signIn(nickname: nickname)
        let second = try await accounts.refresh(first.refresh)
        await #expect(throws: Rejection(.unauthorized)) { try await accounts.refresh(first.refresh) }
        await #expect(throws: Rejection(.unauthorized)) { try await accounts.refresh(second.refresh) }
        await #expect(throws: Rejection(.unauthorized)) { try await accounts.verify(second.token) }
        await #expect(throws: Rejection(.unauthorized)) { try await accounts.verifyAllowingExpired(second.token) }
    }

    @Test func `sign-out revokes the refresh token and the access tokens made before`() async throws {
        let accounts = await accounts()
        let session = try await accounts.signIn(nickname: nickname)
        try await accounts.signOut(refresh: session.refresh)
        await #expect(throws: Rejection(.unauthorized)) { try await accounts.refresh(session.refresh) }
        await #expect(throws: Rejection(.unauthorized)) { try await accounts.verify(session.token) }
        #expect(
            try await !accounts.isBelieved(player: session.identity.player, issuedAtMs: session.identity.issuedAtMs))
        try await accounts.signOut(refresh: session.refresh)
        try await accounts.signOut(refresh: "nonsense")
    }

    @Test func `a refresh token runs out`() async throws {
        let accounts = await accounts()
        let session = try await accounts.signIn(nickname: nickname)
        clock.move(byMs: GuestAccounts.refreshLifetimeMs)
        await #expect(throws: Rejection(.unauthorized)) { try await accounts.refresh(session.refresh) }
    }

    @Test func `the CSRF token belongs to one refresh token`() async throws {
        let accounts = await accounts()
        let one = try await accounts.signIn(nickname: nickname)
        let other = try await accounts.signIn(nickname: nickname)
        #expect(accounts.isCSRF(one.csrf, of: one.refresh))
        #expect(!accounts.isCSRF(other.csrf, of: one.refresh))
        #expect(!accounts.isCSRF("", of: one.refresh))
        #expect(!accounts.isCSRF(one.csrf, of: ""))
    }

    @Test func `without its stores nobody gets in, and is told to try again`() async throws {
        let accounts = await accounts()
        let session = try await accounts.signIn(nickname: nickname)
        store.isAway = true
        revocations.isAway = true
        for attempt in [
            { @Sendable in _ = try await accounts.signIn(nickname: self.nickname) },
            { @Sendable in _ = try await accounts.refresh(session.refresh) },
            { @Sendable in _ = try await accounts.verify(session.token) },
            { @Sendable in try await accounts.signOut(refresh: session.refresh) },
        ] as [@Sendable () async throws -> Void] {
            let rejection = await #expect(throws: Rejection.self) { try await attempt() }
            #expect(rejection?.code == .unavailable)
        }
        store.isAway = false
        revocations.isAway = false
        #expect(try await accounts.refresh(session.refresh).identity.player == session.identity.player)
    }

    @Test func `a secret shorter than 32 bytes is refused with a sentence`() {
        #expect(throws: SessionSecretFailure.self) { try SessionSecret(bytes: Array(repeating: 1, count: 31)) }
        let failure = #expect(throws: SessionSecretFailure.self) { try SessionSecret(file: "/nowhere/secret") }
        #expect(failure?.sentence.contains("head -c 32") == true)
    }
}
