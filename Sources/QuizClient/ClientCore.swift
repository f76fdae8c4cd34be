import NIOCore
import QuizModel
import QuizWire

/// A client's connections, what waits for answers, and its way back: everything behind `QuizClient`.
///
/// Normal path: one socket (`line`), `room:me` says who the client is and whether it has a seat. When the socket breaks, another one is opened after a while that shows
/// `pid` and the last offset: the server sends what was missed, or the whole state; a client without its seat joins again. What may be repeated and has no answer is then
/// sent again; of everything else the caller learns that its answer is lost. `+Moving` has the second socket of a move.
///
/// Confined to `loop`, which is what makes the unchecked conformance hold.
final class ClientCore: ClientSocketOwner, @unchecked Sendable {  // confined to `loop`
    /// A command without its answer.
    struct Waiting {
        var name: ClientEventName
        var json: ByteBuffer
        /// The server knows it again when it comes twice.
        var repeats: Bool
        var answer: EventLoopPromise<ByteBuffer>
        var limit: Scheduled<Void>
        /// Over which it was sent last; nil: it is to be sent.
        var socket: ClientSocket?
    }

    let loop: any EventLoop
    let configuration: QuizClientConfiguration
    let home: ServerAddress
    private let give: AsyncThrowingStream<QuizEvent, any Error>.Continuation
    private let delay: ReconnectDelay

    /// What everything goes over; nil: there is none now.
    var line: ClientSocket?
    var pid: String?
    var seen = SeenEvents()
    var waiting: [Int: Waiting] = [:]
    private var lastNumber = 0
    private var token: String?
    private var attempt = 0
    private var isConnected = false
    private var comingBack: Scheduled<Void>?
    private var begun: EventLoopPromise<MePayload>?
    private(set) var isOver = false
    /// The room the client is in, or was in and wants back, and how it joins it.
    private var wanted: JoinRoomCommand?

    // For `+Moving`.
    var candidate: Candidate?
    /// The line before this one, until its answers are in.
    var retired: ClientSocket?
    var avoided: [String: NIODeadline] = [:]
    /// Another address than home that worked.
    var direct: ServerAddress?

    init(
        _ configuration: QuizClientConfiguration, home: ServerAddress, loop: any EventLoop,
        give: AsyncThrowingStream<QuizEvent, any Error>.Continuation
    ) {
        self.configuration = configuration
        self.home = home
        self.loop = loop
        self.give = give
        token = configuration.token
        delay = ReconnectDelay(first: configuration.reconnectDelay, most: configuration.reconnectDelayMax)
    }

    // MARK: - Asked from outside, on the loop

    func connect() -> EventLoopFuture<MePayload> {
        let promise = begun ?? loop.makePromise(of: MePayload.self)
        if isOver {
            promise.fail(QuizClientError.closed)
        } else if begun == nil {
            begun = promise
            open(home)
        }
        return promise.futureResult
    }

    /// - Parameter repeats: nothing happens twice when the server gets it twice; it is kept over broken connections.
    func command(_ name: ClientEventName, _ json: ByteBuffer, repeats: Bool) -> EventLoopFuture<ByteBuffer> {
        let answer = loop.makePromise(of: ByteBuffer.self)
        let isUp = line?.isUp == true
        if isOver || !(isUp || repeats) {
            answer.fail(isOver ? QuizClientError.closed : .lost)
            return answer.futureResult
        }
        lastNumber += 1
        let number = lastNumber
        let limit = loop.scheduleTask(in: configuration.commandLimit) { self.fail([number], .timedOut) }
        waiting[number] = Waiting(name: name, json: json, repeats: repeats, answer: answer, limit: limit, socket: nil)
        if isUp { send(number) }
        return answer.futureResult
    }

    /// - Parameter command: nil: the client has left.
    func wants(_ command: JoinRoomCommand?) { wanted = command }

    func finish(_ error: QuizClientError?) {
        guard !isOver else { return }
        isOver = true
        comingBack?.cancel()
        for socket in [line, retired, candidate?.socket] { socket?.close() }
        (line, retired, candidate) = (nil, nil, nil)
        fail(Array(waiting.keys), error ?? .closed)
        begun?.fail(error ?? .closed)
        if let error { give.finish(throwing: error) } else { give.finish() }
    }

    // MARK: - Connecting

    private func open(_ address: ServerAddress) {
        let auth = HandshakeAuth(
            token: token, nickname: token == nil ? configuration.nickname : nil, pid: pid,
            offset: pid == nil ? nil : seen.offset, capabilities: configuration.followsRedirects ? ["redirect"] : nil)
        let socket = ClientSocket(address: address, auth: auth, loop: loop, owner: self)
        line = socket
        socket.open(within: configuration.connectLimit)
    }

