internal import Foundation
internal import NIOCore
internal import QuizCluster
internal import QuizModel
internal import QuizRoom
internal import QuizRoomHost
internal import QuizShards
internal import QuizSimulatedDatabase
internal import QuizWire

/// The record kept outside: what every client saw and was told, held against the committed journal at that moment.
package final class Ledger: @unchecked Sendable {  // the simulator's thread
    /// What a node may be cut off for without its sessions being moved (`GameSession.seekLimit`), and the way.
    private static let seekLimitMs: Int64 = 12_500

    let simulator: Simulator
    let trace: Trace
    private let database: WorldDatabase
    private(set) var rooms: [RoomCode: AuditedRoom] = [:]
    private var revealed: Set<String> = []
    private var pace: [RoomID: Pace] = [:]
    private var acked: [AuditedRoom.Question: [Int]] = [:]
    private(set) var breach: Breach?
    /// When the last fault ended that may keep a room from having an owner.
    package var disturbedUntilMs: Int64 = 0

    init(simulator: Simulator, trace: Trace, database: WorldDatabase) {
        self.simulator = simulator
        self.trace = trace
        self.database = database
        database.server.watchCommits { [unowned self] in self.committed() }
    }

    /// The first one counts; the run ends with it.
    func report(_ breach: Breach) {
        guard self.breach == nil else { return }
        trace.note("BREACH \(breach)")
        self.breach = breach
    }

    private func check(_ body: () throws(Breach) -> Void) {
        do throws(Breach) { try body() } catch { report(error) }
    }

    func opened(_ room: SimulatedRoom, _ made: RoomCreatedAck) {
        trace.note("\(room.name) is \(made.code)")
        check { () throws(Breach) in
            guard let audited = try current(made.code), audited.rows > 0 else {
                throw Breach(.p1, "Room \(made.code) was acknowledged and is not in the journal.")
            }
        }
    }

    /// The room as it is committed now.
    private func current(_ code: RoomCode?) throws(Breach) -> AuditedRoom? {
        guard let code, let room = rooms[code] else { return nil }
        try read(room, of: code)
        return room
    }

    /// Looks at every room, for what no client happens to see.
    func inspect() {
        for code in rooms.keys.sorted(by: { $0.text < $1.text }) {
            check { () throws(Breach) in _ = try current(code) }
        }
    }

    // MARK: - What clients see

    func saw(_ client: SimulatedClient, _ event: ServerEventName, seq: Int?, _ payload: ByteBuffer) {
        trace.note("\(client.name) sees \(event.rawValue) \(seq.map(String.init) ?? "-")")
        trace.count("event seen")
        check { () throws(Breach) in
            let room = try current(client.room.code)
            try checkSecrets(payload, where: "an event \(event.rawValue) to \(client.name)")
            guard let seq, let room else { return }
            guard seq <= room.events.count else {
                throw Breach(.p1, "\(client.name) sees event \(seq); \(room.events.count) are committed.")
            }
            guard room.events[seq - 1] == .init(name: event.rawValue, payload: payload) else {
                throw Breach(.p2, "Event \(seq) at \(client.name) is not the one of the journal.")
            }
            if let last = client.seq, seq != last + 1 {
                throw Breach(.p5, "\(client.name) has event \(last) and gets event \(seq).")
            }
        }
    }

    func sawState(_ client: SimulatedClient, _ state: RoomStatePayload, _ payload: ByteBuffer) {
        trace.note("\(client.name) sees room:state \(state.seq)")
        check { () throws(Breach) in
            let room = try current(client.room.code)
            try checkSecrets(payload, where: "a state to \(client.name)")
            if let room, state.seq > room.events.count {
                throw Breach(.p1, "\(client.name) sees the state at \(state.seq); \(room.events.count) are committed.")
            }
            if let last = client.seq, state.seq < last {
                throw Breach(.p1, "\(client.name) has event \(last) and is shown a state at \(state.seq).")
            }
        }
    }

    func answered(_ client: SimulatedClient, game: GameID, _ ack: AnswerAck) {
        trace.note("\(client.name) is told: question \(ack.question) has answer \(ack.choice)")
        trace.count("answer acknowledged")
        guard let player = client.player else { return }
        check { () throws(Breach) in
            guard let room = try current(client.room.code) else { return }
            let key = AuditedRoom.Question(game: game, index: ack.question, player: player)
            guard let recorded = room.answers[key] else {
                throw Breach(.p1, "An answer of \(client.name) was acknowledged and is not in the journal.")
            }
            guard recorded == ack.choice else {
                throw Breach(.p3, "\(client.name) is told \(ack.choice); the journal has \(recorded).")
            }
            if let before = acked.updateValue(ack.choice, forKey: key), before != ack.choice {
                throw Breach(.p3, "\(client.name) was told \(before) before and \(ack.choice) now.")
            }
        }
    }

    func connected(_ client: SimulatedClient, isRecovered: Bool, wasIn: Bool) {
        trace.note("\(client.name) is connected\(isRecovered ? ", recovered" : "")")
        if wasIn { trace.count(isRecovered ? "session recovered" : "session not recovered") }
    }

    /// P6: nothing but an outage longer than the stated bound closes a transport on a node that is there to stay.
    func closedByServer(_ client: SimulatedClient, at node: SimulatedNode) {
        trace.note("\(client.name) is closed by \(node.name)")
        trace.count("transport closed by server")
        // A doomed room is set aside sooner or later, and then there is nothing left to keep its sessions for.
        guard node.process.isReachable, !node.isLeaving, !client.isDone, !client.room.isDoomed else { return }
        if simulator.nowMs > disturbedUntilMs + Self.seekLimitMs {
            report(Breach(.p6, "\(node.name) closes \(client.name)'s transport for no reason."))
        }
    }

    // MARK: - P8

    /// What goes from node to node, too.
    func sent(_ message: PeerMessage) {
        switch message {
        case .event(let event): check { () throws(Breach) in try checkSecrets(event.json, where: "a frame") }
        case .reply(let reply): check { () throws(Breach) in try checkSecrets(reply.json, where: "a frame") }
        default: break
        }
    }

    private func checkSecrets(_ json: ByteBuffer, where place: String) throws(Breach) {
        guard json.readableBytesView.contains(UInt8(ascii: "S")) else { return }
        let text = String(buffer: json)
        guard MarkedQuestions.isMarked(text) else { return }
        for part in text.components(separatedBy: MarkedQuestions.mark).dropFirst() {
            let secret = MarkedQuestions.mark + part.prefix { $0.isNumber || $0 == "-" }
            if revealed.contains(secret) { continue }
            // Another node's frame may be the first we see of a reveal.
            inspect()
            if !revealed.contains(secret) { throw Breach(.p8, "\(secret) is in \(place) before its reveal.") }
        }
    }

    // MARK: - What the database does

    private struct Pace {
        /// Greatest of commit time − room time, so far.
        var greatestLagMs: Int64
    }

    /// Something has been committed, a room's rows perhaps.
    private func committed() {
        for record in database.server.rooms where rooms[record.code] == nil {
            rooms[record.code] = AuditedRoom(id: record.room)
        }
        for (code, room) in rooms.sorted(by: { $0.key.text < $1.key.text }) {
            check { () throws(Breach) in try read(room, of: code) }
        }
    }

    private func read(_ room: AuditedRoom, of code: RoomCode) throws(Breach) {
        let entries = database.rows(of: room.id, after: room.rows)
        guard let last = entries.last else { return }
        trace.note("\(code) has \(entries.count) rows to \(last.row.number) of epoch \(last.epoch)")
        trace.count("rows committed", by: entries.count)
        let fence = database.server.term(of: ShardID(of: code))
        guard fence?.epoch == last.epoch else {
            throw Breach(
                .p2, "\(code): epoch \(last.epoch) writes; the fence has \(fence.map { "\($0)" } ?? "nobody").")
        }
        try room.read(entries)
        revealed.formUnion(room.revealed)
        try checkPace(room.id, last.row)
    }

    /// P7: room time never runs ahead of the world's, so no deadline comes early. A row may wait for its commit for half a
    /// second before the room's clock stands still, and for that of the batch before.
    private func checkPace(_ room: RoomID, _ row: JournalRow) throws(Breach) {
        // What was journaled can be read.
        guard let read = try? RoomInput.decode(row.payload) else { return }
        let lag = simulator.nowMs - read.at.milliseconds
        var known = pace[room] ?? Pace(greatestLagMs: lag)
        if lag < known.greatestLagMs - 2 * Int64(Limits.savingAfterMs) - 300 {
            throw Breach(
                .p7, "Room \(room) has gained \(known.greatestLagMs - lag) ms on the world at row \(row.number).")
        }
        known.greatestLagMs = max(known.greatestLagMs, lag)
        pace[room] = known
    }
}
