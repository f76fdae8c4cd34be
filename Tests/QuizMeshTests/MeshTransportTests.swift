import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import QuizCluster
import QuizModel
import QuizTelemetry
import Testing

@testable import QuizMesh

/// Real transports on the loopback interface.
@Suite struct MeshTransportTests {
    private func numbered(_ range: Range<Int>) -> [PeerMessage] {
        range.map { .ask(PeerCall(number: UInt64($0), question: .status)) }
    }

    private func close(_ nodes: [TestNode]) async {
        for node in nodes { await node.transport.close() }
    }

    @Test func `messages arrive in order both ways`() async throws {
        let (low, high) = (try await TestNode(1), try await TestNode(2))
        #expect(low.transport.send(SampleMessages.fixed[0], to: high.incarnation) == false, "there is no link yet")
        TestNode.introduce([low, high])
        try await low.waitForLink(to: high)
        try await high.waitForLink(to: low)
        #expect(low.transport.linked == [high.incarnation] && high.transport.linked == [low.incarnation])
        for message in SampleMessages.fixed + numbered(0..<2_000) {
            #expect(low.transport.send(message, to: high.incarnation))
            #expect(high.transport.send(message, to: low.incarnation))
        }
        let count = SampleMessages.fixed.count + 2_000
        try await low.waitForMessages(count, from: high)
        try await high.waitForMessages(count, from: low)
        #expect(low.messages(from: high) == SampleMessages.fixed + numbered(0..<2_000))
        #expect(high.messages(from: low) == SampleMessages.fixed + numbered(0..<2_000))
        // The first ping left before the first message: its answer came before the last one.
        #expect(try #require(low.transport.roundTrip(to: high.incarnation)) > .zero)
        #expect(low.transport.roundTrip(to: low.incarnation) == nil)
        #expect(low.metrics.gauge(.meshLinksUp).value == 1)
        #expect(low.metrics.counter(.meshSentFramesTotal).value > UInt64(count))
        #expect(low.metrics.histogram(.meshRoundTripSeconds).snapshot.count > 0)
        #expect(low.metrics.render().contains("quizmania_mesh_backlog_bytes 0"))
        await close([low])
        try await high.waitForEnd(of: low.incarnation)
        #expect(high.transport.linked == [] && high.transport.roundTrip(to: low.incarnation) == nil)
        #expect(low.events.events.last == .closed(high.incarnation))
        #expect(low.metrics.gauge(.meshLinksUp).value == 0)
        await close([high])
    }

