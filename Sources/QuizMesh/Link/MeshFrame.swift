import NIOCore
import QuizModel

/// What travels on a connection between nodes: four bytes with the length of the body, one with the kind, the body.
enum MeshFrame: Hashable, Sendable {
    /// The numbers never change their meaning.
    enum Kind: UInt8, CaseIterable {
        case hello = 1
        case proof = 2
        case refusal = 3
        case message = 4
        case ping = 5
        case pong = 6
        case credit = 7

        /// Checked before anything is kept for the body.
        var bodyBytes: ClosedRange<Int> {
            switch self {
            case .hello: 0...Limits.meshHelloBytesMax - MeshFrame.headerBytes
            case .proof: MeshTranscript.proofBytes...MeshTranscript.proofBytes
            case .refusal: 1...1
            case .message: 1...Limits.meshFrameBytesMax - MeshFrame.headerBytes
            case .ping, .pong: 8...8
            case .credit: 4...4
            }
        }
    }

    static let headerBytes = 5

    case hello(MeshHello)
    /// 32 bytes.
    case proof([UInt8])
    case refusal(MeshRefusal)
    /// The body of a message; see `MeshCodec`.
    case message(ByteBuffer)
    case ping(UInt64)
    /// Repeats the ping's number.
    case pong(UInt64)
    /// Whoever gets it may send so many bytes of messages more, their headers included.
    case credit(UInt32)

    var kind: Kind {
        switch self {
        case .hello: .hello
        case .proof: .proof
        case .refusal: .refusal
        case .message: .message
        case .ping: .ping
        case .pong: .pong
        case .credit: .credit
        }
    }

    /// The whole frame.
    func bytes() -> ByteBuffer {
        var writer = MeshWriter(capacity: 64)
        writer.fixed32(0)
        writer.byte(kind.rawValue)
        switch self {
        case .hello(let hello): hello.write(to: &writer)
        case .proof(let proof): writer.fixed(proof, count: MeshTranscript.proofBytes, "proof")
        case .refusal(let reason): writer.byte(reason.number)
        case .message(var body): writer.raw(&body)
        case .ping(let number), .pong(let number): writer.fixed64(number)
        case .credit(let bytes): writer.fixed32(bytes)
        }
        writer.overwrite32(UInt32(writer.buffer.readableBytes - Self.headerBytes), at: 0)
        return writer.buffer
    }

    init(_ kind: Kind, body: ByteBuffer) throws(MeshCodecError) {
        var reader = MeshReader(body)
        switch kind {
        case .hello: self = .hello(try MeshHello(from: &reader))
        case .proof: self = .proof(try reader.fixed(MeshTranscript.proofBytes, "proof"))
        case .refusal: self = .refusal(MeshRefusal(number: try reader.byte("refusal")))
        case .message:
            self = .message(body)
            return
        case .ping: self = .ping(try reader.integer("ping"))
        case .pong: self = .pong(try reader.integer("pong"))
        case .credit: self = .credit(try reader.integer("credit"))
        }
        try reader.end("frame \(kind)")
    }
}

/// Cuts received bytes into frames.
///
/// Keeps at most one unfinished frame, whose length has been found acceptable, and what came in one read behind it.
/// Bodies are slices of what was read: who keeps a small one for long copies it, or keeps its neighbours too.
struct MeshFrameReader {
    struct Read: Equatable {
        var frame: MeshFrame
        /// With its header.
        var bytes: Int
    }

    /// Once whoever sends has proved who it is. Before, all frames together are bounded by `Limits.meshHelloBytesMax`.
    var isProven = false

    private var unprovenBytes = 0
    private var buffer: ByteBuffer?

    mutating func append(_ bytes: ByteBuffer) {
        guard var kept = buffer else {
            buffer = bytes
            return
        }
        buffer = nil
        // Payloads handed out may still share this memory; only the unread rest is copied then.
        kept.discardReadBytes()
        kept.writeImmutableBuffer(bytes)
        buffer = kept
    }

    /// - Throws: `oversized` or `unknownTag` for a header that is not acceptable, else what is wrong with the frame. The
    ///   connection cannot be read any further.
    /// - Returns: nil until more bytes have come.
    mutating func next() throws(MeshCodecError) -> Read? {
        guard let header = buffer, let length = header.getInteger(at: header.readerIndex, as: UInt32.self) else {
            return nil
        }
        let bytes = MeshFrame.headerBytes + Int(length)
        if !isProven, unprovenBytes + bytes > Limits.meshHelloBytesMax {
            throw MeshCodecError(.oversized, "\(bytes) bytes without a proof")
        }
        guard let number = header.getInteger(at: header.readerIndex + 4, as: UInt8.self) else { return nil }
        guard let kind = MeshFrame.Kind(rawValue: number) else {
            throw MeshCodecError(.unknownTag, "frame of kind \(number)")
        }
        guard kind.bodyBytes.contains(Int(length)) else {
            throw MeshCodecError(
                Int(length) > kind.bodyBytes.upperBound ? .oversized : .truncated, "\(kind) of \(length) bytes")
        }
        guard header.readableBytes >= bytes, var whole = buffer?.readSlice(length: bytes) else { return nil }
        whole.moveReaderIndex(forwardBy: MeshFrame.headerBytes)
        if buffer?.readableBytes == 0 { buffer = nil }
        if !isProven { unprovenBytes += bytes }
        return Read(frame: try MeshFrame(kind, body: whole), bytes: bytes)
    }
}
