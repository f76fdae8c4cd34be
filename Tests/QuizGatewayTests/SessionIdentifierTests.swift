import Testing

@testable import QuizGateway

@Suite struct SessionIdentifierTests {
    @Test func `names of sessions are 27 URL-safe characters behind the tag, and never the same`() {
        var seen: Set<String> = []
        var characters: Set<Character> = []
        for _ in 0..<1_000 {
            let name = SessionIdentifier.draw(tag: "n7.")
            #expect(name.hasPrefix("n7.") && name.utf8.count == 30)
            #expect(seen.insert(name).inserted)
            characters.formUnion(name.dropFirst(3))
        }
        #expect(characters.count == 64)
        #expect(characters.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
    }
}
