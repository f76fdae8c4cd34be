internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import QuizModel
internal import QuizWire

/// Turns whatever goes wrong into an `ErrorResponse` with the right status.
struct ErrorAnswers: RouterMiddleware {
    typealias Context = QuizRequestContext

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let rejection as Rejection {
            return Self.answer(rejection, status: rejection.code.httpStatus)
        } catch let refusal as HTTPRefusal {
            return Self.answer(refusal.rejection, status: refusal.status, headers: refusal.headers)
        } catch let error as any HTTPResponseError {
            return Self.answer(to: error, request)
        } catch let error as ChannelError {
            throw error  // nobody is there to be answered
        } catch let error as CancellationError {
            throw error
        } catch {
            context.logger.error("A request failed in a way that is not foreseen.", metadata: ["error": "\(error)"])
            return Self.answer(Rejection(.busy), status: 500)
        }
    }

    private static func answer(to error: any HTTPResponseError, _ request: Request) -> Response {
        if error.status == .notFound {
            let verbs = APIRoute.verbs(at: request.uri.path)
            guard !verbs.isEmpty else { return answer(Rejection(.notFound), status: 404) }
            let allowed = verbs.flatMap { $0 == .get ? ["GET", "HEAD"] : [$0.rawValue] } + ["OPTIONS"]
            let headers: HTTPFields = [.allow: allowed.joined(separator: ", ")]
            if request.method == .options { return Response(status: .noContent, headers: headers) }
            let sentence = "Only \(allowed.joined(separator: ", ")) here."
            return answer(Rejection(.invalid, message: sentence), status: 405, headers: headers)
        }
        let code: ErrorCode = error.status.kind == .serverError ? .busy : .invalid
        return answer(Rejection(code), status: error.status.code)
    }

    static func answer(_ rejection: Rejection, status: Int, headers: HTTPFields = HTTPFields()) -> Response {
        var headers = headers
        headers[.contentType] = "application/json; charset=utf-8"
        headers[.cacheControl] = "no-store"
        if status == 401 { headers[.wwwAuthenticate] = "Bearer" }
        if case .after(let milliseconds) = rejection.retry, status == 429 || status == 503 {
            headers[.retryAfterSeconds] = String(max(1, (milliseconds + 999) / 1_000))
        }
        guard let body = try? WireJSON.buffer(ErrorResponse(rejection)) else {  // texts and numbers always encode
            return Response(status: HTTPResponse.Status(code: status), headers: headers)
        }
        return Response(
            status: HTTPResponse.Status(code: status), headers: headers, body: ResponseBody(byteBuffer: body))
    }
}

extension APIRoute {
    /// The methods of the operations at a path; empty: no operation has this path.
    static func verbs(at path: String) -> [HTTPVerb] {
        let asked = path.split(separator: "/")
        return allCases.map(\.endpoint).filter { endpoint in
            let own = endpoint.path.split(separator: "/")
            return own.count == asked.count && zip(own, asked).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }.map(\.verb)
    }
}
