internal import NIOCore
internal import NIOHTTP1
internal import QuizModel
internal import QuizWire

/// A Socket.IO connection over long-polling, as the stock client makes it: one GET waits, one POST is under way at a time.
final class PollingSocket: @unchecked Sendable {  // the simulator's thread
    enum Event {
        case connected(sid: String, pid: String?)
        case refused
        case event(name: String, payload: ByteBuffer, offset: String?)
        case ack(Int, ByteBuffer)
        /// - Parameter byServer: the transport was closed by a server that is there.
        case lost(byServer: Bool)
    }

    private struct Opened: Decodable { var sid: String }
    private struct Connected: Decodable {
        var sid: String
        var pid: String?
    }

    let node: SimulatedNode
    private let simulator: Simulator
    private let handler: (Event) -> Void
    private var session = ""
    private var outbox: [String] = []
    private var isPosting = false
    private(set) var isOver = false
    private var lastHeardMs: Int64
    /// Ping interval and timeout of the server, and the way.
    private static let patienceMs: Int64 = 9_200

    init(to node: SimulatedNode, simulator: Simulator, handler: @escaping (Event) -> Void) {
        self.node = node
        self.simulator = simulator
        self.handler = handler
        lastHeardMs = simulator.nowMs
    }

    /// - Parameter auth: one JSON object.
    func open(auth: String) {
        node.request(.GET, "/socket.io/?EIO=4&transport=polling", body: ByteBuffer()) { status, body in
            guard !self.isOver else { return }
            guard status == 200, let packets = EngineIOPacket.payload(body), case .open(let json)? = packets.first,
                let opened = try? WireJSON.decode(Opened.self, from: json)  // else it is no handshake
            else { return self.lose(byServer: false) }
            self.session = opened.sid
            self.heard()
            self.send("40\(auth)")
            self.poll()
            self.watch()
        }
    }

    /// - Parameter json: one JSON value.
    func emit(_ name: String, _ json: String, ack: Int) { send("42\(ack)[\"\(name)\",\(json)]") }

    /// The client closes its window.
    func close() { isOver = true }

    // MARK: - Sending

    private func send(_ packet: String) {
        outbox.append(packet)
        post()
    }

    private func post() {
        guard !isOver, !isPosting, !outbox.isEmpty else { return }
        isPosting = true
        let body = ByteBuffer(string: outbox.joined(separator: "\u{1E}"))
        outbox = []
        node.request(.POST, uri, body: body) { status, _ in
            guard !self.isOver else { return }
            self.isPosting = false
            guard status == 200 else { return self.lose(byServer: status != 0) }
            self.post()
        }
    }

    // MARK: - Receiving

    private var uri: String { "/socket.io/?EIO=4&transport=polling&sid=\(session)" }

    private func poll() {
        node.request(.GET, uri, body: ByteBuffer()) { status, body in
            guard !self.isOver else { return }
            guard status == 200, let packets = Self.packets(body) else { return self.lose(byServer: status != 0) }
            self.heard()
            for packet in packets where !self.isOver { self.receive(packet) }
            if !self.isOver { self.poll() }
        }
    }

    /// Like `EngineIOPacket.payload`, which reads what clients send.
    private static func packets(_ body: ByteBuffer) -> [EngineIOPacket]? { EngineIOPacket.payload(body) }

    private func receive(_ packet: EngineIOPacket) {
        switch packet {
        case .ping: send("3")
        case .close: lose(byServer: true)
        case .message(let text): receive(text)
        case .open, .pong, .binary, .upgrade, .noop: break
        }
    }

    private func receive(_ text: ByteBuffer) {
        guard let packet = SocketIOPacket(text: text) else {
            // A CONNECT_ERROR is not for a server to read.
            return handler(.refused)
        }
        switch packet.body {
        case .connect(let auth?):
            guard let connected = try? WireJSON.decode(Connected.self, from: auth) else { return }  // always sent so
            handler(.connected(sid: connected.sid, pid: connected.pid))
        case .connect(nil): break
        case .disconnect: lose(byServer: true)
        case .event(let name, let arguments):
            guard let name, let payload = arguments.first else { return }
            handler(.event(name: name, payload: payload, offset: arguments.dropFirst().last.flatMap(JSONText.string)))
        case .ack(let arguments):
            if let id = packet.id, let json = arguments.first { handler(.ack(id, json)) }
        }
    }

    private func heard() { lastHeardMs = simulator.nowMs }

    private func watch() {
        simulator.after(ms: 1_000) {
            guard !self.isOver else { return }
            if self.simulator.nowMs - self.lastHeardMs > Self.patienceMs { return self.lose(byServer: false) }
            self.watch()
        }
    }

    private func lose(byServer: Bool) {
        guard !isOver else { return }
        isOver = true
        handler(.lost(byServer: byServer))
    }
}