    private func comeBack() {
        guard !isOver else { return }
        attempt += 1
        comingBack = loop.scheduleTask(in: delay.delay(attempt: attempt, draw: .random(in: 0..<1))) {
            // Home may be the node that has died.
            self.open(self.attempt % 2 == 0 ? self.direct ?? self.home : self.home)
        }
    }

    /// Another connection than the one that was waited for is there.
    func stayHere() {
        comingBack?.cancel()
        attempt = 0
        isConnected = true
    }

    func accepted(pid: String?, by socket: ClientSocket) {
        if socket === candidate?.socket {
            candidate?.pid = pid
            return
        }
        guard socket === line else { return }
        let recovered = pid != nil && pid == self.pid
        self.pid = pid
        attempt = 0
        isConnected = true
        if socket.address != home { direct = socket.address }
        emit(.connected(recovered: recovered))
    }

    func refused(_ error: ErrorPayload, by socket: ClientSocket) {
        guard socket === line else { return }
        if error.code == .unauthorized, token != nil, configuration.token == nil {
            // A guest's token has run out: with its name and its `pid` it is the same guest while its room goes on.
            token = nil
        } else if error.retry == .never {
            finish(.refused(error))
        }
    }

    func closed(_ socket: ClientSocket, byServer: Bool) {
        if socket === candidate?.socket { return giveUpMoving() }
        let left = waiting.filter { $0.value.socket === socket }.map(\.key)
        fail(left.filter { waiting[$0]?.repeats != true }, .lost)
        for number in left { waiting[number]?.socket = nil }
        if socket === retired {
            retired = nil
            if line?.isUp == true { sendAgain() }
        }
        guard socket === line, !isOver else { return }
        line = nil
        if isConnected { emit(.disconnected) }
        isConnected = false
        if byServer { finish(nil) } else { comeBack() }
    }

    // MARK: - Receiving

    func received(_ event: SeenEvents.Arrival, from socket: ClientSocket) {
        if socket === candidate?.socket { return hold(event) }
        if socket === line { deliver(event) }
    }

    func deliver(_ event: SeenEvents.Arrival) {
        guard !seen.isOld(event) else { return }
        seen.note(event)
        if event.name == .clusterRedirect, let way = try? WireJSON.decode(RedirectPayload.self, from: event.payload) {
            follow(way)
        }
        guard let known = QuizEvent(event.name, event.payload) else { return }
        emit(known)
        if case .roomMe(let me) = known { seated(me) }
        if case .roomClosed = known { wanted = nil }
    }

    /// `room:me` comes last when a connection has begun: now is the time to go on.
    private func seated(_ me: MePayload) {
        if let token = me.token { self.token = token }
        begun?.succeed(me)
        if let wanted, me.seat?.code != wanted.code, !waiting.values.contains(where: { $0.name == .roomJoin }) {
            rejoin(wanted)
        } else {
            sendAgain()
        }
    }

    private func rejoin(_ command: JoinRoomCommand) {
        guard let json = try? WireJSON.buffer(command) else { return }  // texts always encode
        self.command(.roomJoin, json, repeats: true).whenSuccess { answer in
            if let refusal = try? WireJSON.decode(Refused.self, from: answer) {  // no refusal: it is in
                self.wanted = nil
                self.fail(self.waiting.filter { $0.value.socket == nil }.map(\.key), .refused(refusal.error))
            } else {
                self.sendAgain()
            }
        }
    }

    func acknowledged(_ number: Int, _ json: ByteBuffer, by socket: ClientSocket) {
        guard let done = waiting.removeValue(forKey: number) else { return }
        done.limit.cancel()
        done.answer.succeed(json)
        closeRetired()
    }

    private func emit(_ event: QuizEvent) {
        if case .dropped = give.yield(event) { finish(.readerTooSlow) }
    }

    func say(_ event: QuizEvent) { emit(event) }

    // MARK: - Sending

    private func send(_ number: Int) {
        guard let line, line.isUp, let entry = waiting[number] else { return }
        waiting[number]?.socket = line
        line.send(entry.name, entry.json, number: number)
    }

    /// What has been sent over no connection that lives, in the order in which it was asked.
    func sendAgain() {
        for number in waiting.filter({ $0.value.socket == nil }).keys.sorted() { send(number) }
    }

    private func fail(_ numbers: [Int], _ error: QuizClientError) {
        for number in numbers {
            guard let entry = waiting.removeValue(forKey: number) else { continue }
            entry.limit.cancel()
            entry.answer.fail(error)
        }
    }
}
