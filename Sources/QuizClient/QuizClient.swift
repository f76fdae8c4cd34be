internal import NIOConcurrencyHelpers
public import NIOCore
internal import NIOPosix
public import QuizModel
internal import QuizWire

/// A player in a program: connects to a QuizMania cluster, plays, and stays in its room whatever becomes of single connections.
///
/// ```swift
/// let client = try QuizClient(.init(url: "https://quiz.example.org", nickname: Nickname("Ada")!))
/// try await client.connect()
/// try await client.join(code)
/// for try await event in client.events {
///     if case .question(let question) = event { _ = try await client.answer(question, choice: [0]) }
/// }
/// ```
///
/// It comes back after a broken connection with full jitter, is given every game event it missed in order (`connected(recovered: true)`) or the whole state, and goes to the node of its room
/// when it is told where that is, without leaving. Answers and lines of chat are sent again under their own names until they are acknowledged, so that none
/// counts twice. Everything may be called from any task.
public final class QuizClient: Sendable {
    /// Events in their order. One reader; the sequence ends with `close`, and with an error when the client was refused or its reader too slow.
    public let events: AsyncThrowingStream<QuizEvent, any Error>

    let core: ClientCore
    let loop: any EventLoop
    private let clock = NIOLockedValueBox<Double?>(nil)

    /// - Parameter eventLoop: where its connections live; nil: one of the process.
    /// - Throws: `addressUnusable`.
    public init(
        _ configuration: QuizClientConfiguration, eventLoop: (any EventLoop)? = nil
    ) throws(QuizClientError) {
        let (events, give) = AsyncThrowingStream<QuizEvent, any Error>.makeStream(
            bufferingPolicy: .bufferingOldest(configuration.eventsWaitingMax))
        self.events = events
        let loop = eventLoop ?? MultiThreadedEventLoopGroup.singleton.next()
        self.loop = loop
        core = ClientCore(configuration, home: try ServerAddress(configuration.url), loop: loop, give: give)
    }

    /// Connects, for as long as it takes.
    ///
    /// - Returns: who the client is, and its seat if it has one.
    /// - Throws: `refused`, `closed`.
    @discardableResult
    public func connect() async throws(QuizClientError) -> MePayload {
        try await Self.outcome(loop.flatSubmit { [core] in core.connect() })
    }

    /// Ends the connection; the seat stays. Give it up with `leave` before.
    public func close() async {
        _ = try? await loop.submit { [core] in core.finish(nil) }.get()  // never fails
    }

    // MARK: - The room's clock

    /// Compares clocks with the room, or with the node when in no room: takes the fastest of five exchanges.
    ///
    /// The room's clock stands still while the room moves to another node: compare again after `QuizEvent.moved`.
    public func synchronise() async throws(QuizClientError) {
        var best: (roundTrip: Double, offset: Double)?
        for _ in 0..<5 {
            let sent = Self.nowMs()
            let answer: TimeSyncAck = try await send(.timeSync, TimeSyncCommand(t0: sent), repeats: false)
            let received = Self.nowMs()
            if received - sent < best?.roundTrip ?? .infinity {
                best = (received - sent, answer.t1 - (sent + received) / 2)
            }
        }
        let offset = best?.offset
        clock.withLockedValue { $0 = offset }
    }

    /// Room time, milliseconds, as good as the last `synchronise`; nil before the first.
    public var roomTime: Double? { clock.withLockedValue { $0 }.map { $0 + Self.nowMs() } }

    private static func nowMs() -> Double { Double(NIODeadline.now().uptimeNanoseconds) / 1_000_000 }

    // MARK: - Detail

    /// Sends a command and reads its acknowledgement.
    ///
    /// - Parameter repeats: the server knows the command again; it is sent until it is acknowledged.
    func send<Command: Encodable, Ack: Codable & Sendable & Hashable>(
        _ name: ClientEventName, _ command: Command, repeats: Bool
    ) async throws(QuizClientError) -> Ack {
        guard let json = try? WireJSON.buffer(command) else { throw .unintelligible }  // a number that is not finite
        let answer = try await Self.outcome(
            loop.flatSubmit { [core] in core.command(name, json, repeats: repeats) })
        if let accepted = try? WireJSON.decode(Accepted<Ack>.self, from: answer), accepted.ok { return accepted.ack }
        // What is neither is no answer of ours.
        guard let refused = try? WireJSON.decode(Refused.self, from: answer) else { throw .unintelligible }
        throw .refused(refused.error)
    }

    private static func outcome<Value: Sendable>(_ future: EventLoopFuture<Value>) async throws(QuizClientError)
        -> Value
    {
        do {
            return try await future.get()
        } catch let error as QuizClientError {
            throw error
        } catch {
            throw .lost
        }
    }
}
