import NIOCore
import NIOHTTP1
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

    /// Asked of each request, so of the HTTP API's too: it reads no more of the head than it has to.
    func serves(_ head: HTTPRequestHead) -> Bool {
        switch self {
        case .engineIO(let server): server.serves(path: GatewayRequest.path(of: head.uri))
        case .webSocket: head.headers.askForWebSocket
        }
    }
}
