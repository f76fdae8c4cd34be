import QuizWire
import Testing

@Suite struct OriginPatternTests {
    private func pattern(_ text: String) throws -> OriginPattern { try #require(OriginPattern(text)) }

    @Test func `a star stands for one label or more, and not for none`() throws {
        let pattern = try pattern("https://*.play.example.org")
        for origin in [
            "https://n1.play.example.org", "https://a.b.play.example.org", "https://N1.play.example.org:443",
        ] {
            #expect(pattern.admits(origin), "\(origin)")
        }
        for origin in [
            "https://play.example.org", "https://evilplay.example.org", "https://n1.play.example.org.evil.net",
            "http://n1.play.example.org", "https://n1.play.example.org:8443", "https://n1.play.example.org/x",
            "https://n1.play.example.org@evil.net", "https://*.play.example.org", "null", "",
        ] {
            #expect(!pattern.admits(origin), "\(origin)")
        }
    }

    @Test func `a port is one, any, or the usual one`() throws {
        #expect(try pattern("http://127.0.0.1:*").admits("http://127.0.0.1:8180"))
        #expect(try pattern("http://127.0.0.1:*").admits("http://127.0.0.1"))
        #expect(try pattern("https://play.example.org:8443").admits("https://play.example.org:8443"))
        #expect(try !pattern("https://play.example.org:8443").admits("https://play.example.org"))
        #expect(try pattern("http://[::1]:*").admits("http://[::1]:8080"))
    }

    @Test(arguments: [
        "", "play.example.org", "ftp://play.example.org", "https://", "https://*", "https://*.org",
        "https://*.*.example.org",
        "https://n*.example.org", "https://example.org/", "https://example.org?x", "https://example.org:0",
        "https://example.org:65536", "https://example.org:", "https://user@example.org", "https://exa mple.org",
        "https://.example.org", "https://-a.example.org", "https://[::1", "https://[zz]", "https://*.[::1]",
        "https://example.org; script-src *", "https://example.org,https://other.org",
    ])
    func `what is no pattern is refused`(text: String) {
        #expect(OriginPattern(text) == nil)
    }

    @Test func `sources of the content policy are those of requests and of sockets`() throws {
        #expect(
            try pattern("https://*.Play.example.org").sources == [
                "https://*.play.example.org", "wss://*.play.example.org",
            ])
        #expect(try pattern("http://127.0.0.1:*").sources == ["http://127.0.0.1:*", "ws://127.0.0.1:*"])
    }

    @Test func `an origin is an address in its shortest form`() {
        #expect(OriginPattern.origin("HTTPS://N1.example.org:443") == "https://n1.example.org")
        #expect(OriginPattern.origin("http://127.0.0.1:8080") == "http://127.0.0.1:8080")
        for text in ["https://*.example.org", "http://127.0.0.1:*", "https://n1.example.org/", "n1.example.org"] {
            #expect(OriginPattern.origin(text) == nil, "\(text)")
        }
    }

    @Test func `addresses of one deployment share the end of their names, or are one machine`() throws {
        #expect(try pattern("https://*.play.example.org").site == "example.org")
        #expect(try pattern("https://example.org").site == "example.org")
        #expect(try pattern("http://127.0.0.1:*").site == "127.0.0.1")
        #expect(try pattern("http://[::1]:*").site == "[::1]")
        #expect(try pattern("http://localhost:*").site == "localhost")
    }
}
