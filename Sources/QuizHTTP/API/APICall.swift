internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import QuizModel
internal import QuizSocial
internal import QuizWire

/// One request as handlers see it.
struct APICall {
    let request: Request
    let context: QuizRequestContext
    let settings: APISettings

    /// Numeric address of the client; requests are counted by it.
    var clientAddress: String {
        ClientAddress.resolve(
            peer: context.peerAddress ?? "", forwardedFor: request.headers[values: .forwardedFor],
            trusted: settings.trustedProxies)
    }

    /// The token of `Authorization: Bearer …`; nil: none.
    var bearer: String? {
        guard let value = request.headers[.authorization] else { return nil }
        let parts = value.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1)
        guard parts.count == 2, Substring(parts[0]).lowercased() == "bearer" else { return nil }
        return String(Substring(parts[1]))
    }

    /// The value of a cookie; nil: not sent.
    func cookie(_ name: String) -> String? {
        for header in request.headers[values: .cookie] {
            for pair in header.split(separator: ";") {
                let sides = pair.split(separator: "=", maxSplits: 1)
                if sides.count == 2, sides[0].trimmingPrefix(while: { $0 == " " }) == name { return String(sides[1]) }
            }
        }
        return nil
    }

    func parameter(_ name: String) -> String { context.parameters.get(name) ?? "" }

    /// A query parameter; nil: absent. Empty counts as given.
    func query(_ name: String) -> String? { request.uri.queryParameters.get(name) }
}

/// What a handler answers when all is well.
struct APIReply<Body: WirePayload>: Sendable {
    var body: Body
    /// Nil: the endpoint's own.
    var status: Int?
    var headers = HTTPFields()
    /// The body's JSON where it has been made already.
    var json: ByteBuffer?

    init(_ body: Body, status: Int? = nil, headers: HTTPFields = HTTPFields(), json: ByteBuffer? = nil) {
        self.body = body
        self.json = json
        self.status = status
        self.headers = headers
    }
}

extension HTTPField.Name {
    static let forwardedFor = constant("X-Forwarded-For")
    static let csrfToken = constant(SessionCookies.csrfHeader)
    static let retryAfterSeconds = constant("Retry-After")
    static let xFrameOptions = constant("X-Frame-Options")
    static let referrerPolicy = constant("Referrer-Policy")
    static let permissionsPolicy = constant("Permissions-Policy")
    static let openerPolicy = constant("Cross-Origin-Opener-Policy")
    static let resourcePolicy = constant("Cross-Origin-Resource-Policy")

    private static func constant(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("A constant header name is valid.") }
        return name
    }
}
