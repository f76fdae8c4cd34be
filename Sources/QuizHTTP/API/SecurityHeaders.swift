internal import HTTPTypes
internal import Hummingbird
internal import QuizWire

/// Headers that tell browsers what the answer may do. Pages get the policy under which the web client runs, everything
/// else one that allows nothing.
struct SecurityHeaders: RouterMiddleware {
    typealias Context = QuizRequestContext

    let settings: APISettings

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.contentSecurityPolicy] = ContentPolicy.policy(
            for: response.headers[.contentType] ?? "", settings)
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.xFrameOptions] = "DENY"
        response.headers[.referrerPolicy] = "same-origin"
        response.headers[.openerPolicy] = "same-origin"
        response.headers[.resourcePolicy] = "same-origin"
        response.headers[.permissionsPolicy] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        if settings.isSecure { response.headers[.strictTransportSecurity] = "max-age=31536000" }
        return response
    }
}

/// The Content-Security-Policy of each kind of answer.
enum ContentPolicy {
    static func policy(for contentType: String, _ settings: APISettings) -> String {
        if contentType.hasPrefix("text/html") { return page(settings) }
        // A service worker lives under the policy its script came with, and has to fetch.
        if contentType.contains("javascript") {
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
