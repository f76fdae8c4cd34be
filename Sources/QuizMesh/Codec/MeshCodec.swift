package import NIOCore
package import QuizCluster

/// Messages between nodes as bytes.
///
/// A message is one byte that says which it is, and its fields in the order of their declaration. The numbers below never
/// change their meaning and are never used again. Inside a known message everything is strict: an unknown tag, a value
/// out of range, text that is not UTF-8, a byte too few or too many make it unreadable. A *message* whose number is
/// unknown is a different matter: a peer that speaks a newer version may have messages of its own, which
/// `MeshLinkMachine` skips. What an older version must understand is therefore never a new field of an old message.
package enum MeshCodec {
    /// - Throws: `outOfRange` with the field's name when a value is outside what may be sent, `oversized` when the message
    ///   does not fit into a frame.
    /// - Returns: a whole frame.
    package static func frame(_ message: PeerMessage) throws(MeshCodecError) -> ByteBuffer {
        var writer = MeshWriter(capacity: MeshFrame.headerBytes + message.bytesExpected)
        writer.fixed32(0)
        writer.byte(MeshFrame.Kind.message.rawValue)
        writer.byte(message.tag)
        message.write(to: &writer)
        if let fault = writer.fault { throw fault }
        let length = writer.buffer.readableBytes - MeshFrame.headerBytes
        guard length <= MeshFrame.Kind.message.bodyBytes.upperBound else {
            throw MeshCodecError(.oversized, "message \(message.tag), \(length) bytes")
        }
        writer.overwrite32(UInt32(length), at: 0)
        return writer.buffer
    }

    /// - Parameter body: of a frame with a message.
    /// - Throws: `unknownMessage` for a number without a meaning; else what is wrong with the message.
    package static func decode(_ body: ByteBuffer) throws(MeshCodecError) -> PeerMessage {
        var reader = MeshReader(body)
        let message = try PeerMessage(from: &reader)
        try reader.end("message \(message.tag)")
        return message
    }
}

extension PeerMessage {
    var tag: UInt8 {
        switch self {
        case .attach: 1
        case .command: 2
        case .detach: 3
        case .chat: 4
        case .event: 5
        case .reply: 6
        case .attached: 7
        case .ended: 8
        case .measure: 9
        case .prepare: 10
        case .prepared: 11
        case .final: 12
        case .finished: 13
        case .owns: 14
        case .notMine: 15
        case .ask: 16
        case .answer: 17
        }
    }

    fileprivate init(from reader: inout MeshReader) throws(MeshCodecError) {
        switch try reader.byte("message") {
        case 1: self = .attach(try SessionAttach(from: &reader))
        case 2: self = .command(try SessionCommand(from: &reader))
        case 3: self = .detach(SessionDetach(handle: try SessionHandle(from: &reader, "detach.handle")))
        case 4: self = .chat(try SessionChat(from: &reader))
        case 5: self = .event(try SessionsEvent(from: &reader))
        case 6: self = .reply(try SessionReply(from: &reader))
        case 7: self = .attached(try SessionAttached(from: &reader))
        case 8: self = .ended(try SessionEnded(from: &reader))
        case 9: self = .measure(try SessionMeasure(from: &reader))
        case 10: self = .prepare(try HandOffPrepare(from: &reader))
        case 11: self = .prepared(try HandOffPrepared(from: &reader))
        case 12: self = .final(try HandOffFinal(from: &reader))
        case 13: self = .finished(try HandOffFinished(from: &reader))
        case 14: self = .owns(ShardClaims(terms: try reader.terms("owns.terms")))
        case 15: self = .notMine(ShardClaims(terms: try reader.terms("notMine.terms")))
        case 16: self = .ask(try PeerCall(from: &reader))
        case 17: self = .answer(try PeerAnswer(from: &reader))
        case let tag: throw MeshCodecError(.unknownMessage, "message \(tag)")
        }
    }

    fileprivate func write(to writer: inout MeshWriter) {
        switch self {
        case .attach(let attach): attach.write(to: &writer)
        case .command(let command): command.write(to: &writer)
        case .detach(let detach): detach.handle.write(to: &writer)
        case .chat(let chat): chat.write(to: &writer)
        case .event(let event): event.write(to: &writer)
        case .reply(let reply): reply.write(to: &writer)
        case .attached(let attached): attached.write(to: &writer)
        case .ended(let ended): ended.write(to: &writer)
        case .measure(let measure): measure.write(to: &writer)
        case .prepare(let prepare): prepare.write(to: &writer)
        case .prepared(let prepared): prepared.write(to: &writer)
        case .final(let final): final.write(to: &writer)
        case .finished(let finished): finished.write(to: &writer)
        case .owns(let claims): writer.terms(claims.terms, "owns.terms")
        case .notMine(let claims): writer.terms(claims.terms, "notMine.terms")
        case .ask(let call): call.write(to: &writer)
        case .answer(let answer): answer.write(to: &writer)
        }
    }

    /// A guess that spares growing the buffer.
    fileprivate var bytesExpected: Int {
        switch self {
        case .attach(let attach):
            if case .join(let json, _, _) = attach.kind { 128 + json.readableBytes } else { 192 }
        case .command(let command): 96 + command.json.readableBytes
        case .chat(let chat): 32 + chat.json.readableBytes
        case .event(let event): 128 + 14 * event.sessions.count + event.json.readableBytes
        case .reply(let reply): 32 + reply.json.readableBytes
        case .measure(let measure): 16 + 14 * measure.sessions.count
        case .final(let final): 64 + 58 * final.rooms.count
        case .owns(let claims), .notMine(let claims): 8 + 24 * claims.terms.count
        case .answer(let answer): 256 + answer.body.readableBytes
        case .ask(let call):
            if case .poll(let request) = call.question { 1_024 + request.body.readableBytes } else { 512 }
        case .detach, .attached, .ended, .prepare, .prepared, .finished: 64
        }
    }
}
