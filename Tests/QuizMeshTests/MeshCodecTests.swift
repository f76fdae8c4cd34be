import NIOCore
import QuizCluster
import QuizModel
import QuizRoomHost
import QuizShards
import QuizTestKit
import Testing

@testable import QuizMesh

@Suite struct MeshCodecTests {
    /// A message's bytes, without the frame's header.
    private static func body(_ message: PeerMessage) throws -> ByteBuffer {
        var frame = try MeshCodec.frame(message)
        let header = frame.readBytes(length: MeshFrame.headerBytes) ?? []
        let length = header.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        #expect(length == frame.readableBytes && header[4] == 4)
        return frame
    }

    private static func code(_ bytes: [UInt8]) -> MeshCodecError.Code? {
        do throws(MeshCodecError) {
            _ = try MeshCodec.decode(ByteBuffer(bytes: bytes))
            return nil
        } catch {
            #expect(!error.context.isEmpty)
            return error.code
        }
    }

    @Test(arguments: SampleMessages.fixed) func `every message comes back as it was written`(message: PeerMessage)
        throws
    {
        let body = try Self.body(message)
        let decoded = try MeshCodec.decode(body)
        #expect(decoded == message)
        #expect(try Self.body(decoded) == body)
    }

    @Test func `the samples have every message`() {
        #expect(Set(SampleMessages.fixed.map(\.tag)) == Set(1...17))
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func `so does every other one`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<700 {
            let message = SampleMessages.random(using: &generator)
            #expect(try MeshCodec.decode(try Self.body(message)) == message, "seed \(seed)")
        }
    }

