internal import HTTPTypes
package import Hummingbird
package import Logging
internal import NIOCore

/// `GET /metrics` on a listener of its own, so that a public address never shows it by mistake.
package enum MetricsListener {
    /// - Parameter render: the metrics in the Prometheus text format.
    package static func router(render: @escaping @Sendable () -> String) -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self, options: [.autoGenerateHeadEndpoints])
        router.get("/metrics") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: render())))
        }
        return router
    }

    /// A service that listens until it is cancelled or shut down gracefully.
    ///
    /// - Parameters:
    ///   - host: loopback unless configured otherwise.
    ///   - onRunning: told the port once it listens, which matters when `port` is 0.
    package static func service(
        host: String = "127.0.0.1", port: Int, logger: Logger, render: @escaping @Sendable () -> String,
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        Application(
            router: router(render: render),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
            logger: logger)
    }
}
