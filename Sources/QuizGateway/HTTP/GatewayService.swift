import NIOCore
import QuizWire

/// What a listener serves beside the HTTP API.
package enum GatewayService: Sendable {
    case engineIO(EngineIOServer)
    /// Plain WebSockets on every path; for conformance suites.
    case webSocket(GatewayConfiguration, @Sendable () -> any WebSocketReceiver)

    var configuration: GatewayConfiguration {
        switch self {
        case .engineIO(let server): server.configuration
        case .webSocket(let configuration, _): configuration
        }
    }

    func serves(_ request: GatewayRequest) -> Bool {
        switch self {
        case .engineIO(let server): server.serves(path: request.path)
        case .webSocket: request.isWebSocketHandshake
        }
    }
}