    @Test func `each thread's messages keep their order`() async throws {
        let (low, high) = (try await TestNode(1), try await TestNode(2))
        TestNode.introduce([low, high])
        try await low.waitForLink(to: high)
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<4 {
                group.addTask {
                    for number in 0..<500 {
                        let message = PeerMessage.ask(
                            PeerCall(number: UInt64(thread << 32 | number), question: .publicRooms))
                        low.transport.send(message, to: high.incarnation)
                    }
                }
            }
        }
        try await high.waitForMessages(2_000, from: low)
        var last = [-1, -1, -1, -1]
        for case .ask(let call) in high.messages(from: low) {
            let (thread, number) = (Int(call.number >> 32), Int(call.number & 0xFFFF))
            #expect(number == last[thread] + 1)
            last[thread] = number
        }
        await close([low, high])
    }

    @Test func `three nodes are all linked, and answers come from where they were asked`() async throws {
        var nodes: [TestNode] = []
        for number in [30, 10, 20] as [UInt128] { nodes.append(try await TestNode(number)) }
        for node in nodes {
            node.answer.withLockedValue {
                $0 = { [transport = node.transport] message, peer in
                    guard case .ask(let call) = message else { return }
                    transport.send(.answer(PeerAnswer(number: call.number, status: 200, body: ByteBuffer())), to: peer)
                }
            }
        }
        TestNode.introduce(nodes)
        for node in nodes {
            for peer in nodes where peer !== node { try await node.waitForLink(to: peer) }
            #expect(node.transport.linked.count == 2)
        }
        for node in nodes {
            for peer in nodes where peer !== node {
                for message in numbered(0..<50) { node.transport.send(message, to: peer.incarnation) }
            }
        }
        for node in nodes {
            for peer in nodes where peer !== node {
                try await node.waitForMessages(100, from: peer)
                let answers = node.messages(from: peer).compactMap { message -> UInt64? in
                    if case .answer(let answer) = message { answer.number } else { nil }
                }
                #expect(answers == Array(0..<50))
            }
        }
        await close(nodes)
    }

    @Test func `after a cut the link comes back`() async throws {
        let (low, high) = (try await TestNode(1), try await TestNode(2))
        let relay = try await Relay(to: high.port)
        high.transport.setPeers([low.address])
        var address = high.address
        address.address = "127.0.0.1:\(relay.port)"
        low.transport.setPeers([address])
        for time in 1...3 {
            try await low.waitForLink(to: high, times: time)
            try await high.waitForLink(to: low, times: time)
            low.transport.send(numbered(time..<time + 1)[0], to: high.incarnation)
            try await high.waitForMessages(time, from: low)
            relay.cut()
            try await low.waitForEnd(of: high.incarnation, times: time)
            try await high.waitForEnd(of: low.incarnation, times: time)
        }
        #expect(high.messages(from: low) == numbered(1..<4))
        #expect(low.closed(.lost) == 3)
        await close([low, high])
        try await relay.close()
    }

    @Test func `a peer that is not there yet is dialled until it is`() async throws {
        let low = try await TestNode(1)
        let early = try await TestNode(2)
        let port = early.port
        await close([early])
        low.transport.setPeers([early.address])
        try await low.log.wait(for: "the first failure") { $0.message.contains("cannot be reached") }
        let late = try await TestNode(2) { $0.listen.port = port }
        late.transport.setPeers([low.address])
        try await low.waitForLink(to: late)
        await close([low, late])
    }

    @Test func `a silent peer loses the link`() async throws {
        func impatient(_ limit: Duration) -> (inout MeshConfiguration) -> Void {
            return {
                $0.keepAliveInterval = .milliseconds(200)
                $0.silenceLimit = limit
            }
        }
        // The one that dials again is the later one, so that the other notices by itself.
        let low = try await TestNode(1, impatient(.milliseconds(2_500)))
        let high = try await TestNode(2, impatient(.milliseconds(1_000)))
        let relay = try await Relay(to: high.port)
        high.transport.setPeers([low.address])
        var address = high.address
        address.address = "127.0.0.1:\(relay.port)"
        low.transport.setPeers([address])
        try await low.waitForLink(to: high)
        try await high.waitForLink(to: low)
        relay.interrupt()
        try await low.waitForBreak(.silent)
        try await high.waitForBreak(.silent)
        relay.restore()
        try await low.waitForLink(to: high, times: 2)
        await close([low, high])
        try await relay.close()
    }

    @Test func `peers that are no longer listed lose the link, and may come again`() async throws {
        let (low, high) = (try await TestNode(1), try await TestNode(2))
        TestNode.introduce([low, high])
        try await high.waitForLink(to: low)
        high.transport.setPeers([])
        try await high.waitForBreak(.unlisted)
        try await low.waitForEnd(of: high.incarnation)
        // It keeps dialling and keeps being refused.
        try await high.waitForRefusal(.unlisted)
        high.transport.setPeers([low.address])
        try await high.waitForLink(to: low, times: 2)
        try await low.waitForLink(to: high, times: 2)
        low.transport.setPeers([low.address])
        try await low.waitForBreak(.unlisted)
        try await high.waitForEnd(of: low.incarnation, times: 2)
        #expect(low.transport.linked == [])
        await close([low, high])
    }

    @Test func `what does not fit a frame is not sent, and the link stays`() async throws {
        let (low, high) = (try await TestNode(1), try await TestNode(2))
        TestNode.introduce([low, high])
        try await low.waitForLink(to: high)
        let large = PeerMessage.answer(
            PeerAnswer(number: 1, status: 200, body: ByteBuffer(repeating: 0, count: Limits.meshFrameBytesMax)))
        #expect(!low.transport.send(large, to: high.incarnation))
        #expect(low.metrics.counter(.meshMessagesUnsendableTotal).value == 1)
        let longest = PeerMessage.answer(
            PeerAnswer(number: 1, status: 200, body: ByteBuffer(repeating: 0, count: Limits.meshFrameBytesMax - 32)))
        #expect(low.transport.send(longest, to: high.incarnation))
        #expect(low.transport.send(numbered(0..<1)[0], to: high.incarnation))
        try await high.waitForMessages(2, from: low)
        #expect(high.messages(from: low) == [longest] + numbered(0..<1))
        await close([low, high])
    }

    // MARK: Slow readers

    private func chunk(_ number: Int) -> PeerMessage {
        .answer(PeerAnswer(number: UInt64(number), status: 200, body: ByteBuffer(repeating: 0x20, count: 10_000)))
    }

    @Test func `a slow reader costs the sender its backlog and then the link, and comes back`() async throws {
        let small: (inout MeshConfiguration) -> Void = {
            $0.creditBytes = 100_000
            $0.backlogBytesMax = 300_000
        }
        let (low, high) = (try await TestNode(1, small), try await TestNode(2, small))
        TestNode.introduce([low, high])
        try await low.waitForLink(to: high)
        try await high.waitForLink(to: low)
        high.transport.setWithheld(true, from: low.incarnation)
        try await high.settle()
        var sent = 0
        while low.transport.send(chunk(sent), to: high.incarnation), sent < 1_000 {
            sent += 1
            // The loop hands over what it may: what is counted then is what waits.
            try await low.settle()
        }
        #expect(sent * 10_000 <= 100_000 + 10_100 + 300_000, "no more than credit, one frame and the backlog")
        #expect(sent * 10_000 >= 300_000)
        try await low.waitForBreak(.backlog)
        try await low.waitForEnd(of: high.incarnation)
        try await high.waitForEnd(of: low.incarnation)
        #expect(low.closed(.backlog) == 1)
        #expect(high.messages(from: low).count <= 11, "what was granted and no more")
        try await low.waitForLink(to: high, times: 2)
        #expect(low.metrics.render().contains("quizmania_mesh_backlog_bytes 0"))
        let before = high.messages(from: low).count
        #expect(low.transport.send(chunk(9_999), to: high.incarnation))
        try await high.waitForMessages(before + 1, from: low)
        await close([low, high])
    }

    @Test func `a reader that catches up gets everything, in order`() async throws {
        let small: (inout MeshConfiguration) -> Void = { $0.creditBytes = 100_000 }
        let (low, high) = (try await TestNode(1, small), try await TestNode(2, small))
        TestNode.introduce([low, high])
        try await low.waitForLink(to: high)
        try await high.waitForLink(to: low)
        high.transport.setWithheld(true, from: low.incarnation)
        try await high.settle()
        for number in 0..<100 { #expect(low.transport.send(chunk(number), to: high.incarnation)) }
        try await high.waitForMessages(10, from: low)
        #expect(high.messages(from: low).count <= 11)
        high.transport.setWithheld(false, from: low.incarnation)
        try await high.waitForMessages(100, from: low)
        #expect(high.messages(from: low) == (0..<100).map { chunk($0) })
        await close([low, high])
    }
}
