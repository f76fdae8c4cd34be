import Foundation
import HTTPTypes
import QuizHTTP
import QuizModel
import QuizWire
import Testing

struct WebSiteTests {
    /// A small built client in a folder of its own.
    private static func site() throws -> WebFiles {
        let folder = FileManager.default.temporaryDirectory.appending(path: "quizmania-site-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }  // a temporary folder may stay
        try FileManager.default.createDirectory(at: folder.appending(path: "fonts"), withIntermediateDirectories: true)
        let page = "<!doctype html><html><head><title>Other</title><!--QUIZMANIA_HEAD--></head><body></body></html>"
        for (name, text) in [
            ("index.html", page), ("index.html.br", "BR-PAGE"), ("main-1A2B3C4D.js", "plain"),
            ("main-1A2B3C4D.js.br", "brotli"), ("main-1A2B3C4D.js.gz", "gzip"), ("manifest.webmanifest", "{}"),
            ("sw.js", "worker"), ("fonts/inter-AAAA2222.woff2", "font"),
        ] {
            try Data(text.utf8).write(to: folder.appending(path: name))
        }
        return try WebFiles(folder: folder.path)
    }

    @Test(arguments: [
        "/", "/index.html", "/r/ABCDEFG", "/r/ABCDEFG/display", "/history", "/games/1", "/settings", "/licences",
    ])
    func `the client's own paths give its page, always asked for again`(path: String) async throws {
        let fixture = try await Fixture(files: try Self.site())
        let answer = try await fixture.ask("GET", path)
        #expect(answer.status == 200)
        #expect(answer.text.contains("QuizMania"))
        #expect(answer.text.matches(of: /<title>/).count == 1)
        #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
        #expect(answer.headers[.cacheControl] == "no-cache")
        // A projector's sizes hold from the first paint on.
        #expect(answer.text.contains("<html data-screen=\"display\">") == path.hasSuffix("/display"))
    }

    @Test func `an unknown path gives the page with 404 to a browser and JSON to others`() async throws {
        let fixture = try await Fixture(files: try Self.site())
        let page = try await fixture.ask("GET", "/nowhere", headers: ["Accept": "text/html,*/*"])
        #expect(page.status == 404)
        #expect(page.text.contains("<title>Not found · QuizMania</title>"))
        for path in [
            "/nowhere", "/../etc/passwd", "/%2e%2e/etc/passwd", "/fonts", "/main.js", "/r", "/r/AAAAAAA/x", "/games",
        ] {
            let answer = try await fixture.ask("GET", path)
            #expect(answer.status == 404)
            #expect(try answer.decode(ErrorResponse.self).error.code == .notFound)
        }
        #expect(try await fixture.ask("GET", "/api/nowhere", headers: ["Accept": "text/html"]).text.hasPrefix("{"))
        #expect(try await fixture.ask("POST", "/", headers: ["Accept": "text/html"]).status == 404)
    }

    @Test func `files come in the best encoding the client takes`() async throws {
        let fixture = try await Fixture(files: try Self.site())
        for (accept, body, encoding) in [
            (nil, "plain", nil), ("gzip, deflate, br", "brotli", "br"), ("gzip", "gzip", "gzip"),
            ("br;q=0, gzip", "gzip", "gzip"),
            ("identity", "plain", nil), ("*", "brotli", "br"), ("*;q=0", "plain", nil),
        ] as [(String?, String, String?)] {
            var headers: [String: String] = [:]
            headers["Accept-Encoding"] = accept
            let answer = try await fixture.ask("GET", "/main-1A2B3C4D.js", headers: headers)
            #expect(answer.text == body)
            #expect(answer.headers[.contentEncoding] == encoding)
            #expect(answer.headers[.vary] == "Accept-Encoding")
            #expect(answer.headers[.contentType] == "text/javascript; charset=utf-8")
        }
    }

    @Test func `hashed names are kept for ever and the rest is asked for again`() async throws {
        let fixture = try await Fixture(files: try Self.site())
        for path in ["/main-1A2B3C4D.js", "/fonts/inter-AAAA2222.woff2"] {
            #expect(try await fixture.ask("GET", path).headers[.cacheControl] == "public, max-age=31536000, immutable")
        }
        for path in ["/sw.js", "/manifest.webmanifest", "/"] {
            #expect(try await fixture.ask("GET", path).headers[.cacheControl] == "no-cache")
        }
        let first = try await fixture.ask("GET", "/sw.js")
        let tag = try #require(first.headers[.eTag])
        let again = try await fixture.ask("GET", "/sw.js", headers: ["If-None-Match": "\"x\", W/\(tag)"])
        #expect(again.status == 304)
        #expect(again.body.isEmpty)
        let head = try await fixture.ask("HEAD", "/sw.js")
        #expect(head.status == 200 && head.body.isEmpty)
    }

    @Test func `a room's link shows the room and a private room's shows nothing`() async throws {
        let fixture = try await Fixture(settings: APISettings(origins: ["https://quiz.test"]), files: try Self.site())
        fixture.rooms.add("AAAAAAA", title: "Tom & \"Jerry\" <b>", .public, players: 1)
        fixture.rooms.add("BBBBBBB", title: "Hidden", .unlisted, players: 3)
        fixture.rooms.add("CCCCCCC", title: "Secret", .private)
        let open = try await fixture.ask("GET", "/r/aaaaaaa", headers: ["Accept-Encoding": "br"])
        #expect(open.headers[.contentEncoding] == nil)
        #expect(open.text.contains("<title>Tom &amp; &quot;Jerry&quot; &lt;b&gt; · QuizMania</title>"))
        #expect(open.text.contains("og:image\" content=\"https://quiz.test/card.png\""))
        #expect(open.text.contains("og:url\" content=\"https://quiz.test/r/AAAAAAA\""))
        #expect(open.text.contains("1 player is there already"))
        #expect(!open.text.contains("<b>") && !open.text.contains("noindex") && !open.text.contains("QUIZMANIA_HEAD"))
        let unlisted = try await fixture.ask("GET", "/r/BBBBBBB").text
        #expect(unlisted.contains("Hidden") && unlisted.contains("noindex") && unlisted.contains("3 players are"))
        let secret = try await fixture.ask("GET", "/r/CCCCCCC")
        let absent = try await fixture.ask("GET", "/r/DDDDDDD")
        #expect(secret.body == absent.body && secret.headers == absent.headers && secret.status == absent.status)
        #expect(!secret.text.contains("Secret") && !secret.text.contains("og:"))
        let misspelled = try await fixture.ask("GET", "/r/nonsense")
        #expect(misspelled.body == absent.body && misspelled.status == absent.status)
        let display = try await fixture.ask("GET", "/r/BBBBBBB/display").text
        #expect(display.contains("Hidden"))
    }

    @Test func `the home page has a title, a description and a picture, and is not sent twice`() async throws {
        let fixture = try await Fixture(settings: APISettings(origins: ["https://quiz.test"]), files: try Self.site())
        let home = try await fixture.ask("GET", "/")
        #expect(home.text.contains("<title>QuizMania · Live quiz battles</title>"))
        #expect(home.text.contains("og:image\" content=\"https://quiz.test/card.png\""))
        #expect(home.text.contains("<meta name=\"description\""))
        let tag = try #require(home.headers[.eTag])
        #expect(try await fixture.ask("GET", "/", headers: ["If-None-Match": tag]).status == 304)
    }

    @Test func `pages run under the strict policy with the configured sockets`() async throws {
        let open = try await Fixture(files: try Self.site())
        let policy = try #require(try await open.ask("GET", "/").headers[.contentSecurityPolicy])
        for part in [
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "trusted-types quizmania",
            "require-trusted-types-for 'script'", "connect-src 'self' ws: wss:", "base-uri 'none'",
        ] {
            #expect(policy.split(separator: "; ").contains(Substring(part)), "\(part)")
        }
        #expect(!policy.contains("unsafe"))
        let fixed = try await Fixture(
            settings: APISettings(origins: ["https://quiz.test", "http://127.0.0.1:8080"]), files: try Self.site())
        let exact = try #require(try await fixed.ask("GET", "/").headers[.contentSecurityPolicy])
        #expect(
            exact.contains(
                "connect-src 'self' https://quiz.test http://127.0.0.1:8080 wss://quiz.test ws://127.0.0.1:8080;"))
        let patterns = [try #require(OriginPattern("https://*.nodes.quiz.test"))]
        let cluster = try await Fixture(
            settings: APISettings(origins: ["https://quiz.test"], nodePatterns: patterns), files: try Self.site())
        let wide = try #require(try await cluster.ask("GET", "/").headers[.contentSecurityPolicy])
        #expect(
            wide.contains(
                """
                connect-src 'self' https://quiz.test wss://quiz.test https://*.nodes.quiz.test wss://*.nodes.quiz.test;
                """))
    }

    @Test func `without a built client the page still names the product`() async throws {
        let fixture = try await Fixture()
        let answer = try await fixture.ask("GET", "/")
        #expect(answer.status == 200)
        #expect(answer.text.contains("QuizMania"))
        let failure = #expect(throws: WebFilesFailure.self) { try WebFiles(folder: "/nowhere/dist") }
        #expect(failure?.sentence.contains("cluster/up") == true)
    }
}
