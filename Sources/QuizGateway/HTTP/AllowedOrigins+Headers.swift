import NIOCore
import NIOHTTP1
import QuizWire

/// Cross-origin rules (https://fetch.spec.whatwg.org/#http-cors-protocol) of the Engine.IO endpoint.
extension AllowedOrigins {
    /// Whether the page that makes this request may. A WebSocket is not protected by the browser, so that this check
    /// is the only one there is.
    func admits(_ request: GatewayRequest) -> Bool {
        guard let origin = request.client.origin else { return true }
        switch self {
        case .any: return true
        case .sameOrigin: return isSameOrigin(origin, request)
        case .listed: return isListed(origin) || isSameOrigin(origin, request)
        }
    }

    /// What a cross-origin page must be told to see the answer.
    func responseHeaders(_ request: GatewayRequest) -> HTTPHeaders {
        guard let origin = request.client.origin else {
            return self == .any ? ["Access-Control-Allow-Origin": "*"] : [:]
        }
        switch self {
        // Never with credentials: every page on the web may ask.
        case .any: return ["Access-Control-Allow-Origin": "*"]
        case .sameOrigin: return ["Vary": "Origin"]
        case .listed:
            guard isListed(origin) else { return ["Vary": "Origin"] }
            return [
                "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true", "Vary": "Origin",
            ]
        }
    }

    /// Headers of the answer to OPTIONS.
    func preflightHeaders(_ request: GatewayRequest) -> HTTPHeaders {
        var headers: HTTPHeaders = [
            "Access-Control-Allow-Methods": "GET,POST,OPTIONS", "Access-Control-Max-Age": "600",
        ]
        if let asked = request.headers.first(name: "access-control-request-headers") {
            headers.add(name: "Access-Control-Allow-Headers", value: asked)
        }
        return headers
    }

    private func isListed(_ origin: String) -> Bool {
        guard case .listed(let origins, let patterns) = self else { return false }
        return origins.contains(origin) || patterns.contains { $0.admits(origin) }
    }

    private func isSameOrigin(_ origin: String, _ request: GatewayRequest) -> Bool {
        guard let host = request.headers.first(name: "host") else { return false }
        let page = origin.lowercased()
        if page == "https://\(host.lowercased())" { return true }
        return !request.client.isSecure && page == "http://\(host.lowercased())"
    }
}
