import NIOCore
import QuizWire
import Testing

@Suite struct EngineIOSessionTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private static let timing = EngineIOTiming(pingInterval: .milliseconds(300), pingTimeout: .milliseconds(200))

    private func after(_ milliseconds: Int64) -> NIODeadline { Self.start + .milliseconds(milliseconds) }
    private func session(onWebSocket: Bool = false) -> SessionUnderTest {
        SessionUnderTest(EngineIOSession(onWebSocket: onWebSocket, timing: Self.timing, now: Self.start))
    }
    private let hello = EngineIOPacket.message(ByteBuffer(string: "hello"))
    private let probe = EngineIOPacket.ping(ByteBuffer(string: "probe"))
    private let pong = EngineIOPacket.pong(ByteBuffer())

    // MARK: Long-polling

    @Test func `a poll with something to fetch is answered at once, otherwise held until there is`() {
        let session = session()
        #expect(session.pollReceived(hasBuffered: true, at: after(1)) == [.answerPoll(.buffered)])
        #expect(session.pollReceived(hasBuffered: false, at: after(2)) == [])
        #expect(session.bufferFilled() == [.answerPoll(.buffered)])
        #expect(session.bufferFilled() == [])
    }

    @Test func `a second poll beside a held one ends the session`() {
        let session = session()
        _ = session.pollReceived(hasBuffered: false, at: after(1))
        #expect(
            session.pollReceived(hasBuffered: false, at: after(2))
                == [.answerPoll(.close), .closed(.protocolViolation), .refusePoll])
        #expect(session.pollReceived(hasBuffered: false, at: after(3)) == [.refusePoll])
    }

    @Test func `the client of a held poll going away ends the session`() {
        let session = session()
        #expect(session.pollAborted() == [])
        _ = session.pollReceived(hasBuffered: false, at: after(1))
        #expect(session.pollAborted() == [.closed(.transportClosed)])
    }

    @Test func `a POST delivers its packets in order and is accepted`() {
        let session = session()
        #expect(
            session.postReceived([hello, .noop, pong, .binary(ByteBuffer())], at: after(1))
                == [.deliver(hello), .deliver(pong), .deliver(.binary(ByteBuffer())), .acceptPost])
    }

    @Test func `a malformed POST is refused and ends the session, with its poll`() {
        let session = session()
        _ = session.pollReceived(hasBuffered: false, at: after(1))
        #expect(
            session.postReceived(nil, at: after(2))
                == [.answerPoll(.close), .closed(.protocolViolation), .refusePost])
    }

    @Test func `a close packet answers the held poll with a noop and ends the session`() {
        let session = session()
        _ = session.pollReceived(hasBuffered: false, at: after(1))
        #expect(
            session.postReceived([hello, .close, hello], at: after(2))
                == [.deliver(hello), .answerPoll(.noop), .closed(.clientClosed), .acceptPost])
    }

    @Test func `a client's ping goes in the wrong direction`() {
        let session = session(onWebSocket: true)
        #expect(
            session.packetReceived(.ping(ByteBuffer()), at: after(1)) == [.closeWebSocket, .closed(.protocolViolation)])
    }

    // MARK: Heartbeat

    @Test func `a ping is due after the interval, death after interval and timeout, by one deadline`() {
        let session = session(onWebSocket: true)
        #expect(session.deadline == after(300))
        #expect(session.timeReached(after(299)) == [])
        // The timer is late: the deadline of death does not move.
        #expect(session.timeReached(after(450)) == [.sendPing])
        #expect(session.deadline == after(500))
        #expect(session.timeReached(after(499)) == [])
        #expect(session.timeReached(after(500)) == [.closeWebSocket, .closed(.pingTimeout)])
        #expect(session.deadline == nil)
    }

    @Test func `a pong begins the next interval`() {
        let session = session(onWebSocket: true)
        _ = session.timeReached(after(300))
        #expect(session.packetReceived(pong, at: after(310)) == [.deliver(pong)])
        #expect(session.deadline == after(610))
        #expect(session.timeReached(after(610)) == [.sendPing])
        #expect(session.deadline == after(810))
    }

    @Test func `every event finds out that the session should be dead, before any timer does`() {
        let late = after(500)
        let polled = session()
        #expect(polled.pollReceived(hasBuffered: true, at: late) == [.closed(.pingTimeout), .refusePoll])
        let posted = session()
        #expect(posted.postReceived([pong], at: late) == [.closed(.pingTimeout), .refusePost])
        let spoken = session(onWebSocket: true)
        #expect(spoken.packetReceived(pong, at: late) == [.closeWebSocket, .closed(.pingTimeout)])
        let probed = session()
        #expect(probed.probeOpened(at: late) == [.closed(.pingTimeout), .closeProbe])
    }

    // MARK: Upgrade

    @Test func `an upgrade is probe, answer, upgrade, and a poll beside it gets a noop`() {
        let session = session()
        _ = session.pollReceived(hasBuffered: false, at: after(1))
        #expect(session.probeOpened(at: after(2)) == [])
        #expect(session.probePacketReceived(probe, at: after(3)) == [.answerProbe, .answerPoll(.noop)])
        #expect(session.pollReceived(hasBuffered: true, at: after(4)) == [.answerPoll(.noop)])
        #expect(session.bufferFilled() == [])
        #expect(session.postReceived([hello], at: after(5)) == [.deliver(hello), .acceptPost])
        #expect(session.probePacketReceived(.upgrade, at: after(6)) == [.adoptProbe])
        #expect(session.pollReceived(hasBuffered: false, at: after(7)) == [.refusePoll])
        #expect(session.postReceived([hello], at: after(8)) == [.refusePost])
        #expect(session.packetReceived(hello, at: after(9)) == [.deliver(hello)])
    }

    @Test func `a second WebSocket is closed and the first lives on`() {
        let session = session()
        _ = session.probeOpened(at: after(1))
        #expect(session.probeOpened(at: after(2)) == [.closeProbe])
        _ = session.probePacketReceived(probe, at: after(3))
        #expect(session.probeOpened(at: after(4)) == [.closeProbe])
        _ = session.probePacketReceived(.upgrade, at: after(5))
        #expect(session.probeOpened(at: after(6)) == [.closeProbe])
        #expect(session.packetReceived(hello, at: after(7)) == [.deliver(hello)])
    }

    @Test func `a probe that fails leaves the polls as they were`() {
        let unprobed = session()
        _ = unprobed.pollReceived(hasBuffered: false, at: after(1))
        _ = unprobed.probeOpened(at: after(2))
        #expect(unprobed.probePacketReceived(hello, at: after(3)) == [.closeProbe])
        #expect(unprobed.state == .polling(isPollHeld: true))
        let probed = session()
        _ = probed.probeOpened(at: after(1))
        _ = probed.probePacketReceived(probe, at: after(2))
        #expect(probed.probeClosed() == [])
        #expect(probed.pollReceived(hasBuffered: true, at: after(3)) == [.answerPoll(.buffered)])
    }

    @Test func `an upgrade without a probe is refused`() {
        let session = session()
        _ = session.probeOpened(at: after(1))
        #expect(session.probePacketReceived(.upgrade, at: after(2)) == [.closeProbe])
    }

    @Test func `a ping that falls due during an upgrade waits for the WebSocket`() {
        let session = session()
        _ = session.probeOpened(at: after(1))
        _ = session.probePacketReceived(probe, at: after(2))
        #expect(session.timeReached(after(300)) == [.sendPing])
        #expect(session.bufferFilled() == [])
        #expect(session.probePacketReceived(.upgrade, at: after(301)) == [.adoptProbe])
    }

    // MARK: End

    @Test func `a frame that is no packet closes the WebSocket`() {
        let session = session(onWebSocket: true)
        #expect(session.packetReceived(nil, at: after(1)) == [.closeWebSocket, .closed(.protocolViolation)])
    }

    @Test func `closed once, a session says nothing any more`() {
        for state in ["polling", "held", "probing", "upgrading", "webSocket"] {
            let session = self.session(onWebSocket: state == "webSocket")
            if state == "held" { _ = session.pollReceived(hasBuffered: false, at: after(1)) }
            if state == "probing" || state == "upgrading" { _ = session.probeOpened(at: after(1)) }
            if state == "upgrading" { _ = session.probePacketReceived(probe, at: after(2)) }
            #expect(session.close(.serverClosed).last == .closed(.serverClosed))
            #expect(session.close(.serverClosed) == [])
            #expect(session.timeReached(after(9_999)) == [])
            #expect(session.pollAborted() == [])
            #expect(session.bufferFilled() == [])
            #expect(session.webSocketClosed() == [])
            #expect(session.probeClosed() == [])
            #expect(session.packetReceived(hello, at: after(3)) == [])
            #expect(session.pollReceived(hasBuffered: true, at: after(3)) == [.refusePoll])
            #expect(session.postReceived([hello], at: after(3)) == [.refusePost])
            #expect(session.probeOpened(at: after(3)) == [.closeProbe])
            #expect(session.state == .closed(.serverClosed))
        }
    }

    /// Any sequence of events: exactly one `closed`, nothing delivered after it, each request answered at most once.
    @Test(arguments: 0..<200)
    func `random events keep the invariants`(seed: Int) {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func draw(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        let session = session(onWebSocket: draw(4) == 0)
        var now = Self.start
        var closes = 0
        var isPollHeld = false
        let packets: [EngineIOPacket?] = [hello, pong, probe, .upgrade, .close, .noop, nil, hello, hello, pong]
        for _ in 0..<60 {
            now = now + .milliseconds(Int64(draw(80)))
            let packet = packets[Int(draw(UInt64(packets.count)))]
            let wasClosed = session.isClosed
            var isPolling = false
            let actions: [EngineIOSession.Action]
            switch draw(9) {
            case 0:
                isPolling = true
                actions = session.pollReceived(hasBuffered: draw(2) == 0, at: now)
            case 1:
                actions = isPollHeld ? session.pollAborted() : []
                if isPollHeld { isPollHeld = false }
            case 2: actions = session.postReceived(packet.map { [$0] }, at: now)
            case 3: actions = session.packetReceived(packet, at: now)
            case 4: actions = session.probeOpened(at: now)
            case 5: actions = session.probePacketReceived(packet, at: now)
            case 6: actions = session.probeClosed()
            case 7: actions = session.bufferFilled()
            default: actions = session.timeReached(now)
            }
            var pollAnswers = 0
            for action in actions {
                switch action {
                case .closed: closes += 1
                case .deliver: #expect(!wasClosed)
                case .answerPoll: pollAnswers += 1
                default: break
                }
            }
            let refused = actions.contains(.refusePoll)
            #expect(pollAnswers <= (isPollHeld ? 1 : 0) + (isPolling ? 1 : 0), "seed \(seed)")
            if isPollHeld, pollAnswers > 0 {
                isPollHeld = false
            } else if isPolling, pollAnswers == 0, !refused {
                #expect(!isPollHeld, "seed \(seed)")
                isPollHeld = true
            }
            if session.isClosed { #expect(!isPollHeld, "seed \(seed)") }
            #expect(session.isClosed == (session.deadline == nil))
        }
        #expect(closes == (session.isClosed ? 1 : 0), "seed \(seed)")
    }
}
