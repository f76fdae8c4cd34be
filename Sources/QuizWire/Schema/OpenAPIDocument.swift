internal import QuizModel

/// The OpenAPI 3.1 document of the HTTP API, generated from `APIRoute` and the types it names.
package enum OpenAPIDocument {
    /// - Throws: `SchemaFailure` for a payload type that cannot be described.
    package static func make() throws -> DocumentValue {
        let probe = SchemaProbe()
        try probe.describe(ErrorResponse.self)
        var paths: [(String, [(String, DocumentValue)])] = []
        for route in APIRoute.allCases {
            let endpoint = route.endpoint
            let operation = (endpoint.verb.rawValue.lowercased(), try operation(endpoint, probe))
            if let index = paths.firstIndex(where: { $0.0 == endpoint.path }) {
                paths[index].1.append(operation)
            } else {
                paths.append((endpoint.path, [operation]))
            }
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "QuizMania HTTP API", "version": .string(EventCatalog.version),
                "description":
                    "Sessions, rooms, questions and results. Games are played over Socket.IO: see `/api/asyncapi.json`.",
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": "/"]],
            "paths": .object(paths.map { ($0.0, .object($0.1)) }),
            "components": [
                "schemas": JSONSchema.components(of: probe.definitions),
                "securitySchemes": [
                    "bearer": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"],
                    "operatorToken": ["type": "http", "scheme": "bearer"],
                    "refreshCookie": ["type": "apiKey", "in": "cookie", "name": .string(SessionCookies.refresh)],
                    "csrf": ["type": "apiKey", "in": "header", "name": .string(SessionCookies.csrfHeader)],
                ],
            ],
        ]
    }

    private static func operation(_ endpoint: any EndpointDescription, _ probe: SchemaProbe) throws -> DocumentValue {
        var operation: DocumentValue = [
            "operationId": .string(endpoint.route.rawValue), "summary": .string(endpoint.summary),
        ]
        switch endpoint.admission {
        case .open: break
        case .bearer: operation = operation.adding("security", [["bearer": []]])
        case .operatorToken: operation = operation.adding("security", [["operatorToken": []]])
        case .refresh: operation = operation.adding("security", [["refreshCookie": [], "csrf": []], [:]])
        case .refreshCookie: operation = operation.adding("security", [["refreshCookie": [], "csrf": []]])
        }
        if !endpoint.parameters.isEmpty {
            let parameters = try endpoint.parameters.map { parameter -> DocumentValue in
                [
                    "name": .string(parameter.name), "in": .string(parameter.place.rawValue),
                    "required": .bool(parameter.place == .path), "description": .string(parameter.summary),
                    "schema": JSONSchema.document(try probe.describe(parameter.type)),
                ]
            }
            operation = operation.adding("parameters", .array(parameters))
        }
        if endpoint.hasRequestBody {
            let schema = JSONSchema.document(try probe.describe(endpoint.request))
            operation = operation.adding(
                "requestBody", ["required": .bool(!endpoint.isBodyOptional), "content": content(schema)])
        }
        return operation.adding("responses", try responses(endpoint, probe))
    }

    private static func responses(_ endpoint: any EndpointDescription, _ probe: SchemaProbe) throws -> DocumentValue {
        var responses: [Int: DocumentValue] = [:]
        var success: DocumentValue = ["description": .string(endpoint.summary)]
        if endpoint.response == ProtocolDocument.self {
            success = success.adding("content", content(["type": "object"]))
        } else if endpoint.hasResponseBody {
            success = success.adding("content", content(JSONSchema.document(try probe.describe(endpoint.response))))
        }
        responses[endpoint.status] = success
        if let status = endpoint.failingStatus { responses[status] = success }
        for (status, sentence) in endpoint.errorStatuses {
            var response: DocumentValue = ["description": .string(sentence)]
            if status == 429 || status == 503 {
                response = response.adding(
                    "headers", ["Retry-After": ["description": "Seconds to wait.", "schema": ["type": "integer"]]])
            }
            responses[status] = response.adding("content", content(JSONSchema.reference("ErrorResponse")))
        }
        return .object(responses.sorted { $0.key < $1.key }.map { (String($0.key), $0.value) })
    }

    private static func content(_ schema: DocumentValue) -> DocumentValue { ["application/json": ["schema": schema]] }
}

/// Names of the cookies and the header that guard a session.
package enum SessionCookies {
    /// `HttpOnly`; sent to `/api/session` only.
    package static let refresh = "quizmania_refresh"
    /// Readable by the page, which repeats it in `csrfHeader`.
    package static let csrf = "quizmania_csrf"
    package static let csrfHeader = "X-CSRF-Token"
}