    @Test(arguments: SampleMessages.fixed)
    func `a part of a message is none, and nothing may follow one`(message: PeerMessage) throws {
        let bytes = Array(try Self.body(message).readableBytesView)
        for length in bytes.indices { #expect(Self.code(Array(bytes.prefix(length))) != nil, "\(length)") }
        #expect(Self.code(bytes + [0]) == .trailingBytes)
    }

    @Test func `tags and bytes stay what they are`() throws {
        #expect(
            Array(try Self.body(.detach(SessionDetach(handle: SampleMessages.handle))).readableBytesView)
                == [3, 0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10, 0xAC, 0x02])
        #expect(
            Array(try Self.body(.notMine(ShardClaims(terms: [SampleMessages.term]))).readableBytesView)
                == [15, 1, 0xFF, 0x07, 77] + [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77]
                + [0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF])
        #expect(
            Array(try Self.body(.ask(PeerCall(number: 128, question: .status))).readableBytesView)
                == [16, 0x80, 0x01, 4])
    }

    @Test func `payloads are slices of what was received`() throws {
        let json = ByteBuffer(repeating: 0x20, count: 100_000)
        let body = try Self.body(.reply(SessionReply(handle: SampleMessages.handle, ack: 1, json: json)))
        guard case .reply(let reply) = try MeshCodec.decode(body) else { return #expect(Bool(false)) }
        #expect(reply.json == json)
        #expect(reply.json.storageCapacity == body.storageCapacity)
    }

    @Test func `unknown tags, long forms, numbers and texts outside their range are refused`() throws {
        let zeros = [UInt8](repeating: 0, count: 8)
        #expect(Self.code([]) == .truncated)
        #expect(Self.code([0]) == .unknownMessage)
        #expect(Self.code([18] + zeros) == .unknownMessage)
        #expect(Self.code([255]) == .unknownMessage)
        #expect(Self.code([3] + zeros + [0x80, 0]) == .outOfRange, "a longer form of 0")
        #expect(Self.code([3] + zeros + [0xFF, 0xFF, 0xFF, 0xFF, 0x1F]) == .outOfRange, "more than 32 bits")
        #expect(Self.code([8] + zeros + [1, 5]) == .unknownTag, "an end of no kind")
        #expect(Self.code([7] + zeros + [1, 0, 5]) == .unknownTag, "a verdict of no kind")
        #expect(Self.code([7] + zeros + [1, 2]) == .outOfRange, "neither true nor false")
        #expect(Self.code([16, 1, 5]) == .unknownTag, "a question of no kind")
        #expect(Self.code([17, 1, 99, 0, 0]) == .outOfRange, "a status of two digits")
        #expect(Self.code([14, 1, 0x80, 0x08, 0] + zeros + zeros) == .outOfRange, "shard 1,024")
        #expect(Self.code([9, 100]) == .truncated, "more sessions than bytes")
        #expect(Self.code([9, 0xFF, 0xFF, 0x7F]) == .outOfRange, "more sessions than anybody has")
        #expect(Self.code([16, 1, 0, 7] + Array("abcdef2".utf8)) == .outOfRange, "a code that would be folded")
        #expect(Self.code([16, 1, 3, 2, 0xC3, 0x28]) == .outOfRange, "no UTF-8")
        #expect(
            Self.code([6] + zeros + [1, 0, 0xFF, 0xFF, 0xFF, 0x01]) == .truncated, "a payload longer than the frame")
    }

    @Test func `what could not be read is not sent`() {
        func code(_ message: PeerMessage) -> MeshCodecError.Code? {
            do throws(MeshCodecError) {
                _ = try MeshCodec.frame(message)
                return nil
            } catch { return error.code }
        }
        let (handle, json) = (SampleMessages.handle, ByteBuffer(string: "{}"))
        #expect(code(.chat(SessionChat(handle: handle, ack: -1, json: json))) == .outOfRange)
        let large = ByteBuffer(repeating: 0x20, count: Limits.meshFrameBytesMax)
        #expect(code(.chat(SessionChat(handle: handle, ack: 1, json: large))) == .oversized)
        #expect(code(.measure(SessionMeasure(sessions: Array(repeating: handle, count: 881)))) == .outOfRange)
        let long = String(repeating: "x", count: Limits.clientEventBytesMax + 1)
        #expect(
            code(
                .command(
                    SessionCommand(
                        handle: handle, number: 1, ack: nil, name: long, json: json, ageMs: 0, latencyMs: nil)))
                == .outOfRange)
        let head = HandOffFinal.Room(room: SampleMessages.room, head: JournalHead(number: 1, chain: [1]))
        #expect(code(.final(HandOffFinal(number: 1, terms: [], reason: .asked, rooms: [head]))) == .outOfRange)
        #expect(code(.answer(PeerAnswer(number: 1, status: 0, body: json))) == .outOfRange)
    }

    @Test func `a reason of a later version counts as asked`() throws {
        let final = PeerMessage.final(
            HandOffFinal(number: 1, terms: [SampleMessages.term], reason: .asked, rooms: []))
        var body = try Self.body(final)
        // The reason is followed by the number of rooms alone.
        body.setInteger(UInt8(200), at: body.writerIndex - 2)
        #expect(try MeshCodec.decode(body) == final)
    }

    @Test func `the largest of each list fits a frame`() throws {
        let room = HandOffFinal.Room(
            room: SampleMessages.room, head: JournalHead(number: Int64.max, chain: SampleMessages.chain))
        let rooms = Array(repeating: room, count: MeshBounds.roomsMax)
        let final = PeerMessage.final(
            HandOffFinal(
                number: 1, terms: Array(repeating: SampleMessages.term, count: MeshBounds.termsMax), reason: .asked,
                rooms: rooms))
        #expect(try MeshCodec.decode(try Self.body(final)) == final)
        let claims = PeerMessage.owns(
            ShardClaims(terms: Array(repeating: SampleMessages.term, count: MeshBounds.termsMax)))
        #expect(try MeshCodec.decode(try Self.body(claims)) == claims)
        let polled = PeerMessage.answer(
            PeerAnswer(
                number: 1, status: 200, body: ByteBuffer(repeating: 0x20, count: Limits.payloadBytesMax)))
        #expect(try MeshCodec.decode(try Self.body(polled)) == polled)
    }
}
