package import QuizModel

/// The methods the HTTP API uses.
package enum HTTPVerb: String, Sendable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case delete = "DELETE"
}

/// What a request must show to be let in.
package enum Admission: Sendable, Hashable {
    /// Nothing.
    case open
    /// `Authorization: Bearer` with an access token.
    case bearer
    /// The refresh cookie and `X-CSRF-Token`, or a refresh token in the body.
    case refresh
    /// The refresh cookie and `X-CSRF-Token`.
    case refreshCookie
    /// `Authorization: Bearer` with the operators' token.
    case operatorToken
}

/// A value a request carries outside its body.
package struct RouteParameter: Sendable {
    package enum Place: String, Sendable {
        case path, query
    }

    package let name: String
    package let place: Place
    package let type: any (Decodable & Sendable).Type
    package let summary: String

    init(_ name: String, in place: Place, _ type: any (Decodable & Sendable).Type, _ summary: String) {
        self.name = name
        self.place = place
        self.type = type
        self.summary = summary
    }
}

/// The type of a body that is not there.
package struct NoBody: Codable, Sendable, Hashable {
    package init() {}
}

/// The type of a body that describes the protocol itself.
package struct ProtocolDocument: Codable, Sendable, Hashable {
    package init() {}
}

/// One operation of the HTTP API with its types: from it the documents are generated and to it the handlers are bound.
package struct Endpoint<Request: WirePayload, Response: WirePayload>: EndpointDescription {
    package let route: APIRoute
    package let verb: HTTPVerb
    /// With parameters as `{name}`.
    package let path: String
    package let summary: String
    package var parameters: [RouteParameter] = []
    package var admission = Admission.open
    /// Status of the answer when all is well.
    package var status = 200
    /// Another status with the same body; nil: none.
    package var failingStatus: Int?
    /// Refusals beside those that every operation of its kind has.
    package var refusals: [ErrorCode] = []
    /// True: the body may be left out.
    package var isBodyOptional = false

    init(_ route: APIRoute, _ verb: HTTPVerb, _ path: String, _ summary: String) {
        self.route = route
        self.verb = verb
        self.path = path
        self.summary = summary
    }

    package var request: any WirePayload.Type { Request.self }
    package var response: any WirePayload.Type { Response.self }

    /// A copy with some of the above changed.
    func with(_ change: (inout Self) -> Void) -> Self {
        var copy = self
        change(&copy)
        return copy
    }
}

/// An `Endpoint` whose types are not known.
package protocol EndpointDescription: Sendable {
    var route: APIRoute { get }
    var verb: HTTPVerb { get }
    var path: String { get }
    var summary: String { get }
    var parameters: [RouteParameter] { get }
    var admission: Admission { get }
    var status: Int { get }
    var failingStatus: Int? { get }
    var refusals: [ErrorCode] { get }
    var isBodyOptional: Bool { get }
    var request: any WirePayload.Type { get }
    var response: any WirePayload.Type { get }
}

extension EndpointDescription {
    package var hasRequestBody: Bool { request != NoBody.self }
    package var hasResponseBody: Bool { response != NoBody.self }

    /// Every status other than the good ones that a client may see, with what it means. 405 is for other methods.
    package var errorStatuses: [Int: String] {
        var statuses: [Int: String] = [:]
        for code in refusals {
            statuses[code.httpStatus] = [statuses[code.httpStatus], code.sentence].compactMap { $0 }.joined(
                separator: " ")
        }
        if hasRequestBody {
            statuses[400] = statuses[400] ?? ErrorCode.invalid.sentence
            statuses[413] = "The body is too large."
            statuses[415] = "The body is not `application/json`."
        }
        switch admission {
        case .open: break
        case .bearer: statuses[401] = ErrorCode.unauthorized.sentence
        case .operatorToken:
            statuses[401] = "The operators' token is missing or another one."
            statuses[403] = "The operators' API is off on this node."
            statuses[429] = ErrorCode.rateLimited.sentence
        case .refresh, .refreshCookie:
            statuses[401] = ErrorCode.unauthorized.sentence
            statuses[403] = "`X-CSRF-Token` is missing or does not belong to the cookie."
        }
        return statuses
    }
}

extension ErrorCode {
    /// The HTTP status that goes with a refusal.
    package var httpStatus: Int {
        switch self {
        case .invalid, .choiceUnknown: 400
        case .unauthorized: 401
        case .forbidden, .wrongPassword, .kicked, .notHost, .notInRoom, .displaysCannotAnswer: 403
        case .notFound, .roomNotFound, .playerNotFound: 404
        case .roomFull, .roomLocked, .alreadyInRoom, .wrongPhase, .notReady, .noQuestions, .questionClosed,
            .alreadyAnswered:
            409
        case .roomClosed: 410
        case .rateLimited: 429
        case .busy, .unavailable, .overloaded: 503
        }
    }
}
