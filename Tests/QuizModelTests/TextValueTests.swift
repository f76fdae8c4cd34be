import Foundation
import QuizModel
import Testing

@Suite struct RoomCodeTests {
    @Test func `a code is folded to upper case`() {
        #expect(RoomCode("abcdefg")?.text == "ABCDEFG")
        #expect(RoomCode("23456zz")?.text == "23456ZZ")
    }

    @Test(arguments: [
        "", "ABCDEF", "ABCDEFGH", "ABCDEF0", "ABCDEF1", "ABCDEFI", "ABCDEFL", "ABCDEFO", "ABCDEFU", "ABC DEF",
        "ABCDEFÉ", "ßßß",
    ])
    func `look-alikes, other symbols and other lengths are refused`(text: String) {
        #expect(RoomCode(text) == nil)
    }

    @Test func `random codes use the whole alphabet`() {
        var generator = SystemRandomNumberGenerator()
        var symbols: Set<UInt8> = []
        for _ in 0..<500 {
            let code = RoomCode.random(using: &generator)
            #expect(RoomCode(code.text) == code)
            symbols.formUnion(code.text.utf8)
        }
        #expect(symbols == Set(RoomCode.alphabet))
        #expect(RoomCode.alphabet.count == 30)
    }
}

@Suite struct NicknameTests {
    @Test func `white space is trimmed and joined`() {
        #expect(Nickname("  Ada \t\n  Lovelace ")?.text == "Ada Lovelace")
        #expect(Nickname("A\u{00A0}B")?.text == "A B")
    }

    @Test func `names are normalised, so that one look is one name`() {
        #expect(Nickname("Jose\u{301}") == Nickname("Jos\u{E9}"))
        #expect(Nickname("Jose\u{301}")?.text.unicodeScalars.count == 4)
    }

    @Test(arguments: ["名前", "Zoë", "👩🏽‍🚀", "O'Neill-Ng_1.2", "مرحبا", "x"])
    func `names of all languages are taken`(text: String) {
        #expect(Nickname(text)?.text == text)
    }

    @Test func `the bound counts what a person sees`() {
        #expect(Nickname(String(repeating: "x", count: 20)) != nil)
        #expect(Nickname(String(repeating: "x", count: 21)) == nil)
        #expect(Nickname(String(repeating: "👩🏽", count: 20)) != nil)
        // One visible character that carries a tower of marks is not one character's worth of bytes.
        #expect(Nickname("a" + String(repeating: "\u{335}", count: 100)) == nil)
    }

    @Test(arguments: [
        "", "   ", "a\u{0}b", "\u{202E}abc", "a\u{200B}b", "\u{FEFF}x", "a\u{7}", "\u{E000}", "a\u{2066}b",
    ])
    func `empty, invisible and direction-changing names are refused`(text: String) {
        #expect(Nickname(text) == nil)
    }

    @Test func `a bad name is refused where it is decoded, with the rule`() throws {
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Nickname].self, from: Data("[\"\"]".utf8))
        }
        guard case .dataCorrupted(let context) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(context.debugDescription == Nickname.rule)
    }
}

@Suite struct OtherTextTests {
    @Test func `chat keeps line feeds and drops what surrounds it`() {
        #expect(ChatText("  a\nb \n")?.text == "a\nb")
        #expect(ChatText(String(repeating: "x", count: 500)) != nil)
        #expect(ChatText(String(repeating: "x", count: 501)) == nil)
        for bad in ["", " \n ", "a\u{0}", "a\rb", "a\u{202E}b", "a\tb"] {
            #expect(ChatText(bad) == nil, "\(bad.debugDescription)")
        }
    }

    @Test func `names machines give are plain`() {
        #expect(ClientID("a-Z_0.9:x")?.text == "a-Z_0.9:x")
        #expect(QuestionID(String(repeating: "x", count: 64)) != nil)
        for bad in ["", String(repeating: "x", count: 65), "a b", "é", "a/b", "a\n"] { #expect(ClientID(bad) == nil) }
    }

    @Test func `a password is taken as typed`() {
        #expect(RoomPassword(" p ")?.text == " p ")
        #expect(RoomPassword("") == nil)
        #expect(RoomPassword(String(repeating: "x", count: 65)) == nil)
    }

    @Test func `every rule names its bounds`() {
        func check<T: TextValue>(_ type: T.Type) {
            #expect(T.rule.hasSuffix("."))
            #expect(T.rule.contains("\(T.lengthBounds.upperBound)"), "\(T.self)")
        }
        check(RoomCode.self)
        check(Nickname.self)
        check(RoomPassword.self)
        check(ChatText.self)
        check(ClientID.self)
    }
}
