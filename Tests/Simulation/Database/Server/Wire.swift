/// What a client sends. A statement and the Sync behind it are separate bytes: the second may be late, or never come.
enum ClientMessage {
    case execute(SimulatedStatement)
    /// "Commit what came since the last Sync."
    case sync
    /// The client's end was closed, by itself or by its machine's kernel.
    case closed
}

/// What a server sends.
enum ServerMessage {
    case rows(SimulatedRows)
    case refused(state: String, message: String)
    case warning(String)
    /// The transaction has ended, and the server takes the next message.
    case ready
    case closed(lastWords: String?)
}

/// One connection: two directions, each in order. A cut delays bytes, it does not lose them: TCP sends them again when
/// the network heals, even if whoever wrote them is gone.
final class Wire {
    final class Direction<Message> {
        private let server: SimulatedPostgres
        private let isCut: () -> Bool
        private var lastArrivalMs: Int64 = 0
        private var held: [Message] = []
        var receive: (Message) -> Void = { _ in }

        init(server: SimulatedPostgres, isCut: @escaping () -> Bool) {
            self.server = server
            self.isCut = isCut
        }

        func send(_ message: Message, delayedByMs extra: Int = 0) {
            let scheduler = server.scheduler
            let latency = scheduler.choose(in: server.timing.networkMs) + extra
            lastArrivalMs = max(lastArrivalMs, scheduler.nowMs + Int64(latency))
            scheduler.schedule(ms: Int(lastArrivalMs - scheduler.nowMs)) { [self] in
                if isCut() || !held.isEmpty { held.append(message) } else { receive(message) }
            }
        }

        func healed() {
            let late = held
            held = []
            for message in late { send(message) }
        }
    }

    let node: String
    let toServer: Direction<ClientMessage>
    let toClient: Direction<ServerMessage>
    /// The client asks for its rows at once instead of with the end of the transaction; a process that cannot deliver
    /// them ends.
    var isFlushed = false
    /// Nobody reads any more.
    var clientIsGone = false
    var serverIsGone = false
    var isOver: Bool { clientIsGone && serverIsGone }

    init(node: String, server: SimulatedPostgres) {
        self.node = node
        toServer = Direction(server: server) { [unowned server] in server.cuts[node]?.toServer ?? false }
        toClient = Direction(server: server) { [unowned server] in server.cuts[node]?.toClient ?? false }
    }
}
