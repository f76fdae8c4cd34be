import NIOHTTP1
import Testing

@testable import QuizGateway

@Suite struct GatewayRequestTests {
    private func request(_ uri: String) -> GatewayRequest {
        GatewayRequest(
            HTTPRequestHead(version: .http1_1, method: .GET, uri: uri), peer: nil, isEncrypted: false,
            configuration: GatewayConfiguration())
    }

    @Test func `a path ends where the query begins`() {
        for (uri, path, query) in [
            ("/socket.io/?EIO=4&transport=polling", "/socket.io/", ["EIO": "4", "transport": "polling"]),
            ("/x", "/x", [:]), ("/x?", "/x", [:]), ("/x??a=b", "/x", ["?a": "b"]), ("", "", [:]),
            ("?a=b", "", ["a": "b"]),
            ("/x?a=1&a=2&b&=c&%62%3D=%C3%A9+%2B", "/x", ["a": "1", "b": "", "b=": "é +"]),
            ("/x?a=%C3&b=%G0&c=%4", "/x", [:]), ("/é?ü=ß", "/é", ["ü": "ß"]),
        ] as [(String, String, [String: String])] {
            let read = request(uri)
            #expect(read.path == path, "\(uri)")
            #expect(read.query.filter { !$0.key.isEmpty } == query, "\(uri)")
            #expect(GatewayRequest.path(of: uri) == path)
        }
    }
}
