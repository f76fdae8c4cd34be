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
        /// Sent and not received, in order.
        private var underWay: [Message] = []
        /// How many of them would be there but for the cut.
        private var late = 0
        var receive: (Message) -> Void = { _ in }

        init(server: SimulatedPostgres, isCut: @escaping () -> Bool) {
            self.server = server
            self.isCut = isCut
        }

        func send(_ message: Message) {
            underWay.append(message)
            travel()
        }

        func healed() {
            let waiting = late
            late = 0
            for _ in 0..<waiting { travel() }
        }

        private func travel() {
            let scheduler = server.scheduler
            lastArrivalMs = max(lastArrivalMs, scheduler.nowMs + Int64(scheduler.choose(in: server.timing.networkMs)))
            scheduler.schedule(ms: Int(lastArrivalMs - scheduler.nowMs)) { [self] in
                if isCut() { late += 1 } else { receive(underWay.removeFirst()) }
            }
        }
    }

    let node: String
    let toServer: Direction<ClientMessage>
    let toClient: Direction<ServerMessage>
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
