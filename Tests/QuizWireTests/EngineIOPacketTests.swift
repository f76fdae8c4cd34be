import NIOCore
import QuizWire
import Testing

@Suite struct EngineIOPacketTests {
    private func buffer(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

    @Test func `a payload is packets joined by the record separator, binary ones in base64`() {
        #expect(
            EngineIOPacket.payload(buffer("4hello\u{1E}bAQIDBA==\u{1E}3\u{1E}2probe\u{1E}1"))
                == [
                    .message(buffer("hello")), .binary(ByteBuffer(bytes: [1, 2, 3, 4])), .pong(buffer("")),
                    .ping(buffer("probe")), .close,
                ])
    }

    @Test(arguments: ["", "abc", "7", "4a\u{1E}", "\u{1E}4a", "b!!!!", "4a\u{1E}\u{1E}4b", "bAQIDBA==\u{1E}x"])
    func `a payload with anything that is no packet is malformed`(body: String) {
        #expect(EngineIOPacket.payload(buffer(body)) == nil)
    }

    @Test func `a payload that is not UTF-8 is malformed`() {
        #expect(EngineIOPacket.payload(ByteBuffer(bytes: [0x34, 0xFF])) == nil)
    }

    @Test func `a payload carries a bounded number of packets`() {
        let most = Array(repeating: "4", count: EngineIOPacket.packetsPerPayloadMax).joined(separator: "\u{1E}")
        #expect(EngineIOPacket.payload(buffer(most))?.count == EngineIOPacket.packetsPerPayloadMax)
        #expect(EngineIOPacket.payload(buffer(most + "\u{1E}4")) == nil)
    }

    @Test func `binary in its polling form reads back`() {
        var body = ByteBuffer()
        EngineIOPacket.writeBase64(ByteBuffer(bytes: [1, 2, 3, 4]), into: &body)
        #expect(String(buffer: body) == "bAQIDBA==")
    }
}
