import QuizWire
import Testing

@Suite struct ClientAddressTests {
    @Test func `a range contains its addresses and no others`() throws {
        let ten = try #require(AddressRange("10.0.0.0/8"))
        #expect(ten.contains("10.255.0.1"))
        #expect(ten.contains("::ffff:10.1.2.3"))
        #expect(!ten.contains("11.0.0.1"))
        #expect(!ten.contains("::1"))
        let six = try #require(AddressRange("2001:db8::/33"))
        #expect(six.contains("2001:db8:7fff::1"))
        #expect(!six.contains("2001:db8:8000::1"))
        #expect(try #require(AddressRange("::1")).contains("0:0:0:0:0:0:0:1"))
        #expect(try #require(AddressRange("0.0.0.0/0")).contains("203.0.113.9"))
    }

    @Test(arguments: [
        "", "10.0.0", "10.0.0.256", "10.0.0.0.1", "10.0.0.0.", ".10.0.0.0", "10..0.0", "1.2.3.4:80", "+1.2.3.4",
        "1.2.3.a", "10.0.0.0/33", "1::2::3", "::g", "10.0.0.0/", "fe80::1%eth0", "1:2:3:4:5:6:7",
    ])
    func `what is no range is refused`(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test func `forwarded addresses are believed only as far as trusted proxies wrote them`() throws {
        let trusted = [try #require(AddressRange("10.0.0.0/8"))]
        func resolve(_ peer: String, _ forwarded: [String]) -> String {
            ClientAddress.resolve(peer: peer, forwardedFor: forwarded, trusted: trusted)
        }
        #expect(resolve("203.0.113.9", ["198.51.100.1"]) == "203.0.113.9")
        #expect(resolve("10.0.0.1", ["198.51.100.1"]) == "198.51.100.1")
        #expect(resolve("10.0.0.1", ["6.6.6.6, 198.51.100.1, 10.0.0.2"]) == "198.51.100.1")
        #expect(resolve("10.0.0.1", ["6.6.6.6", "198.51.100.1"]) == "198.51.100.1")
        #expect(resolve("10.0.0.1", ["nonsense"]) == "10.0.0.1")
        #expect(resolve("10.0.0.1", []) == "10.0.0.1")
        for nothing in ["", ",", " , \t", "198.51.100.1:80", "unknown"] {
            #expect(resolve("10.0.0.1", [nothing]) == "10.0.0.1")
        }
        #expect(resolve("10.0.0.1", ["6.6.6.6,,198.51.100.1"]) == "198.51.100.1")
        #expect(resolve("10.0.0.1", ["6.6.6.6,\t198.51.100.1 \t"]) == "198.51.100.1")
        #expect(resolve("10.0.0.1", ["198.51.100.1, "]) == "10.0.0.1")
        #expect(resolve("10.0.0.1", ["10.0.0.3, 10.0.0.2"]) == "10.0.0.3")
        #expect(resolve("::ffff:10.0.0.1", ["2001:db8::7"]) == "2001:db8::7")
        #expect(resolve("10.0.0.1", ["::ffff:198.51.100.1"]) == "::ffff:198.51.100.1")
        // A character that takes the comma behind it for its own hides nothing.
        #expect(resolve("10.0.0.1", ["\u{600}, 198.51.100.1"]) == "198.51.100.1")
        for peer in ["", "unknown", "/run/socket"] { #expect(resolve(peer, ["198.51.100.1"]) == peer) }
        #expect(ClientAddress.resolve(peer: "10.0.0.1", forwardedFor: ["6.6.6.6"], trusted: []) == "10.0.0.1")
    }
}
