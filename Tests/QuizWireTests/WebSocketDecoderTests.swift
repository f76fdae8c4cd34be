import NIOCore
import QuizWire
import Testing

/// RFC 6455, by section. The numbers in the comments are those of the RFC.
@Suite struct WebSocketDecoderTests {
    /// Feeds `bytes` in pieces of `size` and collects what comes out until the end or the first violation.
    private func decode(
        _ bytes: [UInt8], inPiecesOf size: Int = .max, messageBytesMax: Int = 1_000_000, inflater: RawInflater? = nil
    ) -> (events: [WebSocketEvent], violation: WebSocketCloseCode?, bytesUsed: Int) {
        var decoder = WebSocketDecoder(messageBytesMax: messageBytesMax, inflater: inflater)
        var events: [WebSocketEvent] = []
        var used = 0
        while used < bytes.count {
            let next = min(bytes.count, size == .max ? bytes.count : used + size)
            var buffer = ByteBuffer(bytes: bytes[used..<next])
            used = next
            decoder.append(&buffer)
            do {
                while let event = try decoder.next() { events.append(event) }
            } catch {
                return (events, error.code, used)
            }
        }
        return (events, nil, used)
    }

    private func text(_ string: String) -> WebSocketEvent { .text(ByteBuffer(string: string)) }

    @Test(arguments: [0, 1, 7, 8, 9, 125, 126, 127, 65_535, 65_536, 200_001])
    func `5.2: a message of any length arrives whole`(count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
        #expect(decode(clientFrame(2, payload)).events == [.binary(ByteBuffer(bytes: payload))])
        #expect(decode(clientFrame(2, payload), inPiecesOf: 997).events == [.binary(ByteBuffer(bytes: payload))])
    }

