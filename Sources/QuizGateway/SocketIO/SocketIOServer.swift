import QuizWire

/// Socket.IO over an Engine.IO endpoint, for one application.
package final class SocketIOServer: Sendable {
    package let engine: EngineIOServer

    package init(configuration: GatewayConfiguration, application: any SocketApplication) {
        engine = EngineIOServer(configuration: configuration) { connection in
            SocketIOClient(connection, application: application, configuration: configuration)
        }
    }

    /// What a `GatewayListener` is given.
    package var service: GatewayService { .engineIO(engine) }
}
