internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import QuizModel
internal import QuizWire

extension QuizAPI {
    typealias Handler<Body: WirePayload, Answer: WirePayload> =
        @Sendable (Body, APICall) async throws(Rejection) -> APIReply<Answer>

    /// Puts a handler behind an endpoint; both must speak of the same types.
    ///
    /// - Parameter computes: its work may keep a processor busy for a millisecond or more, so it is not done on the
    ///   connection's loop, where rooms play.
    func bind<Body: WirePayload, Answer: WirePayload>(
        _ endpoint: Endpoint<Body, Answer>, on router: Router<QuizRequestContext>, computes: Bool = false,
        to handler: @escaping Handler<Body, Answer>
    ) {
        guard let method = HTTPRequest.Method(endpoint.verb.rawValue) else {
            preconditionFailure("Every verb is a method.")
        }
        let settings = settings
        let respond: @Sendable (Request, QuizRequestContext) async throws -> Response = { request, context in
            let body = try await Self.body(of: request, for: endpoint)
            let reply = try await handler(body, APICall(request: request, context: context, settings: settings))
            var headers = reply.headers
            headers[.cacheControl] = "no-store"
            let status = HTTPResponse.Status(code: reply.status ?? endpoint.status)
            guard endpoint.hasResponseBody else { return Response(status: status, headers: headers) }
            headers[.contentType] = "application/json; charset=utf-8"
            let json = try reply.json ?? WireJSON.buffer(reply.body)
            return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: json))
        }
        router.on(RouterPath(endpoint.path), method: method) { request, context in
            guard computes else { return try await respond(request, context) }
            return try await withTaskExecutorPreference(globalConcurrentExecutor) {
                try await respond(request, context)
            }
        }
    }

    private static func body<Body: WirePayload, Answer: WirePayload>(
        of request: Request, for endpoint: Endpoint<Body, Answer>
    ) async throws -> Body {
        if let nothing = NoBody() as? Body { return nothing }
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > bodyBytesMax {
            throw HTTPRefusal.tooLarge
        }
        let bytes: ByteBuffer
        do {
            bytes = try await request.body.collect(upTo: bodyBytesMax)
        } catch is NIOTooManyBytesError {
            throw HTTPRefusal.tooLarge
        }
        if bytes.readableBytes == 0, endpoint.isBodyOptional {
            return try WireJSON.decode(Body.self, from: Array("{}".utf8))
        }
        let type = request.headers[.contentType]?.split(separator: ";").first?.lowercased()
        guard type?.split(separator: " ").joined() == "application/json" else { throw HTTPRefusal.notJSON }
        return try WireJSON.decode(Body.self, from: bytes)
    }
}

/// A refusal whose status is not its code's.
struct HTTPRefusal: Error, Sendable {
    var status: Int
    var rejection: Rejection
    var headers = HTTPFields()

    static let tooLarge = HTTPRefusal(
        status: 413, rejection: Rejection(.invalid, message: "The body is larger than \(QuizAPI.bodyBytesMax) bytes."))
    static let notJSON = HTTPRefusal(
        status: 415, rejection: Rejection(.invalid, message: "The body must be `application/json`."))
}
