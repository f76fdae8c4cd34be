package import NIOCore
import NIOHTTP1
package import QuizCluster
import QuizWire

/// Requests of long-polling sessions that reach another node than the one they live on; see `PollForwarder`.
extension EngineIOServer: PollServer {
    /// Passes a request for a session that is not here on to the node that has it.
    func forward(_ request: GatewayRequest, sid: String, body: ByteBuffer, reply: PendingReply) {
        guard let forwarder = configuration.forwarder, let owner = forwarder.owner(of: sid) else {
            return reply.succeed(.refusal(.unknownSession))
        }
        let passed = PolledRequest(
            method: request.method.rawValue, uri: request.uri,
            headers: request.headers.filter { Self.passedHeaders.contains($0.name.lowercased()) }.map {
                PolledRequest.Pair(name: $0.name, value: $0.value)
            }, body: body, remoteAddress: request.client.remoteAddress)
        if request.method == .GET { reply.whenAborted { forwarder.abort(passed, at: owner) } }
        forwarder.forward(passed, to: owner).whenSuccess { answer in
            guard let answer else { return reply.succeed(.refusal(.unknownSession)) }
            var headers = HTTPHeaders()
            for header in answer.headers { headers.add(name: header.name, value: header.value) }
            reply.succeed(
                HTTPReply(status: HTTPResponseStatus(statusCode: answer.status), headers: headers, body: answer.body))
        }
    }

    /// What the answer depends on.
    private static let passedHeaders: Set = ["content-type", "origin", "host"]

    package func respond(
        to request: PolledRequest,
        done: @escaping @Sendable (_ status: Int, _ headers: [PolledRequest.Pair], _ body: ByteBuffer) -> Void
    ) {
        var headers = HTTPHeaders()
        for header in request.headers { headers.add(name: header.name, value: header.value) }
        let method = HTTPMethod(rawValue: request.method)
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: request.uri, headers: headers)
        let read = GatewayRequest(head, peer: nil, isEncrypted: false, configuration: configuration)
        guard let sid = read.query["sid"], let connection = sessions[sid] else {
            return done(400, [], ByteBuffer(string: EngineRefusal.unknownSession.json))
        }
        if request.method == PollForwarder.abort {
            connection.eventLoop.execute { connection.close(.transportClosed) }
            return done(200, [], ByteBuffer())
        }
        let reply = PendingReply(eventLoop: connection.eventLoop)
        reply.future.whenComplete { result in
            switch result {
            case .success(let answer):
                let pairs = answer.headers.map { PolledRequest.Pair(name: $0.name, value: $0.value) }
                done(Int(answer.status.code), pairs, answer.body)
            case .failure: done(400, [], ByteBuffer(string: EngineRefusal.badRequest.json))
            }
        }
        connection.eventLoop.execute {
            switch method {
            case .GET: connection.poll(reply)
            case .POST where read.headers["content-type"].first != "application/octet-stream":
                connection.post(request.body, reply)
            default: reply.succeed(.refusal(.badRequest))
            }
        }
    }
}
