package import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore

/// What is known about one HTTP request beside the request itself.
package struct QuizRequestContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Numeric address of the other end of the connection: a client's or a proxy's; nil: not an internet socket.
    package let peerAddress: String?

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        peerAddress = source.channel.remoteAddress?.ipAddress
    }

    /// For responders that are called without a connection.
    package init(logger: Logger, peerAddress: String?) {
        coreContext = CoreRequestContextStorage(source: LoggerSource(logger: logger))
        self.peerAddress = peerAddress
    }

    package var maxUploadSize: Int { QuizAPI.bodyBytesMax }

    private struct LoggerSource: RequestContextSource {
        var logger: Logger
    }
}
