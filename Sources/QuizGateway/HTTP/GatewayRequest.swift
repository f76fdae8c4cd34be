package import NIOCore
package import NIOHTTP1
import QuizWire

/// A request's head, read as far as the gateway needs it.
package struct GatewayRequest: Sendable {
    let method: HTTPMethod
    let uri: String
    let path: String
    let query: [String: String]
    let headers: HTTPHeaders
    let isKeepAlive: Bool
    let client: EngineClient

    package init(
        _ head: HTTPRequestHead, peer: SocketAddress?, isEncrypted: Bool, configuration: GatewayConfiguration
    ) {
        method = head.method
        uri = head.uri
        headers = head.headers
        isKeepAlive = head.isKeepAlive
        path = String(Self.path(of: head.uri))
        query = Self.parse(Substring(head.uri.utf8.dropFirst(path.utf8.count + 1)))
        let peerAddress = peer?.ipAddress ?? "unknown"
        let isProxied = configuration.trustedProxies.contains { $0.contains(peerAddress) }
        client = EngineClient(
            remoteAddress: ClientAddress.resolve(
                peer: peerAddress, forwardedFor: head.headers["x-forwarded-for"],
                trusted: configuration.trustedProxies),
            isDirect: !isProxied, origin: head.headers.first(name: "origin"),
            isSecure: isEncrypted || (isProxied && head.headers.first(name: "x-forwarded-proto") == "https"))
    }

    var isWebSocketHandshake: Bool { headers.askForWebSocket }

    /// What stands before the query.
    static func path(of uri: String) -> Substring {
        Substring(uri.utf8.prefix { $0 != UInt8(ascii: "?") })
    }

    /// The first of each name wins; names and values that are no percent-encoded UTF-8 are left out.
    private static func parse(_ query: Substring) -> [String: String] {
        var found: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = halves.first.flatMap(decode),
                let value = halves.count == 2 ? decode(halves[1]) : "", found[name] == nil
            else { continue }
            found[name] = value
        }
        return found
    }

    private static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                continue
            }
            guard let high = rest.popFirst(), let low = rest.popFirst(),
                let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension HTTPHeaders {
    /// Whether the client asks for WebSocket (RFC 6455, section 4.2.1), well or badly.
    var askForWebSocket: Bool {
        self[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
            && self[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
    }
}
