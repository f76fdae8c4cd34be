import NIOCore
import QuizWire
import Testing

@Suite struct SocketIOPacketTests {
    private func buffer(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }
    private func parse(_ text: String) -> SocketIOPacket? { SocketIOPacket(text: buffer(text)) }

    @Test func `CONNECT names a namespace, with or without its comma, and may carry an object`() {
        #expect(parse("0")?.body == .connect(auth: nil))
        #expect(parse("0")?.namespace == "/")
        #expect(parse("0{\"token\":\"123\"}")?.body == .connect(auth: buffer("{\"token\":\"123\"}")))
        #expect(parse("0/custom")?.namespace == "/custom")
        #expect(parse("0/custom,")?.namespace == "/custom")
        #expect(parse("0/custom,{\"a\":1}")?.body == .connect(auth: buffer("{\"a\":1}")))
        #expect(parse("0/custom?token=abc,")?.namespace == "/custom")
    }

    @Test func `an event keeps its arguments as they came`() throws {
        let packet = try #require(parse("2/ns,456[ \"message\" , 1,\"2\",{\"3\":[true, null]} ]"))
        #expect(packet.id == 456)
        #expect(packet.namespace == "/ns")
        #expect(
            packet.body
                == .event(name: "message", arguments: ["1", "\"2\"", "{\"3\":[true, null]}"].map(buffer)))
    }

    @Test func `a binary event announces its attachments`() throws {
        let packet = try #require(parse(##"52-7["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"##))
        #expect(packet.attachments == 2)
        #expect(packet.id == 7)
    }

    @Test func `an event's name is unescaped`() {
        #expect(parse(#"2["\u0041\n\"\ud834\udd1e\/"]"#)?.body == .event(name: "A\n\"𝄞/", arguments: []))
    }

    @Test func `an event may be named by a number`() {
        #expect(parse("2[1,2]")?.body == .event(name: nil, arguments: [buffer("2")]))
    }

    @Test(arguments: [
        "", "abc", "7", "9[]", "2", "2{}", "2[]", "2abc[\"e\"]", "2[{}]", "2[null]", "2[\"e\"", "2[\"e\"]x",
        "2[\"e\",]",
        "2[\"connect\"]", "2[\"connect_error\"]", "2[\"disconnect\"]", "2[\"disconnecting\"]", "2[\"newListener\"]",
        "2[\"removeListener\"]", "0[]", "0\"x\"", "0{", "1{}", "1\"x\"", "3[]", "31{}", "4{\"message\":\"x\"}",
        "5[\"e\"]", "5-[\"e\"]", "511-[\"e\"]", "5x-[\"e\"]", "2[\"e\",01]", "2[\"e\",\"\u{1}\"]", "2[\"e\",tru]",
        "21234567890123456[\"e\"]",
    ])
    func `a malformed packet is refused`(text: String) {
        #expect(parse(text) == nil)
    }

    @Test func `packets are written as stock clients expect them`() {
        #expect(String(buffer: SocketIOPacket.connected(namespace: "/", sid: "s", pid: nil)) == #"0{"sid":"s"}"#)
        #expect(
            String(buffer: SocketIOPacket.connected(namespace: "/a", sid: "s", pid: "p"))
                == #"0/a,{"sid":"s","pid":"p"}"#)
        #expect(
            String(buffer: SocketIOPacket.refused(namespace: "/random", message: "Invalid namespace", data: nil))
                == #"4/random,{"message":"Invalid namespace"}"#)
        #expect(
            String(buffer: SocketIOPacket.refused(namespace: "/", message: "a\"b", data: buffer("{\"c\":1}")))
                == #"4{"message":"a\"b","data":{"c":1}}"#)
        #expect(String(buffer: SocketIOPacket.disconnected(namespace: "/")) == "1")
        #expect(
            String(buffer: SocketIOPacket.event("e", arguments: [buffer("1"), buffer("{}")], namespace: "/"))
                == #"2["e",1,{}]"#)
        #expect(
            String(
                buffer: SocketIOPacket.event(
                    "e", arguments: [buffer(#"{"_placeholder":true,"num":0}"#)], attachments: 1, namespace: "/n"))
                == #"51-/n,["e",{"_placeholder":true,"num":0}]"#)
        #expect(String(buffer: SocketIOPacket.ack(12, arguments: [buffer("1")], namespace: "/")) == "312[1]")
        #expect(
            String(buffer: SocketIOPacket.ack(12, arguments: [], attachments: 2, namespace: "/n")) == "62-/n,12[]")
    }

    @Test func `JSON nested too deeply is refused before it costs the stack`() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(parse("2[\"e\",\(deep)") == nil)
        let legal = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
        #expect(parse("2[\"e\",\(legal)]") != nil)
    }

    @Test(arguments: ["plain", "quote \" slash \\ line \n return \r tab \t bell \u{7}", "ünïcödé 𝄞", ""])
    func `a string that is written reads back`(string: String) {
        var text = ByteBuffer()
        JSONText.write(string, into: &text)
        #expect(JSONText.string(text) == string)
        #expect(JSONScanner.elements(of: ByteBuffer(string: "[\(String(buffer: text))]"))?.count == 1)
    }
}
