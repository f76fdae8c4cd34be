package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTP1
package import NIOHTTPTypes
import NIOSSL
import QuizRoomHost

/// One port for everything: the gateway's own endpoint, WebSockets, and the HTTP API behind them.
///
/// Hand it to a Hummingbird application through `server(…)`.
package struct GatewayListener: HTTPChannelHandler {
    package typealias HTTPChannel = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    /// Who a connection turned out to be for.
    package enum Route: Sendable {
        case http(HTTPChannel)
        /// The gateway's handlers carry it, or it is closed: no task is needed.
        case served
    }

    /// Carries a decision that may be made long after the connection was accepted, so that accepting never waits.
    package struct Value: ServerChildChannelValue {
        let route: EventLoopFuture<Route>
        package let channel: any Channel
    }

    package let responder: HTTPChannelHandler.Responder
    private let service: GatewayService
    private let certificates: GatewayCertificates?
    private let loops: LoopContexts

    private init(
        responder: @escaping HTTPChannelHandler.Responder, service: GatewayService, certificates: GatewayCertificates?,
        loops: LoopContexts
    ) {
        self.responder = responder
        self.service = service
        self.certificates = certificates
        self.loops = loops
    }

    /// The server of a Hummingbird application.
    ///
    /// - Parameters:
    ///   - certificates: given, the port speaks TLS only.
    ///   - metrics: keeps the counters of this listener.
    package static func server(
        _ service: GatewayService, certificates: GatewayCertificates? = nil, metrics: GatewayMetrics = GatewayMetrics()
    ) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            GatewayListener(
                responder: responder, service: service, certificates: certificates, loops: metrics.loops)
        }
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            // A channel keeps the buffer it has read into: NIO's first one, of 2 KiB, would be a quarter of a session that waits. One that a read
            // fills is followed by one of twice its size.
            try channel.syncOptions?.setOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 64 << 10))
            let pipeline = channel.pipeline.syncOperations
            if let certificates {
                try pipeline.addHandler(NIOSSLServerHandler(context: certificates.context))
            }
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = service.configuration.headerBytesMax
            limits.maxHeaderListSize = service.configuration.headerBytesMax
            limits.maxHeaderFieldCount = service.configuration.headerFieldsMax
            let codec = HTTPCodecHandlers(
                encoder: HTTPResponseEncoder(),
                decoder: ByteToMessageHandler(
                    HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits)))
            let route = channel.eventLoop.makePromise(of: Route.self)
            let loop = loops.context(of: channel.eventLoop)
            let handler = GatewayHTTPHandler(
                service: service, loop: loop, isEncrypted: certificates != nil, logger: logger, codec: codec,
                route: route)
            channel.closeFuture.whenComplete { _ in loop.counters.connections -= 1 }
            do {
                try pipeline.addHandler(codec.encoder)
                try pipeline.addHandler(codec.decoder)
                try pipeline.addHandler(handler)
            } catch {
                route.succeed(.served)
                throw error
            }
            return Value(route: route.futureResult, channel: channel)
        }
    }

    package func handle(value: Value, logger: Logger) async {
        // The promise is always fulfilled, at the latest when the channel closes.
        let route = await withTaskCancellationHandler {
            try? await value.route.get()
        } onCancel: {
            value.channel.close(promise: nil)
        }
        guard case .http(let channel)? = route else { return }
        // Requests are handled on the loop they were read on: a thread of the pool is not woken for each, nor the loop for its answer.
        await withTaskExecutorPreference(LoopTaskExecutor(value.channel.eventLoop)) {
            await handleHTTP(asyncChannel: channel, logger: logger)
        }
    }
}

/// Reads what a listener counts.
package struct GatewayMetrics: Sendable {
    let loops = LoopContexts()

    package init() {}

    package func counters() async -> GatewayCounters { await loops.counters() }
}
