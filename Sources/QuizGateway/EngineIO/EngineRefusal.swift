import NIOHTTP1

/// Why a request to the Engine.IO endpoint is refused. Codes and sentences are what stock clients know.
enum EngineRefusal: Error {
    case unknownTransport
    case unknownSession
    case badHandshakeMethod
    case badRequest
    case forbidden
    case unsupportedProtocol
    /// Come back in a moment.
    case overloaded

    var status: HTTPResponseStatus {
        switch self {
        case .forbidden: .forbidden
        case .overloaded: .serviceUnavailable
        default: .badRequest
        }
    }

    /// Seconds for `Retry-After`; nil when retrying the same is useless.
    var retryAfterSeconds: Int? {
        if case .overloaded = self { 1 } else { nil }
    }

    var json: String {
        switch self {
        case .unknownTransport: #"{"code":0,"message":"Transport unknown"}"#
        case .unknownSession: #"{"code":1,"message":"Session ID unknown"}"#
        case .badHandshakeMethod: #"{"code":2,"message":"Bad handshake method"}"#
        case .badRequest: #"{"code":3,"message":"Bad request"}"#
        case .forbidden: #"{"code":4,"message":"Forbidden"}"#
        case .unsupportedProtocol: #"{"code":5,"message":"Unsupported protocol version"}"#
        case .overloaded: #"{"code":6,"message":"Too many handshakes"}"#
        }
    }
}
