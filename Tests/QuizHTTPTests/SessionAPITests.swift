import HTTPTypes
import QuizHTTP
import QuizModel
import QuizSocial
import QuizTestKit
import QuizWire
import Testing

struct SessionAPITests {
    @Test func `a guest gets a token and two cookies`() async throws {
        let fixture = try await Fixture()
        let answer = try await fixture.ask("POST", "/api/session/guest", json: #"{"nickname":" Ada  L "}"#)
        #expect(answer.status == 200)
        let session = try answer.decode(SessionResponse.self)
        #expect(session.nickname.text == "Ada L")
        #expect((1...900).contains(session.expiresInSeconds))
        #expect(try await fixture.accounts.verify(session.token).player == session.player)
        let cookies = answer.headers[values: .setCookie]
        let refresh = try #require(cookies.first { $0.hasPrefix("quizmania_refresh=") })
        for attribute in ["HttpOnly", "SameSite=Strict", "Path=/api/session"] {
            #expect(refresh.contains("; " + attribute))
        }
        #expect(!refresh.contains("Secure"))
        let csrf = try #require(cookies.first { $0.hasPrefix("quizmania_csrf=") })
        #expect(!csrf.contains("HttpOnly") && csrf.contains("SameSite=Strict") && csrf.contains(session.csrf))
        #expect(answer.headers[.cacheControl] == "no-store")
    }

    @Test func `cookies are Secure where players come over TLS`() async throws {
        let fixture = try await Fixture(settings: APISettings(origins: ["https://quiz.test"], isSecure: true))
        let answer = try await fixture.ask("POST", "/api/session/guest", json: #"{"nickname":"Ada"}"#)
        #expect(answer.headers[values: .setCookie].allSatisfy { $0.contains("; Secure") })
        #expect(answer.headers[.strictTransportSecurity] != nil)
    }

    @Test func `the refresh cookie works with its CSRF token only`() async throws {
        let fixture = try await Fixture()
        let first = try await fixture.ask("POST", "/api/session/guest", json: #"{"nickname":"Ada"}"#)
        let session = try first.decode(SessionResponse.self)
        let cookie = "a=b; quizmania_refresh=\(try #require(first.cookie("quizmania_refresh"))); c=d"
        for csrf in [nil, "", "wrong", session.csrf + "A"] {
            var headers = ["Cookie": cookie]
            headers["X-CSRF-Token"] = csrf
            let refused = try await fixture.ask("POST", "/api/session/refresh", json: "{}", headers: headers)
            #expect(refused.status == 403)
            #expect(try refused.decode(ErrorResponse.self).error.code == .forbidden)
        }
        let headers = ["Cookie": cookie, "X-CSRF-Token": session.csrf]
        let second = try await fixture.ask("POST", "/api/session/refresh", headers: headers)
        #expect(second.status == 200)
        #expect(try second.decode(SessionResponse.self).player == session.player)
        #expect(second.cookie("quizmania_refresh") != first.cookie("quizmania_refresh"))
        let again = try await fixture.ask("POST", "/api/session/refresh", headers: headers)
        #expect(again.status == 401)
        let successor = try await fixture.ask(
            "POST", "/api/session/refresh",
            headers: [
                "Cookie": "quizmania_refresh=\(try #require(second.cookie("quizmania_refresh")))",
                "X-CSRF-Token": try #require(second.cookie("quizmania_csrf")),
            ])
        #expect(successor.status == 401)
    }

    @Test func `a client without cookies sends its refresh token in the body`() async throws {
        let fixture = try await Fixture()
        let session = try await fixture.accounts.signIn(nickname: Nickname("Ada")!)
        let answer = try await fixture.ask("POST", "/api/session/refresh", json: #"{"refresh":"\#(session.refresh)"}"#)
        #expect(answer.status == 200)
        #expect(try await fixture.ask("POST", "/api/session/refresh").status == 401)
    }

    @Test func `sign-out takes the cookies and the tokens away`() async throws {
        let fixture = try await Fixture()
        let first = try await fixture.ask("POST", "/api/session/guest", json: #"{"nickname":"Ada"}"#)
        let session = try first.decode(SessionResponse.self)
        let cookie = ["Cookie": "quizmania_refresh=\(try #require(first.cookie("quizmania_refresh")))"]
        #expect(try await fixture.ask("DELETE", "/api/session").status == 401)
        #expect(try await fixture.ask("DELETE", "/api/session", headers: cookie).status == 403)
        let headers = cookie.merging(["X-CSRF-Token": session.csrf]) { $1 }
        let answer = try await fixture.ask("DELETE", "/api/session", headers: headers)
        #expect(answer.status == 204)
        #expect(answer.body.isEmpty)
        #expect(answer.headers[values: .setCookie].count == 2)
        #expect(answer.headers[values: .setCookie].allSatisfy { $0.contains("Max-Age=0") })
        let bearer = ["Authorization": "Bearer \(session.token)"]
        #expect(try await fixture.ask("GET", "/api/me/games", headers: bearer).status == 401)
    }

    @Test(arguments: [
        #"{"nickname":""}"#, #"{"nickname":"aaaaaaaaaaaaaaaaaaaaa"}"#, #"{"nickname":"a\u0000b"}"#, #"{"nickname":7}"#,
        #"{}"#, "[]", "null", "{", "", #"{"nickname":"a\u202eb"}"#,
    ])
    func `a nickname that breaks the rules is refused with a sentence`(json: String) async throws {
        let fixture = try await Fixture()
        let answer = try await fixture.ask("POST", "/api/session/guest", json: json)
        #expect(answer.status == 400)
        let error = try answer.decode(ErrorResponse.self).error
        #expect(error.code == .invalid && error.retry == .never && !error.message.isEmpty)
        #expect(fixture.store.guests == 0)
    }

    @Test func `too many guests from one address wait, others do not`() async throws {
        let proxy = try #require(AddressRange("10.0.0.0/8"))
        let fixture = try await Fixture(settings: APISettings(trustedProxies: [proxy]), allowance: { _ in 2 })
        func status(from address: String, forwarded: String? = nil) async throws -> Int {
            var headers: [String: String] = [:]
            headers["X-Forwarded-For"] = forwarded
            let answer = try await fixture.ask(
                "POST", "/api/session/guest", json: #"{"nickname":"Ada"}"#, headers: headers, from: address)
            if answer.status == 429 {
                #expect(answer.headers[HTTPField.Name("Retry-After")!] == "60")
                #expect(try answer.decode(ErrorResponse.self).error.code == .rateLimited)
            }
            return answer.status
        }
        #expect(try await status(from: "203.0.113.1") == 200)
        #expect(try await status(from: "203.0.113.1") == 200)
        #expect(try await status(from: "203.0.113.1") == 429)
        #expect(try await status(from: "203.0.113.1", forwarded: "198.51.100.7") == 429)
        #expect(try await status(from: "10.1.2.3", forwarded: "198.51.100.7") == 200)
        #expect(try await status(from: "10.1.2.3", forwarded: "6.6.6.6, 198.51.100.7") == 200)
        #expect(try await status(from: "10.9.9.9", forwarded: "1.1.1.1, 198.51.100.7, 10.4.4.4") == 429)
    }

    @Test func `without the account store the answer is 503 and says when to come back`() async throws {
        let fixture = try await Fixture()
        fixture.store.isAway = true
        let answer = try await fixture.ask("POST", "/api/session/guest", json: #"{"nickname":"Ada"}"#)
        #expect(answer.status == 503)
        #expect(answer.headers[HTTPField.Name("Retry-After")!] == "1")
    }
}
