import NIOCore
import QuizModel
import QuizWire

/// Following `cluster:redirect`: the second connection before the end of the first.
///
/// The second socket shows the ticket and the last offset, and what it is sent is held. When the seat has come it takes over: what it holds and the first one has not brought is given to
/// the reader, new commands go over it, and the first one is closed when its answers are in. Whatever goes wrong before leaves the first one as it
/// is, and the address alone for a while.
extension ClientCore {
    /// The second socket of a move.
    struct Candidate {
        var socket: ClientSocket
        var room: RoomCode
        var pid: String?
        var held: [SeenEvents.Arrival] = []
        var limit: Scheduled<Void>
    }

    /// Events held during a move; one more ends it.
    private static let heldMax = 1_000
    /// Addresses remembered as failed.
    private static let avoidedMax = 100
    /// What a retired socket's answers may take.
    private static let retirement = TimeAmount.seconds(5)

    func follow(_ way: RedirectPayload) {
        guard configuration.followsRedirects, candidate == nil, !isOver, let line, way.url != line.address.text,
            avoided[way.url] ?? .distantPast < .now(), let address = try? ServerAddress(way.url)  // then it is none
        else { return }
        let auth = HandshakeAuth(offset: seen.offset, capabilities: ["redirect"], resume: way.resume)
        let socket = ClientSocket(address: address, auth: auth, loop: loop, owner: self)
        let limit = loop.scheduleTask(in: configuration.moveLimit) { [weak socket] in
            if let socket { socket.close() }
        }
        candidate = Candidate(socket: socket, room: way.room, limit: limit)
        socket.open(within: configuration.moveLimit)
    }

    func hold(_ event: SeenEvents.Arrival) {
        candidate?.held.append(event)
        guard let held = candidate?.held else { return }
        if event.name == .roomMe {
            let me = try? WireJSON.decode(MePayload.self, from: event.payload)  // without: no seat
            if me?.seat?.code == candidate?.room { takeOver() } else { candidate?.socket.close() }
        } else if held.count > Self.heldMax {
            candidate?.socket.close()
        }
    }

    func giveUpMoving() {
        guard let failed = candidate else { return }
        failed.limit.cancel()
        candidate = nil
        if avoided.count >= Self.avoidedMax { avoided = [:] }
        avoided[failed.socket.address.text] = .now() + configuration.avoidance
    }

    private func takeOver() {
        guard let next = candidate else { return }
        next.limit.cancel()
        candidate = nil
        let before = line
        let wasUp = before?.isUp == true
        line = next.socket
        pid = next.pid
        direct = next.socket.address
        if wasUp {
            retired?.close()
            retired = before
            loop.scheduleTask(in: Self.retirement) { [weak before] in before?.close() }
            say(.moved(url: next.socket.address.text))
        } else {
            before?.close()
            stayHere()
            say(.connected(recovered: true))
        }
        for event in seen.unseen(next.held) { deliver(event) }
        closeRetired()
    }

    func closeRetired() {
        guard let socket = retired, !waiting.values.contains(where: { $0.socket === socket }) else { return }
        socket.close()
    }
}
