import Logging
import NIOPosix
import QuizModel
import QuizTelemetry
import Testing

@testable import QuizMesh

@Suite struct MeshEndpointTests {
    @Test func `an address is read with its parts`() {
        #expect(MeshEndpoint("node-1.kitchen:7000") == MeshEndpoint(host: "node-1.kitchen", port: 7_000))
        #expect(MeshEndpoint("127.0.0.1:1") == MeshEndpoint(host: "127.0.0.1", port: 1))
        #expect(MeshEndpoint("[::1]:7000") == MeshEndpoint(host: "::1", port: 7_000))
        #expect("\(MeshEndpoint(host: "::1", port: 7_000))" == "[::1]:7000")
    }

    @Test(arguments: ["", ":", "host", "host:", ":7000", "host:x", "host:70000", "host:-1", "::1:7000", "[]:7000"])
    func `anything else is refused`(text: String) {
        #expect(MeshEndpoint(text) == nil)
    }

    @Test func `a configuration that cannot work is refused`() {
        func code(_ change: (inout MeshConfiguration) -> Void, name: String = "x") -> MeshFailure.Code? {
            var configuration = MeshConfiguration(
                listen: MeshEndpoint(host: "127.0.0.1", port: 0), cluster: "kitchen", secret: Given.secret())
            change(&configuration)
            do throws(MeshFailure) {
                _ = try MeshTransport(
                    configuration: configuration, incarnation: Incarnation(value: 1), name: name,
                    loop: MultiThreadedEventLoopGroup.singleton.next(), metrics: MetricsRegistry(),
                    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
                return nil
            } catch { return error.code }
        }
        #expect(code({ _ in }) == nil)
        #expect(code({ $0.cluster = "" }) == .configuration)
        #expect(code({ _ in }, name: String(repeating: "x", count: 256)) == .configuration)
        #expect(code({ $0.creditBytes = 3 }) == .configuration)
    }
}
