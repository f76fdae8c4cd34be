import NIOCore
import QuizModel
import QuizWire
import Testing

/// The quick reading of commands never says anything Foundation's does not say.
@Suite struct BurstCommandTests {
    private static func both<Command: BurstCommand & Equatable>(
        _ type: Command.Type, _ text: String
    ) -> (quick: Result<Command, Rejection>, thorough: Result<Command, Rejection>) {
        let json = ByteBuffer(string: text)
        return (
            Result { () throws(Rejection) in try WireJSON.decode(burst: type, from: json) },
            Result { () throws(Rejection) in try WireJSON.decode(type, from: json) }
        )
    }

    private static let answer =
        #"{"choice":[2,0],"game":"0194f0c2-0000-4000-8000-000000000001","id":"a7","question":17}"#
    private static let line = #"{"id":"n1","text":" Grüße, \"all\" "}"#

    @Test func `the usual form is read without a tree`() throws {
        let object = try #require(PlainObject(ByteBuffer(string: Self.answer)))
        let command = try #require(AnswerCommand(plain: object))
        #expect(command.question == 17 && command.choice == [2, 0] && command.id.text == "a7" && command.game != nil)
        let plain = try #require(PlainObject(ByteBuffer(string: #"{"id":"n1","text":"Hello"}"#)))
        #expect(ChatSendCommand(plain: plain)?.text.text == "Hello")
    }

    @Test(arguments: [
        answer, #"{"question":1,"choice":[],"id":"x"}"#, #"{"question":1,"choice":[1],"id":"x","game":null}"#,
        #" {"question":1,"choice":[1],"id":"x"}"#, #"{"question":1,"choice":[1],"id":"x"} "#,
        #"{"question":01,"choice":[1],"id":"x"}"#,
        #"{"question":1.0,"choice":[1],"id":"x"}"#, #"{"question":1e0,"choice":[1],"id":"x"}"#,
        #"{"question":-1,"choice":[1],"id":"x"}"#, #"{"question":99999999999999999999,"choice":[1],"id":"x"}"#,
        #"{"question":1,"choice":[1,],"id":"x"}"#, #"{"question":1,"choice":[1],"id":"x",}"#,
        #"{"question":1,"choice":[1],"id":"x","id":"y"}"#, #"{"question":1,"choice":[1],"id":"x","other":{"a":[]}}"#,
        #"{"question":1,"choice":[1],"id":"x","other":3}"#, #"{"question":1,"choice":[1],"id":"\u0078"}"#,
        #"{"question":1,"choice":["1"],"id":"x"}"#, #"{"question":"1","choice":[1],"id":"x"}"#,
        #"{"question":1,"choice":[1],"id":"a b"}"#, #"{"question":1,"choice":[1],"id":"x","game":"nonsense"}"#,
        #"{"question":1,"choice":[1],"id":5}"#, #"{"choice":[1],"id":"x"}"#, "{}", "[]", "", "{", "null", #"{"a"}"#,
    ])
    func `an odd answer is read as Foundation reads it`(text: String) {
        let (quick, thorough) = Self.both(AnswerCommand.self, text)
        #expect(quick == thorough)
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func `a damaged command is read as Foundation reads it`(seed: UInt64) {
        var state = seed
        func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let alphabet = Array("{}[]\":,0159-.eEnulltrue\\ \t\nidgamechoicequestiontext".utf8)
        for _ in 0..<200 {
            for original in [Self.answer, Self.line] {
                var bytes = Array(original.utf8)
                for _ in 0...below(2) {
                    let position = below(bytes.count)
                    switch below(3) {
                    case 0: bytes[position] = alphabet[below(alphabet.count)]
                    case 1: bytes.remove(at: position)
                    default: bytes.insert(alphabet[below(alphabet.count)], at: position)
                    }
                }
                // Only well-formed text gets this far.
                guard let text = String(validating: bytes, as: UTF8.self) else { continue }
                if original == Self.answer {
                    let (quick, thorough) = Self.both(AnswerCommand.self, text)
                    #expect(quick == thorough, "\(text)")
                } else {
                    let (quick, thorough) = Self.both(ChatSendCommand.self, text)
                    #expect(quick == thorough, "\(text)")
                }
            }
        }
    }
}
