import NIOCore
import QuizCluster
import QuizModel
import Testing

@testable import QuizMesh

@Suite struct MeshFrameTests {
    static let hello = MeshHello(
        versions: 1...3, cluster: "kitchen", incarnation: Incarnation(value: 1), name: "node-1",
        nonce: Array(repeating: 7, count: 32))
    static let frames: [MeshFrame] = [
        .hello(hello), .proof(Array(0..<32)), .refusal(.version), .refusal(.other), .ping(UInt64.max), .pong(0),
        .credit(UInt32.max), .message(ByteBuffer(bytes: [1, 2, 3])),
    ]

    private func read(_ bytes: ByteBuffer, isProven: Bool = true) throws -> [MeshFrame] {
        var reader = MeshFrameReader()
        reader.isProven = isProven
        reader.append(bytes)
        var frames: [MeshFrame] = []
        while let read = try reader.next() { frames.append(read.frame) }
        return frames
    }

    private func code(_ bytes: [UInt8], isProven: Bool = true) -> MeshCodecError.Code? {
        do {
            _ = try read(ByteBuffer(bytes: bytes), isProven: isProven)
            return nil
        } catch let error as MeshCodecError { return error.code } catch { return nil }
    }

    @Test func `frames come back however their bytes arrive`() throws {
        var all = ByteBuffer()
        for frame in Self.frames { all.writeImmutableBuffer(frame.bytes()) }
        #expect(try read(all) == Self.frames)
        for step in [1, 2, 3, 7, 64] {
            var reader = MeshFrameReader()
            reader.isProven = true
            var frames: [MeshFrame] = []
            var rest = all
            while rest.readableBytes > 0 {
                reader.append(rest.readSlice(length: min(step, rest.readableBytes)) ?? ByteBuffer())
                while let read = try reader.next() {
                    frames.append(read.frame)
                    #expect(read.bytes == read.frame.bytes().readableBytes)
                }
            }
            #expect(frames == Self.frames, "\(step) bytes at a time")
        }
    }

    @Test func `a payload outlives the buffer it came in`() throws {
        var reader = MeshFrameReader()
        reader.isProven = true
        let first = MeshFrame.message(ByteBuffer(string: "first")).bytes()
        var both = first
        both.writeImmutableBuffer(MeshFrame.message(ByteBuffer(string: "second")).bytes())
        reader.append(both.getSlice(at: 0, length: first.readableBytes + 3) ?? both)
        let kept = try reader.next()?.frame
        reader.append(
            both.getSlice(at: first.readableBytes + 3, length: both.readableBytes - first.readableBytes - 3) ?? both)
        #expect(try reader.next()?.frame == .message(ByteBuffer(string: "second")))
        #expect(kept == .message(ByteBuffer(string: "first")))
    }

    @Test func `a length is judged before its bytes are waited for`() {
        #expect(code([0, 0x40, 0, 0, 4]) == .oversized, "4 MiB and a header")
        #expect(code([0xFF, 0xFF, 0xFF, 0xFF, 4]) == .oversized)
        #expect(code([0, 0x3F, 0xFF, 0xFB, 4]) == nil, "the longest message")
        #expect(code([0, 0, 0, 0, 4]) == .truncated, "a message of no bytes")
        #expect(code([0, 0, 0, 9, 5]) == .oversized, "a ping of nine bytes")
        #expect(code([0, 0, 0, 7, 6]) == .truncated, "a pong of seven")
        #expect(code([0, 0, 0, 1, 0]) == .unknownTag)
        #expect(code([0, 0, 0, 1, 8]) == .unknownTag)
    }

    @Test func `without a proof there are 1,024 bytes in all`() {
        #expect(code([0, 0, 3, 0xFC, 1], isProven: false) == .oversized)
        let ping = Array(MeshFrame.ping(1).bytes().readableBytesView)
        #expect(code(Array(repeating: ping, count: 78).flatMap { $0 }, isProven: false) == nil)
        #expect(code(Array(repeating: ping, count: 79).flatMap { $0 }, isProven: false) == .oversized)
        #expect(code(Array(repeating: ping, count: 79).flatMap { $0 }) == nil)
    }

    @Test func `the longest hello and a proof fit into them`() {
        let name = String(repeating: "x", count: 255)
        let hello = MeshHello(
            versions: 0...255, cluster: name, incarnation: Incarnation(value: 1), name: name,
            nonce: Array(repeating: 7, count: 32))
        let bytes = MeshFrame.hello(hello).bytes().readableBytes + MeshFrame.proof(Array(0..<32)).bytes().readableBytes
        #expect(bytes <= Limits.meshHelloBytesMax)
    }

    @Test func `hellos that are none are refused`() {
        let good = Array(MeshFrame.hello(Self.hello).bytes().readableBytesView)
        #expect(code(good, isProven: false) == nil)
        for index in 0..<good.count - 5 {
            let cut = [0, 0, 0, UInt8(index), 1] + good[5..<5 + index]
            #expect(code(Array(cut), isProven: false) == .truncated)
        }
        #expect(code([0, 0, 0, good[3] + 1] + good[4...] + [0], isProven: false) == .trailingBytes)
        var other = good
        other[5] = 0x47
        #expect(code(other) == .unknownTag)
        other = good
        other[9] = 4
        #expect(code(other) == .outOfRange, "versions 4 to 3")
    }

    @Test func `reasons keep their numbers, and an unknown one is a reason`() {
        #expect(MeshRefusal.allCases.map(\.number) == [1, 2, 3, 4, 5, 6, 7] + Array(repeating: 0, count: 8))
        for reason in MeshRefusal.allCases where reason.number > 0 {
            #expect(MeshRefusal(number: reason.number) == reason)
        }
        #expect(MeshRefusal(number: 0) == .other)
        #expect(MeshRefusal(number: 200) == .other)
    }

    @Test func `a proof is of one role, one connection, one secret`() throws {
        let secret = try #require(MeshSecret(Array(repeating: 1, count: 32)))
        let other = try #require(MeshSecret(Array(repeating: 2, count: 32)))
        #expect(MeshSecret(Array(repeating: 1, count: 31)) == nil)
        #expect(!"\(secret)".contains("1"))
        var peer = Self.hello
        peer.incarnation = Incarnation(value: 2)
        let transcript = MeshTranscript(dialer: Self.hello, acceptor: peer, version: 3)
        let proof = transcript.proof(of: .dialer, by: secret)
        #expect(proof.count == 32)
        #expect(transcript.isProof(proof, of: .dialer, by: secret))
        #expect(!transcript.isProof(proof, of: .acceptor, by: secret))
        #expect(!transcript.isProof(proof, of: .dialer, by: other))
        var changed = transcript
        changed.acceptor.nonce[0] ^= 1
        #expect(!changed.isProof(proof, of: .dialer, by: secret))
        changed = transcript
        changed.dialer.versions = 1...4
        #expect(!changed.isProof(proof, of: .dialer, by: secret))
        changed = transcript
        changed.version = 2
        #expect(!changed.isProof(proof, of: .dialer, by: secret))
        changed = MeshTranscript(dialer: peer, acceptor: Self.hello, version: 3)
        #expect(!changed.isProof(proof, of: .dialer, by: secret))
        #expect(!transcript.isProof([], of: .dialer, by: secret))
    }
}
