internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import NIOPosix

/// The least an HTTP answer can cost with the node's HTTP library: a handler that gives the same bytes to every request.
///
/// usage: barehttp PORT BODY
@main
struct BareHTTP {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let port = Int(arguments[1]) else {
            preconditionFailure("usage: barehttp PORT BODY")
        }
        let body = ByteBuffer(string: arguments[2])
        let router = Router()
        router.get("**") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
                body: ResponseBody(byteBuffer: body))
        }
        var log = Logger(label: "barehttp")
        log.logLevel = .error
        // One event loop, as many as the node has on a small machine.
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        try await Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            eventLoopGroupProvider: .shared(loops), logger: log
        ).runService()
    }
}
