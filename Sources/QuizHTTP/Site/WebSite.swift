internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import QuizModel

/// Serves the web client where no operation of the API answers: its files by name, its page for its own paths.
struct WebSite: RouterMiddleware {
    typealias Context = QuizRequestContext

    let files: WebFiles
    let rooms: any RoomDirectory
    let settings: APISettings

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as any HTTPResponseError where error.status == .notFound {
            guard request.method == .get || request.method == .head, let response = await answer(to: request) else {
                throw error
            }
            return request.method == .head ? response.createHeadResponse() : response
        }
    }

    /// Nil: this is not the site's path.
    private func answer(to request: Request) async -> Response? {
        let path = request.uri.path
        let first = path.split(separator: "/").first
        guard first != "api", first != "health", first != "socket.io" else { return nil }
        if path != "/index.html", let file = files.files[path] { return Self.serve(file, to: request) }
        let origin = settings.origins.first
        switch ClientRoute(path) {
        case .room(let code?): return page(.ok, .room(await rooms.find(code), origin: origin), request)
        case .room(nil): return page(.ok, .room(nil, origin: origin), request)
        case .operators: return page(.ok, .operators, request)
        case .known: return page(.ok, .product(origin: origin), request)
        case nil:
            let takesPage = request.headers[values: .accept].contains { $0.contains("text/html") }
            return takesPage ? page(.notFound, .missing, request) : nil
        }
    }

    /// The page is made anew for every request and small, so it goes out as it is.
    private func page(_ status: HTTPResponse.Status, _ head: PageHead, _ request: Request) -> Response {
        let isDisplay = request.uri.path.hasSuffix("/display")
        let text = files.template.page(with: head, screen: isDisplay ? "display" : nil)
        let tag = "\"\(WebFiles.fingerprint(of: text.utf8))\""
        let headers: HTTPFields = [
            .contentType: "text/html; charset=utf-8", .cacheControl: "no-cache", .eTag: tag,
        ]
        if status == .ok, Self.knows(tag, request) { return Response(status: .notModified, headers: headers) }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private static func knows(_ tag: String, _ request: Request) -> Bool {
        request.headers[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }
            .map { $0.trimmingPrefix(while: { $0 == " " }).trimmingPrefix("W/") }
            .contains { $0 == tag }
    }

    private static func serve(_ file: WebFiles.File, to request: Request) -> Response {
        var headers: HTTPFields = [
            .contentType: file.contentType, .eTag: file.tag, .vary: "Accept-Encoding",
            .cacheControl: file.isHashed ? "public, max-age=31536000, immutable" : "no-cache",
        ]
        if knows(file.tag, request) { return Response(status: .notModified, headers: headers) }
        let accepted = AcceptedEncodings(request.headers[values: .acceptEncoding])
        var bytes = file.plain
        if let brotli = file.brotli, accepted.allows("br") {
            bytes = brotli
            headers[.contentEncoding] = "br"
        } else if let gzip = file.gzip, accepted.allows("gzip") {
            bytes = gzip
            headers[.contentEncoding] = "gzip"
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: bytes))
    }
}

/// The paths that the web client draws by itself; the same list as in its router.
enum ClientRoute: Hashable {
    case known
    /// The operators' page: for nobody's search.
    case operators
    /// A room or its display; nil: not the form of a code.
    case room(RoomCode?)

    init?(_ path: String) {
        let parts = path.split(separator: "/").map(String.init)
        switch (parts.first, parts.count) {
        case (nil, _), ("index.html", 1), ("history", 1), ("settings", 1), ("licences", 1), ("games", 2):
            self = .known
        case ("admin", 1): self = .operators
        case ("r", 2): self = .room(RoomCode(parts[1]))
        case ("r", 3) where parts[2] == "display": self = .room(RoomCode(parts[1]))
        default: return nil
        }
    }
}

/// `Accept-Encoding` (RFC 9110, section 12.5.3), as far as a choice among stored encodings needs it.
struct AcceptedEncodings {
    private var allowed: [String: Bool] = [:]

    init(_ headers: [String]) {
        for item in headers.flatMap({ $0.lowercased().split(separator: ",") }) {
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " } }
            guard let name = parts.first else { continue }
            let isZero = parts.dropFirst().contains { $0.hasPrefix("q=") && Double($0.dropFirst(2)) == 0 }
            allowed[String(name)] = !isZero
        }
    }

    func allows(_ name: String) -> Bool { allowed[name] ?? allowed["*"] ?? false }
}
