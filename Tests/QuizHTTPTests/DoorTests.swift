import Foundation
import HTTPTypes
import QuizHTTP
import QuizModel
import QuizWire
import Testing

struct DoorTests {
    @Test func `every operation of the document is served and every refusal of an unknown path is JSON`() async throws {
        let fixture = try await Fixture()
        for endpoint in APIRoute.allCases.map(\.endpoint) {
            let path = endpoint.path.replacing("{code}", with: "AAAAAAA").replacing(
                "{game}", with: GameID(value: 1).description)
            let answer = try await fixture.ask(endpoint.verb.rawValue, path)
            let declared = Set(endpoint.errorStatuses.keys).union([
                endpoint.status, endpoint.failingStatus ?? endpoint.status,
            ])
            #expect(declared.contains(answer.status), "\(endpoint.route): \(answer.status)")
        }
        for path in ["/api", "/api/", "/api/nothing", "/api/rooms/AAAAAAA/x", "/health", "/nothing.js", "/metrics"] {
            let answer = try await fixture.ask("GET", path)
            #expect(answer.status == 404, "\(path)")
            #expect(try answer.decode(ErrorResponse.self).error.code == .notFound)
        }
    }

    @Test func `a wrong method is 405 and names the right ones`() async throws {
        let fixture = try await Fixture()
        for (method, path, allowed) in [
            ("PUT", "/api/rooms", "GET, HEAD, POST, OPTIONS"), ("GET", "/api/session/guest", "POST, OPTIONS"),
            ("POST", "/api/rooms/AAAAAAA", "GET, HEAD, OPTIONS"), ("TRACE", "/health/live", "GET, HEAD, OPTIONS"),
            ("DELETE", "/api/openapi.json", "GET, HEAD, OPTIONS"),
        ] {
            let answer = try await fixture.ask(method, path)
            #expect(answer.status == 405, "\(method) \(path)")
            #expect(answer.headers[.allow] == allowed)
            #expect(try answer.decode(ErrorResponse.self).error.code == .invalid)
        }
        #expect(try await fixture.ask("OPTIONS", "/api/rooms").status == 204)
        #expect(try await fixture.ask("HEAD", "/api/rooms").status == 200)
        #expect(try await fixture.ask("HEAD", "/api/rooms").body.isEmpty)
    }

    @Test func `a body of another type is 415 and one that is too large 413`() async throws {
        let fixture = try await Fixture()
        let json = #"{"nickname":"Ada"}"#
        for type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
            let answer = try await fixture.ask(
                "POST", "/api/session/guest", json: json, headers: ["Content-Type": type])
            #expect(answer.status == 415, "\(type)")
            #expect(try answer.decode(ErrorResponse.self).error.code == .invalid)
        }
        for type in ["application/json", "Application/JSON; charset=utf-8", "application/json ;charset=utf-8"] {
            let answer = try await fixture.ask(
                "POST", "/api/session/guest", json: json, headers: ["Content-Type": type])
            #expect(answer.status == 200, "\(type)")
        }
        let padded = json + String(repeating: " ", count: QuizAPI.bodyBytesMax - json.utf8.count)
        #expect(try await fixture.ask("POST", "/api/session/guest", json: padded).status == 200)
        #expect(try await fixture.ask("POST", "/api/session/guest", json: padded + " ").status == 413)
        let announced = try await fixture.ask(
            "POST", "/api/session/guest", json: "", headers: ["Content-Length": "99999999"])
        #expect(announced.status == 413)
        #expect(try announced.decode(ErrorResponse.self).error.code == .invalid)
    }

    @Test func `a node that is not ready says what is missing`() async throws {
        let ready = try await Fixture(checks: [HealthCheck(name: "postgres", status: .ok, message: nil)])
        #expect(try await ready.ask("GET", "/health/ready").status == 200)
        let failing = try await Fixture(checks: [HealthCheck(name: "postgres", status: .failing, message: "Start it.")])
        let answer = try await failing.ask("GET", "/health/ready")
        #expect(answer.status == 503)
        #expect(try answer.decode(HealthResponse.self).checks.first?.message == "Start it.")
        #expect(try await failing.ask("GET", "/health/live").status == 200)
    }

    @Test func `the documents are served as they are generated`() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.ask("GET", "/api/openapi.json").text == OpenAPIDocument.make().text)
        #expect(try await fixture.ask("GET", "/api/asyncapi.json").text == AsyncAPIDocument.make().text)
    }

    @Test func `every answer tells browsers to be careful`() async throws {
        let fixture = try await Fixture()
        for (verb, path) in [
            ("GET", "/api/rooms"), ("GET", "/api/nothing"), ("GET", "/"), ("HEAD", "/"), ("DELETE", "/api/rooms"),
            ("OPTIONS", "/api/rooms"), ("GET", "/api/rooms/ABCDEFG"), ("GET", "/api/openapi.json"),
        ] {
            let headers = try await fixture.ask(verb, path).headers
            #expect(headers[.xContentTypeOptions] == "nosniff")
            #expect(headers[HTTPField.Name("X-Frame-Options")!] == "DENY")
            #expect(headers[.contentSecurityPolicy]?.contains("frame-ancestors 'none'") == true)
            for name in [
                "Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy",
                "Permissions-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy",
            ] {
                #expect(headers[values: HTTPField.Name(name)!].count == 1, "\(verb) \(path): \(name)")
            }
        }
    }

    @Test func `nonsense at every door is refused and never an accident`() async throws {
        let fixture = try await Fixture()
        let (_, headers) = try await fixture.signIn()
        let bodies = [
            "", "{}", "[]", "null", "0", "\"\"", "{\"settings\":{}}", "{\"settings\":[]}", "{\"password\":\"\"}",
            String(repeating: "[", count: 16_000), "{\"a\":1e999}", "\u{0}", "{\"nickname\":\"\\ud800\"}",
            "{\"settings\":{\"questionCount\":9223372036854775808}}",
            "{\"refresh\":\"\(String(repeating: "A", count: 9_000))\"}",
        ]
        for endpoint in APIRoute.allCases.map(\.endpoint) {
            for body in bodies {
                for path in [
                    endpoint.path, endpoint.path.replacing("{code}", with: "%FF").replacing("{game}", with: "-1"),
                ] {
                    let query = path + (path.contains("me") ? "?before=99999999999999999999" : "?a=%ff&=&&")
                    let answer = try await fixture.ask(endpoint.verb.rawValue, query, json: body, headers: headers)
                    let declared = Set(endpoint.errorStatuses.keys).union([endpoint.status])
                    #expect(declared.contains(answer.status), "\(endpoint.route) \(body.prefix(40)): \(answer.status)")
                    if answer.status >= 400 { _ = try answer.decode(ErrorResponse.self) }
                }
            }
        }
    }
}