    @Test func `5.2: bytes that come one at a time make the same messages`() {
        let bytes = clientText("é", final: false) + clientFrame(9, [1]) + clientFrame(0, "𝄞".utf8) + clientClose(1000)
        #expect(
            decode(bytes, inPiecesOf: 1).events == [
                .ping(ByteBuffer(bytes: [1])), text("é𝄞"), .close(code: .normal, reason: ""),
            ])
    }

    @Test(arguments: 1...7, [1, 2, 8, 9, 10] as [UInt8])
    func `5.2: a reserved bit without an extension is a protocol error`(bits: Int, opcode: UInt8) {
        #expect(decode(clientFrame(opcode, [], reserved: UInt8(bits))).violation == .protocolError)
    }

    @Test(arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8])
    func `5.2: a reserved opcode is a protocol error, after what came before it`(opcode: UInt8) {
        let outcome = decode(clientText("first") + clientFrame(opcode, []) + clientText("never"))
        #expect(outcome.events == [text("first")])
        #expect(outcome.violation == .protocolError)
    }

    @Test func `5.1: a frame without a mask is a protocol error`() {
        #expect(decode(clientFrame(1, "x".utf8, masked: false)).violation == .protocolError)
    }

    @Test func `5.2: a length not in its shortest form is a protocol error`() {
        #expect(decode([0x82, 0xFE, 0, 5]).violation == .protocolError)
        #expect(decode([0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]).violation == .protocolError)
        #expect(decode([0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0]).violation == .protocolError)
    }

    @Test func `5.4: fragments are joined and control frames pass between them`() {
        let bytes =
            clientText("a", final: false) + clientFrame(9, "1".utf8) + clientFrame(0, "b".utf8, final: false)
            + clientFrame(10, "2".utf8) + clientFrame(0, [])
        #expect(
            decode(bytes).events == [.ping(ByteBuffer(string: "1")), .pong(ByteBuffer(string: "2")), text("ab")])
    }

    @Test func `5.4: a continuation of nothing is a protocol error`() {
        #expect(decode(clientFrame(0, "x".utf8)).violation == .protocolError)
        #expect(decode(clientText("x") + clientFrame(0, "y".utf8)).violation == .protocolError)
    }

    @Test func `5.4: a new message inside a fragmented one is a protocol error`() {
        #expect(decode(clientText("a", final: false) + clientText("b")).violation == .protocolError)
        #expect(decode(clientText("a", final: false) + clientFrame(2, [])).violation == .protocolError)
    }

    @Test(arguments: [8, 9, 10] as [UInt8])
    func `5.5: a control frame is neither fragmented nor longer than 125 bytes`(opcode: UInt8) {
        #expect(decode(clientFrame(opcode, [], final: false)).violation == .protocolError)
        #expect(decode(clientFrame(opcode, [UInt8](repeating: 1, count: 126))).violation == .protocolError)
    }

    @Test func `5.5.2: a ping carries up to 125 bytes`() {
        let payload = [UInt8](repeating: 0xFE, count: 125)
        #expect(decode(clientFrame(9, payload)).events == [.ping(ByteBuffer(bytes: payload))])
    }

    @Test(arguments: [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])
    func `7.4: a close code that may travel is taken`(code: UInt16) {
        #expect(
            decode(clientClose(code, "bye".utf8)).events == [.close(code: WebSocketCloseCode(code), reason: "bye")])
    }

    @Test(arguments: [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])
    func `7.4: a close code that may not travel is a protocol error`(code: UInt16) {
        #expect(decode(clientClose(code)).violation == .protocolError)
    }

    @Test func `5.5.1: a close payload is empty, or a code and UTF-8`() {
        #expect(decode(clientFrame(8, [])).events == [.close(code: nil, reason: "")])
        #expect(decode(clientFrame(8, [3])).violation == .protocolError)
        #expect(decode(clientClose(1000, [0xED, 0xA0, 0x80])).violation == .invalidData)
        #expect(decode(clientClose(1000, [0xC3])).violation == .invalidData)
    }

    @Test func `7.1: nothing is read after a close`() {
        #expect(decode(clientClose(1000) + clientText("late")).events == [.close(code: .normal, reason: "")])
    }

    @Test func `8.1: text that is not UTF-8 is refused, also across fragments`() {
        #expect(decode(clientFrame(1, [0xCE, 0xBA, 0xED, 0xA0, 0x80])).violation == .invalidData)
        #expect(decode(clientFrame(1, [0xE2], final: false) + clientFrame(0, [0x28])).violation == .invalidData)
        #expect(decode(clientFrame(1, [0xE2, 0x82])).violation == .invalidData)
    }

    @Test func `8.1: text is refused as soon as it is certain, inside an unfinished frame`() {
        let frame = clientFrame(1, Array("κόσμε".utf8) + [0xF4, 0x90] + Array("edited".utf8))
        let outcome = decode(frame, inPiecesOf: 1)
        // Six bytes of header, eleven of the word, and the two that cannot be repaired.
        #expect(outcome.violation == .invalidData)
        #expect(outcome.bytesUsed == 6 + 10 + 2)
    }

    @Test func `a message beyond the bound is refused by its announcement`() {
        #expect(decode(clientFrame(2, [], announcing: 101), messageBytesMax: 100).violation == .tooLarge)
        let fragments =
            clientFrame(2, [UInt8](repeating: 0, count: 60), final: false)
            + clientFrame(0, [], announcing: 41)
        #expect(decode(fragments, messageBytesMax: 100).violation == .tooLarge)
        #expect(decode(clientFrame(2, [], announcing: 1 << 40)).violation == .tooLarge)
    }

    // MARK: RFC 7692

    private func compressed(_ text: String) throws -> [UInt8] {
        let deflater = try #require(RawDeflater())
        return Array(try #require(deflater.message(ByteBuffer(string: text))).readableBytesView)
    }

    @Test func `7692: a compressed message is inflated, also in fragments`() throws {
        let inflater = try #require(RawInflater())
        let long = String(repeating: "a compressed wörld ", count: 500)
        let bytes = try compressed(long)
        let half = bytes.count / 2
        #expect(decode(clientFrame(1, bytes, reserved: 4), inflater: inflater).events == [text(long)])
        let fragments =
            clientFrame(1, bytes[..<half], final: false, reserved: 4) + clientFrame(9, [])
            + clientFrame(0, bytes[half...])
        #expect(decode(fragments, inPiecesOf: 3, inflater: inflater).events == [.ping(ByteBuffer()), text(long)])
    }

    @Test func `7692: the compression bit belongs to the first frame of a data message only`() throws {
        let inflater = try #require(RawInflater())
        let bytes = try compressed("abc")
        let again = clientFrame(1, bytes, final: false, reserved: 4) + clientFrame(0, [], reserved: 4)
        #expect(decode(again, inflater: inflater).violation == .protocolError)
        #expect(decode(clientFrame(9, [], reserved: 4), inflater: inflater).violation == .protocolError)
        #expect(decode(clientFrame(2, [], reserved: 2), inflater: inflater).violation == .protocolError)
    }

    @Test func `7692: garbage, bombs and text that is not UTF-8 are refused`() throws {
        let inflater = try #require(RawInflater())
        #expect(decode(clientFrame(1, [0xFF, 1, 2, 3], reserved: 4), inflater: inflater).violation == .invalidData)
        let bomb = try compressed(String(repeating: "0", count: 1_000_000))
        #expect(
            decode(clientFrame(1, bomb, reserved: 4), messageBytesMax: 100_000, inflater: inflater).violation
                == .tooLarge)
        let deflater = try #require(RawDeflater())
        let invalid = try #require(deflater.message(ByteBuffer(bytes: [0xFF, 0xFE])))
        #expect(
            decode(clientFrame(1, invalid.readableBytesView, reserved: 4), inflater: inflater).violation
                == .invalidData)
        let cut = try compressed(String(repeating: "cut off ", count: 100)).dropLast(4)
        #expect(decode(clientFrame(1, cut, reserved: 4), inflater: inflater).violation == .invalidData)
    }

    @Test func `7692: a block marked as the last is accepted`() throws {
        let inflater = try #require(RawInflater())
        let bytes: [UInt8] = [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]
        #expect(decode(clientFrame(1, bytes, reserved: 4), inflater: inflater).events == [text("Hello")])
    }
}
