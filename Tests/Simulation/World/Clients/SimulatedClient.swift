internal import NIOCore
internal import QuizModel
internal import QuizWire

/// A player with a stock client: connects anywhere, comes back with its offset, repeats what was not acknowledged.
///
/// What it has seen and was told is handed to the `Ledger`, which knows what it must have been.
package final class SimulatedClient: @unchecked Sendable {  // the simulator's thread
    /// How long a command may be without an answer before it is sent again.
    private static let ackPatienceMs: Int64 = 4_000
    private static let thinkEveryMs: Int64 = 150

    struct OpenQuestion {
        var game: GameID
        var index: Int
        var choice: Int
        var answerAtMs: Int64
        var isAcknowledged = false
        var attempts = 0
    }

    let name: String
    /// It makes the room.
    let isHost: Bool
    let room: SimulatedRoom
    let ledger: Ledger
    let simulator: Simulator
    /// The nodes a balancer would choose from.
    private let doors: () -> [SimulatedNode]

    // What the stock client keeps.
    private var socket: PollingSocket?
    private var isConnected = false
    private var pid: String?
    private var offset: String?
    private var token: String?
    private var nextAck = 0
    private var pending: [Int: (sentMs: Int64, name: String, done: (ByteBuffer?) -> Void)] = [:]

    // What the player knows of the game.
    private(set) var player: PlayerID?
    private(set) var isIn = false
    private(set) var seq: Int?
    private var phase = RoomPhase.lobby
    private var question: OpenQuestion?
    private(set) var finished: Set<GameID> = []
    private var isTold = false
    /// It is the room's host now; whoever made it, or who came after.
    private var isLeading = false

    init(name: String, isHost: Bool, room: SimulatedRoom, ledger: Ledger, doors: @escaping () -> [SimulatedNode]) {
        self.name = name
        self.isHost = isHost
        self.room = room
        self.ledger = ledger
        simulator = ledger.simulator
        self.doors = doors
    }

    /// Whether it has seen all the games it came for.
    package var isDone: Bool { finished.count >= room.games }

    package var situation: String {
        """
        \(name): \(isConnected ? "connected to \(socket?.node.name ?? "?")" : "not connected"), \(isIn ? "in" : "out"), \
        \(phase.rawValue), seq \(seq ?? -1), \(finished.count) of \(room.games) games
        """
    }

    func begin() {
        connect()
        think()
    }

    // MARK: - Connecting

    private func connect() {
        let doors = doors()
        guard !doors.isEmpty else { return reconnect(within: 300...600) }
        let node = simulator.generator.pick(doors)
        let auth = HandshakeAuth(token: token, nickname: Nickname(name), pid: pid, offset: pid == nil ? nil : offset)
        guard let json = try? WireJSON.bytes(auth) else { return }  // texts always encode
        let socket = PollingSocket(to: node, simulator: simulator) { [weak self] in self?.happened($0) }
        self.socket = socket
        socket.open(auth: String(decoding: json, as: UTF8.self))
    }

    private func reconnect(within range: ClosedRange<Int>) {
        socket = nil
        simulator.after(ms: Int64(simulator.generator.pick(range))) { self.connect() }
    }

    /// The player's network fails, or a thumb closes the tab for a moment.
    func drop() {
        guard let socket, isConnected else { return }
        socket.close()
        lost()
    }

    private func lost() {
        isConnected = false
        let unanswered = pending.sorted { $0.key < $1.key }.map(\.value)
        pending = [:]
        for command in unanswered { command.done(nil) }
        reconnect(within: 100...1_200)
    }

    private func happened(_ event: PollingSocket.Event) {
        switch event {
        case .connected(_, let pid):
            isConnected = true
            let isRecovered = pid != nil && pid == self.pid
            ledger.connected(self, isRecovered: isRecovered, wasIn: isIn)
            // Who is not recovered asks to be let in again.
            if !isRecovered { isIn = false }
            self.pid = pid
        case .refused:
            socket?.close()
            lost()
        case .event(let name, let payload, let offset):
            // As the stock client: any trailing string is the offset.
            if let offset, pid != nil { self.offset = offset }
            received(name, payload)
        case .ack(let id, let json): pending.removeValue(forKey: id)?.done(json)
        case .lost(let byServer):
            if byServer, let node = socket?.node { ledger.closedByServer(self, at: node) }
            lost()
        }
    }

    // MARK: - Asking

    /// - Parameter done: the acknowledgement's JSON; nil when none came.
    private func ask(_ name: ClientEventName, _ command: some Encodable, done: @escaping (ByteBuffer?) -> Void) {
        guard isConnected, let socket, let json = try? WireJSON.bytes(command) else { return done(nil) }
        nextAck += 1
        pending[nextAck] = (simulator.nowMs, name.rawValue, done)
        socket.emit(name.rawValue, String(decoding: json, as: UTF8.self), ack: nextAck)
    }

    private func isAsking(_ name: ClientEventName) -> Bool {
        pending.values.contains { $0.name == name.rawValue }
    }

    /// The player's next move, again and again.
    private func think() {
        simulator.after(ms: Self.thinkEveryMs) {
            self.giveUpOld()
            if self.isConnected { self.act() }
            if !self.isDone || !self.isTold { self.think() }
        }
    }

    private func giveUpOld() {
        let old = pending.filter { simulator.nowMs - $0.value.sentMs > Self.ackPatienceMs }
        for (id, command) in old.sorted(by: { $0.key < $1.key }) {
            pending[id] = nil
            command.done(nil)
        }
    }

    private func act() {
        guard let code = room.code else {
            if isHost, !isAsking(.roomCreate) { create() }
            return
        }
        guard isIn else {
            if !isAsking(.roomJoin) { join(code) }
            return
        }
        if isLeading, phase == .lobby, room.joined.count == room.players, !isDone, !isAsking(.gameStart) {
            ask(.gameStart, PlainCommand()) { _ in }
        }
        if isLeading, phase == .podium, !isDone, !isAsking(.gameRematch) { ask(.gameRematch, PlainCommand()) { _ in } }
        answerIfDue()
        if isDone { isTold = true }
    }

    private func create() {
        ask(.roomCreate, CreateRoomCommand(settings: room.settings)) { json in
            // A room whose creation was not acknowledged stays empty.
            guard let json, let made = try? WireJSON.decode(Accepted<RoomCreatedAck>.self, from: json) else { return }
            self.room.code = made.ack.code
            self.room.id = made.ack.room
            self.ledger.opened(self.room, made.ack)
        }
    }

    private func join(_ code: RoomCode) {
        ask(.roomJoin, JoinRoomCommand(code: code)) { json in
            guard let json, let joined = try? WireJSON.decode(Accepted<RoomJoinedAck>.self, from: json) else { return }
            self.isIn = true
            self.player = joined.ack.player
            self.room.joined.insert(self.name)
        }
    }

    private func answerIfDue() {
        guard var question, !question.isAcknowledged, simulator.nowMs >= question.answerAtMs, !isAsking(.gameAnswer),
            let id = ClientID("\(name)-\(question.index)")
        else { return }
        question.attempts += 1
        // Whoever comes back may have another opinion; the first answer counts.
        let isOther = question.attempts > 1 && simulator.generator.oneIn(4)
        let choice = isOther ? (question.choice + 1) % 4 : question.choice
        self.question = question
        let command = AnswerCommand(game: question.game, question: question.index, choice: [choice], id: id)
        ask(.gameAnswer, command) { json in
            guard let json else { return }
            if let ack = try? WireJSON.decode(Accepted<AnswerAck>.self, from: json).ack {
                if self.question?.index == question.index { self.question?.isAcknowledged = true }
                self.ledger.answered(self, game: question.game, ack)
            } else if let refused = try? WireJSON.decode(Refused.self, from: json), refused.error.retry == .never {
                if self.question?.index == question.index { self.question?.isAcknowledged = true }
            }
        }
    }

    // MARK: - Seeing

    private struct Numbered: Decodable { var seq: Int? }

    private func received(_ name: String, _ payload: ByteBuffer) {
        guard let event = ServerEventName(rawValue: name) else { return }
        let seq = event.eventClass == .game ? (try? WireJSON.decode(Numbered.self, from: payload))?.seq : nil
        if event == .roomState {
            guard let state = try? WireJSON.decode(RoomStatePayload.self, from: payload) else { return }
            ledger.sawState(self, state, payload)
            self.seq = state.seq
            take(state)
            return
        }
        ledger.saw(self, event, seq: seq, payload)
        if let seq { self.seq = seq }
        switch event {
        case .roomMe:
            guard let me = try? WireJSON.decode(MePayload.self, from: payload) else { return }
            if let token = me.token { self.token = token }
            player = me.player
            if let seat = me.seat { isLeading = seat.host }
        case .gameCountdown: phase = .countdown
        case .gameQuestion:
            guard let asked = try? WireJSON.decode(QuestionPayload.self, from: payload) else { return }
            consider(asked)
        case .gameLocked: phase = .locked
        case .gameReveal:
            phase = .reveal
            question = nil
        case .gameLeaderboard: phase = .leaderboard
        case .gameOver:
            guard let over = try? WireJSON.decode(GameOverPayload.self, from: payload) else { return }
            hasEnded(over)
        case .gameLobby: phase = .lobby
        case .roomClosed: phase = .closed
        default: break
        }
    }

    private func take(_ state: RoomStatePayload) {
        phase = state.phase
        if let asked = state.game?.question, state.phase == .question { consider(asked) }
        if let over = state.game?.over { hasEnded(over) }
    }

    private func hasEnded(_ over: GameOverPayload) {
        phase = .podium
        question = nil
        finished.insert(over.game)
    }

    private func consider(_ asked: QuestionPayload) {
        phase = .question
        if let question, question.game == asked.game, question.index == asked.index { return }
        // It opens a second after it is announced.
        let delay = 1_000 + simulator.generator.pick(50...3_500)
        question = OpenQuestion(
            game: asked.game, index: asked.index, choice: simulator.generator.pick(0...3),
            answerAtMs: simulator.nowMs + Int64(delay))
    }
}
