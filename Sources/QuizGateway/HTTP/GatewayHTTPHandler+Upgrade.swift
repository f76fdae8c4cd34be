import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import QuizWire

/// The handlers that turn bytes into requests; taken out when the connection becomes a WebSocket.
struct HTTPCodecHandlers {
    let encoder: HTTPResponseEncoder
    let decoder: ByteToMessageHandler<HTTPRequestDecoder>
}

/// The WebSocket handshake (RFC 6455, section 4.2), at any request of a connection.
extension GatewayHTTPHandler {
    private static let magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    func upgrade(_ context: ChannelHandlerContext, _ request: GatewayRequest) {
        if let refusal = handshakeFault(request) { return refuse(context, request, refusal) }
        let receiver: any WebSocketReceiver
        switch service {
        case .webSocket(_, let make): receiver = make()
        case .engineIO(let server):
            switch server.receiver(for: request, loop: loop) {
            case .success(let found): receiver = found
            case .failure(let refusal): return refuse(context, request, .refusal(refusal))
            }
        }
        let agreement =
            configuration.compresses ? PerMessageDeflate.negotiate(request.headers["sec-websocket-extensions"]) : nil
        accept(context, request, agreement)
        let socket = WebSocketHandler(
            loop: loop, configuration: configuration, agreement: agreement, isEncrypted: isEncrypted,
            receiver: receiver)
        let pipeline = context.pipeline.syncOperations
        finish()
        removeHTTP(context)
        do {
            try pipeline.addHandler(socket, position: .after(self))
        } catch {
            return context.close(promise: nil)
        }
        pipeline.removeHandler(codec.encoder, promise: nil)
        pipeline.removeHandler(self, promise: nil)
        // Last, and done by the decoder in a later task: what the client sent behind its request goes on from there.
        pipeline.removeHandler(codec.decoder, promise: nil)
    }

    /// - Returns: the answer to a handshake that is none.
    private func handshakeFault(_ request: GatewayRequest) -> HTTPReply? {
        guard request.headers[canonicalForm: "sec-websocket-version"].contains("13") else {
            return .empty(.upgradeRequired, headers: ["Sec-WebSocket-Version": "13"])
        }
        let keys = request.headers["sec-websocket-key"]
        guard request.method == .GET, keys.count == 1, Data(base64Encoded: keys[0])?.count == 16 else {
            return .refusal(.badRequest)
        }
        return nil
    }

    private func accept(_ context: ChannelHandlerContext, _ request: GatewayRequest, _ agreement: PerMessageDeflate?) {
        let key = request.headers.first(name: "sec-websocket-key") ?? ""
        let digest = Insecure.SHA1.hash(data: Data((key + Self.magic).utf8))
        var headers: HTTPHeaders = [
            "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Accept": Data(digest).base64EncodedString(),
        ]
        if let agreement { headers.add(name: "Sec-WebSocket-Extensions", value: agreement.response) }
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func refuse(_ context: ChannelHandlerContext, _ request: GatewayRequest, _ reply: HTTPReply) {
        exchange = .answering(request, PendingReply(eventLoop: context.eventLoop))
        write(context, reply, to: request)
    }
}
