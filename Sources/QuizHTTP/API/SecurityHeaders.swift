internal import HTTPTypes
internal import Hummingbird
internal import QuizWire

/// Headers that tell browsers what the answer may do. Pages get the policy under which the web client runs, everything
/// else one that allows nothing.
struct SecurityHeaders: RouterMiddleware {
    typealias Context = QuizRequestContext

    private let always: [HTTPField]
    private let pagePolicy: String

    init(settings: APISettings) {
        var always = [
            HTTPField(name: .xContentTypeOptions, value: "nosniff"),
            HTTPField(name: .xFrameOptions, value: "DENY"),
            HTTPField(name: .referrerPolicy, value: "same-origin"),
            HTTPField(name: .openerPolicy, value: "same-origin"),
            HTTPField(name: .resourcePolicy, value: "same-origin"),
            HTTPField(
                name: .permissionsPolicy, value: "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        ]
        if settings.isSecure {
            always.append(HTTPField(name: .strictTransportSecurity, value: "max-age=31536000"))
        }
        self.always = always
        pagePolicy = ContentPolicy.page(settings)
    }

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        let policy = ContentPolicy.policy(for: response.headers[.contentType] ?? "", page: pagePolicy)
        response.headers.append(HTTPField(name: .contentSecurityPolicy, value: policy))
        // No handler sets them: there is nothing to look for and replace.
        for field in always { response.headers.append(field) }
        return response
    }
}

/// The Content-Security-Policy of each kind of answer.
enum ContentPolicy {
    static func policy(for contentType: String, page: String) -> String {
        if contentType.hasPrefix("text/html") { return page }
        // A service worker lives under the policy its script came with, and has to fetch.
        if contentType.hasPrefix("text/javascript") {
            return "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
        }
        return "default-src 'none'; frame-ancestors 'none'"
    }

    static func page(_ settings: APISettings) -> String {
        // Without configured origins the page may be opened under any name, whose socket address cannot be listed.
        var sockets = settings.socketOrigins.isEmpty ? ["ws:", "wss:"] : settings.origins + settings.socketOrigins
        sockets += settings.nodePatterns.flatMap(\.sources)
        return [
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
            "connect-src 'self' " + sockets.joined(separator: " "), "media-src 'self' blob:", "base-uri 'none'",
            "form-action 'self'", "frame-ancestors 'none'", "manifest-src 'self'", "worker-src 'self'",
            "trusted-types quizmania", "require-trusted-types-for 'script'",
        ].joined(separator: "; ")
    }
}
