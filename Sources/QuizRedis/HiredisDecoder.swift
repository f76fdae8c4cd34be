import CHiredis
import NIOCore

/// hiredis' reader as the decoding half of a channel: bytes in, replies out.
///
/// It has no socket, no thread and no `redisContext`. hiredis 0.14 reads arrays to a depth of 7 and no RESP3, so nobody
/// may send `HELLO 3`. It allocates what an array's header promises (8 bytes an element) before the elements are there;
/// only Redis itself can send such a header, and the stall limit of ``RedisClientCore`` ends the wait for it.
final class HiredisDecoder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = RedisReply

    private var reader: UnsafeMutablePointer<redisReader>?
    private let replyBytesMax: Int

    /// - Parameter replyBytesMax: bytes of an unfinished reply this connection is willing to hold; hiredis has no bound
    ///   of its own.
    init(replyBytesMax: Int) { self.replyBytesMax = replyBytesMax }

    func handlerAdded(context: ChannelHandlerContext) { reader = redisReaderCreate() }

    func handlerRemoved(context: ChannelHandlerContext) {
        if let reader { redisReaderFree(reader) }
        reader = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let reader else { return }
        let fed = Self.unwrapInboundIn(data).withUnsafeReadableBytes {
            redisReaderFeed(reader, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
        }
        guard fed == REDIS_OK else { return fail(context, "The reader is out of memory or has failed before.") }
        while true {
            var raw: UnsafeMutableRawPointer?
            guard redisReaderGetReply(reader, &raw) == REDIS_OK else {
                let sentence = withUnsafeBytes(of: reader.pointee.errstr) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                return fail(context, sentence)
            }
            guard let raw else { break }
            let reply = Self.convert(raw.assumingMemoryBound(to: redisReply.self))
            freeReplyObject(raw)
            context.fireChannelRead(Self.wrapInboundOut(reply))
            // The reply's receiver may have closed the channel, which removed this handler and freed the reader.
            if self.reader == nil { return }
        }
        if reader.pointee.len - reader.pointee.pos > replyBytesMax {
            fail(context, "A reply is longer than \(replyBytesMax) bytes.")
        }
    }

    private func fail(_ context: ChannelHandlerContext, _ sentence: String) {
        context.fireErrorCaught(RedisFailure(.protocolViolation, sentence))
        context.close(promise: nil)
    }

    private static func convert(_ reply: UnsafeMutablePointer<redisReply>) -> RedisReply {
        let value = reply.pointee
        let bytes = UnsafeRawBufferPointer(start: value.str, count: value.str == nil ? 0 : Int(value.len))
        switch value.type {
        case REDIS_REPLY_STRING: return .string(Array(bytes))
        case REDIS_REPLY_INTEGER: return .integer(value.integer)
        case REDIS_REPLY_STATUS: return .status(String(decoding: bytes, as: UTF8.self))
        case REDIS_REPLY_ERROR: return .error(String(decoding: bytes, as: UTF8.self))
        case REDIS_REPLY_ARRAY:
            return .array((0..<Int(value.elements)).map { value.element[$0].map(convert) ?? .null })
        default: return .null
        }
    }
}
