import Foundation
import NIOCore
import QuizModel
import QuizTestKit
import Testing

@testable import QuizWire

/// `JSONWriter` against Foundation, whose bytes have been in journals' event chains and must stay.
@Suite struct JSONWriterTests {
    private static func foundation(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func written(_ value: some Encodable) throws -> String? {
        try JSONWriter.bytes(value).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Any JSON, in the containers Codable has for it.
    private indirect enum Tree: Encodable {
        case null
        case flag(Bool)
        case number(Int)
        case text(String)
        case list([Tree])
        case object([(key: String, value: Tree)])

        struct Key: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .null:
                var container = encoder.singleValueContainer()
                try container.encodeNil()
            case .flag(let flag):
                var container = encoder.singleValueContainer()
                try container.encode(flag)
            case .number(let number):
                var container = encoder.singleValueContainer()
                try container.encode(number)
            case .text(let text): try text.encode(to: encoder)
            case .list(let elements):
                var container = encoder.unkeyedContainer()
                for element in elements {
                    if case .null = element { try container.encodeNil() } else { try container.encode(element) }
                }
            case .object(let members):
                var container = encoder.container(keyedBy: Key.self)
                for (key, value) in members {
                    switch value {
                    case .null: try container.encodeNil(forKey: Key(stringValue: key))
                    case .text(let text): try container.encode(text, forKey: Key(stringValue: key))
                    case .number(let number): try container.encode(number, forKey: Key(stringValue: key))
                    default: try container.encode(value, forKey: Key(stringValue: key))
                    }
                }
            }
        }

        static func random(depth: Int, using generator: inout SeededGenerator) -> Tree {
            switch Int.random(in: 0..<(depth > 0 ? 6 : 4), using: &generator) {
            case 0: return .null
            case 1: return .flag(.random(using: &generator))
            case 2:
                let number = [0, 1, 9, 10, -1, .max, .min, 1_000].randomElement(using: &generator) ?? 0
                return .number(number)
            case 3:
                return .text(
                    ["", "a", "Zoë", "q\"uote", "back\\slash", "a/b", "🦊\u{2028}\u{7f}"]
                        .randomElement(using: &generator) ?? "")
            case 4:
                return .list(
                    (0..<Int.random(in: 0..<4, using: &generator)).map { _ in
                        random(depth: depth - 1, using: &generator)
                    })
            default:
                let keys = [
                    "a", "ab", "aB", "B", "answers", "answerWindowMs", "a1", "a10", "a9", "é", "k\"", "of", "ok",
                ]
                .shuffled(using: &generator).prefix(Int.random(in: 0..<6, using: &generator))
                return .object(keys.map { ($0, random(depth: depth - 1, using: &generator)) })
            }
        }
    }

    @Test(arguments: 0..<50 as Range<UInt64>) func `any tree is written as Foundation writes it`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            let tree = Tree.random(depth: 4, using: &generator)
            #expect(try Self.written(tree) == Self.foundation(tree))
        }
    }

    @Test func `what the server sends is written as Foundation writes it`() throws {
        let player = PlayerID(value: 77)
        let seat = SeatView(
            code: try #require(RoomCode("ABCDEFG")), role: .player, ready: true, host: false, score: 10, streak: 1,
            answer: GivenAnswer(question: 3, choice: [1, 2], at: RoomInstant(milliseconds: 5)))
        let nickname = try #require(Nickname("Zoë 🦊"))
        let me = MePayload(player: player, nickname: nickname, seat: seat)
        #expect(try Self.written(me) == Self.foundation(me))
        let ack = Accepted(AnswerAck(question: 3, choice: [0], at: RoomInstant(milliseconds: 99)))
        #expect(try Self.written(ack) == #"{"at":99,"choice":[0],"ok":true,"question":3}"#)
        #expect(try Self.written(ack) == Self.foundation(ack))
        let refused = Refused(Rejection(.rateLimited))
        #expect(try Self.written(refused) == Self.foundation(refused))
        let done = Accepted(DoneAck())
        #expect(try Self.written(done) == Self.foundation(done))
        let line = ChatMessagePayload(
            id: nil, client: try #require(ClientID("a")), player: player, nickname: nickname,
            text: try #require(ChatText("\"</script>\\")), sentAtMs: .max)
        #expect(try Self.written(line) == Self.foundation(line))
        #expect(try Self.written(["b": [1, 2], "a": []]) == #"{"a":[],"b":[1,2]}"#)
    }

    @Test func `what it is not made for is left to Foundation`() throws {
        #expect(try Self.written(1.5) == nil)
        #expect(try Self.written(["a": 0.5]) == nil)
        #expect(try Self.written("line\nfeed") == nil)
        let time = TimeSyncAck(t0: 0.25, t1: 12)
        #expect(String(decoding: try WireJSON.bytes(time), as: UTF8.self) == (try Self.foundation(time)))
        let text = ["a": "line\nfeed"]
        #expect(String(buffer: try WireJSON.buffer(text)) == (try Self.foundation(text)))
        #expect(throws: EncodingError.self) { try WireJSON.bytes(["a": Double.nan]) }
    }
}
