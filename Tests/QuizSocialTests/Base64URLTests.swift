import Foundation
import QuizTestKit
import Testing

@testable import QuizSocial

@Suite struct Base64URLTests {
    /// RFC 4648, section 10, without the padding; and the two digits in which the alphabets differ.
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"), (">>>", "Pj4-"), ("???", "Pz8_"),
    ])
    func `texts that are known`(bytes: String, text: String) {
        #expect(Base64URL.encode(bytes.utf8) == text)
        #expect(Base64URL.decode(text) == Array(bytes.utf8))
    }

    @Test func `what is encoded is decoded`() {
        var generator = SeededGenerator(seed: 4)
        for count in 0..<100 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let text = Base64URL.encode(bytes)
            #expect(Base64URL.decode(text) == bytes)
            let plain = Data(bytes).base64EncodedString().replacingOccurrences(of: "=", with: "")
            #expect(text == plain.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_"))
        }
    }

    /// Padding, the other alphabet, white space, bits behind the end, a single digit, what is not ASCII.
    @Test(arguments: [
        "Zg==", "Zm8=", "=", "Pj4+", "Pz8/", "Zm9v\n", " Zm9v", "Zm 9v", "Zh", "Zm9", "Z", "Zm9vY", "Zm9é", "Zm9v\0",
    ])
    func `anything else is nothing`(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}
