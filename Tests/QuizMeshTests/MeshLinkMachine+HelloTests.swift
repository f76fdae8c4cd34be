import NIOCore
import QuizCluster
import QuizModel
import Testing

@testable import QuizMesh

@Suite struct MeshLinkMachineHelloTests {
    typealias Action = MeshLinkMachine.Action

    private func refusal(_ actions: [Action]) -> MeshRefusal? {
        if case .refused(let reason, _, _) = actions.last { reason } else { nil }
    }

    /// Both ends of a hello that fails.
    private func refusals(_ pair: MachinePair) -> [String] {
        var pair = pair
        pair.settle()
        return [pair.dialer, pair.acceptor].map { end in
            if case .refused(let reason, let side, _) = end.actions.last {
                "\(reason) by \(side)"
            } else {
                end.machine.isOpen ? "open" : "waiting"
            }
        }
    }

    @Test func `the dialer proves first, and both are up with credit and a ping`() {
        var pair = MachinePair()
        let (ours, theirs) = (pair.dialer.machine.hello, pair.acceptor.machine.hello)
        let transcript = MeshTranscript(dialer: ours, acceptor: theirs, version: 1)
        #expect(pair.acceptor.actions == [])
        pair.settle()
        let first: [Action] = [.write(.credit(4_000)), .write(.ping(1))]
        #expect(
            pair.acceptor.actions == [
                .write(.hello(theirs)), .write(.proof(transcript.proof(of: .acceptor, by: Given.secret()))),
                .opened(.init(incarnation: Given.low, name: "low", version: 1)),
            ] + first + [.write(.pong(1)), .measured(.zero)])
        #expect(
            pair.dialer.actions == [
                .write(.hello(ours)), .write(.proof(transcript.proof(of: .dialer, by: Given.secret()))),
                .opened(.init(incarnation: Given.high, name: "high", version: 1)),
            ] + first + [.write(.pong(1)), .measured(.zero)])
    }

    @Test func `the version is the highest both speak`() {
        let cases: [(low: ClosedRange<UInt8>, high: ClosedRange<UInt8>, version: UInt8)] = [
            (1...2, 1...1, 1), (2...3, 1...3, 3), (3...4, 4...9, 4),
        ]
        for (low, high, version) in cases {
            var pair = MachinePair(Given.dialer { $0.versions = low }, Given.acceptor { $0.versions = high })
            pair.settle()
            #expect(
                pair.dialer.actions.contains(.opened(.init(incarnation: Given.high, name: "high", version: version))))
            #expect(
                pair.acceptor.actions.contains(.opened(.init(incarnation: Given.low, name: "low", version: version))))
        }
    }

    @Test func `no common version is refused, and both sides know`() {
        let pair = MachinePair(Given.dialer { $0.versions = 2...3 })
        #expect(refusals(pair) == ["version by peer", "version by us"])
        var acceptor = pair.acceptor.machine
        #expect(
            acceptor.received(.hello(pair.dialer.machine.hello)) == [
                .write(.refusal(.version)),
                .refused(.version, by: .us, context: "here 1 to 1 are spoken, there 2 to 3"),
            ])
    }

    @Test func `another cluster is refused`() {
        #expect(refusals(MachinePair(Given.dialer { $0.cluster = "cellar" })) == ["cluster by peer", "cluster by us"])
    }

    @Test func `a dialer without the secret learns nothing that was made with it`() {
        let pair = MachinePair(Given.dialer { $0.secrets = [Given.secret(2)] })
        #expect(refusals(pair) == ["secret by peer", "secret by us"])
        var settled = pair
        settled.settle()
        for case .write(.proof) in settled.acceptor.actions { Issue.record("the acceptor proved something") }
    }

    @Test func `an acceptor without the secret is refused`() {
        var dialer = Given.dialer()
        let acceptor = Given.acceptor()
        _ = dialer.connected(now: Given.start)
        #expect(dialer.received(.hello(acceptor.hello)).count == 1)
        let transcript = MeshTranscript(dialer: dialer.hello, acceptor: acceptor.hello, version: 1)
        let wrong = transcript.proof(of: .acceptor, by: Given.secret(2))
        #expect(refusal(dialer.received(.proof(wrong))) == .secret)
    }

    @Test func `a secret is replaced node by node`() {
        let (old, new) = (Given.secret(1), Given.secret(2))
        for (low, high) in [
            ([old], [old, new]), ([new, old], [old, new]), ([old, new], [new, old]), ([new], [old, new]),
        ] {
            let pair = MachinePair(Given.dialer { $0.secrets = low }, Given.acceptor { $0.secrets = high })
            #expect(refusals(pair) == ["open", "open"])
        }
        #expect(refusals(MachinePair(Given.dialer { $0.secrets = [new] })) == ["secret by peer", "secret by us"])
    }

    @Test func `one's own proof does not come back as the other's`() {
        var dialer = Given.dialer()
        _ = dialer.connected(now: Given.start)
        guard case .write(.proof(let proof)) = dialer.received(.hello(Given.acceptor().hello)).first else {
            Issue.record("the dialer did not prove anything")
            return
        }
        #expect(refusal(dialer.received(.proof(proof))) == .secret)
    }

    @Test func `a recorded hello is of no use`() {
        var recorded = MachinePair()
        var frames: [MeshFrame] = []
        recorded.settle()
        for case .write(let frame) in recorded.dialer.actions.prefix(2) { frames.append(frame) }
        var acceptor = Given.acceptor(nonce: 21)
        _ = acceptor.connected(now: Given.start)
        #expect(acceptor.received(frames[0]) == [.write(.hello(acceptor.hello))])
        #expect(
            acceptor.received(frames[1]) == [
                .write(.refusal(.secret)), .refused(.secret, by: .us, context: "a wrong proof"),
            ])
    }

    @Test func `a dialled address must be answered by the process and the name that were dialled`() {
        func expecting(_ incarnation: UInt128, _ name: String) -> MachinePair {
            MachinePair(
                Given.dialer(
                    expecting: PeerAddress(incarnation: Incarnation(value: incarnation), name: name, address: "h:1")))
        }
        #expect(refusals(expecting(3, "high")) == ["incarnation by us", "incarnation by peer"])
        #expect(refusals(expecting(2, "tall")) == ["name by us", "name by peer"])
        #expect(refusals(expecting(2, "high")) == ["open", "open"])
    }

    @Test func `only peers that are listed, with their names, and lower, may dial`() {
        var acceptor = Given.acceptor()
        _ = acceptor.connected(now: Given.start)
        func received(_ incarnation: UInt128, _ name: String) -> MeshRefusal? {
            var (hello, machine) = (Given.dialer().hello, acceptor)
            hello.incarnation = Incarnation(value: incarnation)
            hello.name = name
            return refusal(machine.received(.hello(hello)) { $0.value <= 3 ? "node-\($0.value)" : nil })
        }
        #expect(received(1, "node-1") == nil)
        #expect(received(1, "node-2") == .name)
        #expect(received(0, "node-0") == nil)
        #expect(received(2, "node-2") == .direction, "itself")
        #expect(received(3, "node-3") == .direction)
        var machine = acceptor
        #expect(refusal(machine.received(.hello(Given.dialer().hello)) { _ in nil }) == .unlisted)
    }

    @Test func `who is no longer listed when the proof comes is refused`() {
        var pair = MachinePair()
        pair.arrive(at: \.acceptor)
        pair.arrive(at: \.dialer)
        guard case .write(let proof) = pair.dialer.actions.last else {
            Issue.record("no proof")
            return
        }
        #expect(refusal(pair.acceptor.machine.received(proof) { _ in nil }) == .unlisted)
    }

    @Test func `a hello takes five seconds at most`() {
        let limit = Given.start + .seconds(5)
        for step in 0...2 {
            for place in [\MachinePair.dialer, \MachinePair.acceptor] {
                var pair = MachinePair()
                if step > 0 { pair.arrive(at: \.acceptor) }
                if step > 1 { pair.arrive(at: \.dialer) }
                pair.now = limit - .nanoseconds(1)
                pair.tick(at: place)
                #expect(!pair[keyPath: place].isGone)
                pair.now = limit
                pair.tick(at: place)
                #expect(refusal(pair[keyPath: place].actions) == .deadline)
            }
        }
    }

    @Test func `each state takes its own frames and no others`() {
        let dialer = Given.dialer()
        let acceptor = Given.acceptor()
        let frames: [MeshFrame] = [
            .hello(dialer.hello), .proof(Array(0..<32)), .refusal(.other), .message(ByteBuffer(bytes: [16, 1, 4])),
            .ping(1), .pong(1), .credit(1),
        ]
        func outcomes(_ machine: MeshLinkMachine) -> [String] {
            frames.map { frame in
                var machine = machine
                let actions = machine.received(frame)
                switch actions.last {
                case .refused(let reason, _, _): return "\(reason)"
                case .closed(let reason, _): return "\(reason)"
                default: return machine.isEnded ? "ended" : "\(actions.count)"
                }
            }
        }
        var machine = dialer
        #expect(outcomes(machine) == Array(repeating: "0", count: 7), "nothing comes before the connection")
        _ = machine.connected(now: Given.start)
        #expect(outcomes(machine) == ["incarnation", "malformed", "other"] + Array(repeating: "malformed", count: 4))
        _ = machine.received(.hello(acceptor.hello))
        #expect(outcomes(machine) == ["malformed", "secret", "other"] + Array(repeating: "malformed", count: 4))
        machine = acceptor
        _ = machine.connected(now: Given.start)
        #expect(outcomes(machine) == ["1"] + Array(repeating: "malformed", count: 6))
        _ = machine.received(.hello(dialer.hello))
        #expect(outcomes(machine) == ["malformed", "secret", "other"] + Array(repeating: "malformed", count: 4))
        var pair = MachinePair()
        pair.settle()
        machine = pair.acceptor.machine
        #expect(outcomes(machine) == ["malformed", "malformed", "malformed", "1", "1", "malformed", "0"])
        _ = machine.close(.shutdown, or: .shutdown, "")
        #expect(outcomes(machine) == Array(repeating: "ended", count: 7))
    }

    @Test func `an end comes once, and is a refusal before the link and a closing after it`() {
        func ends(_ machine: MeshLinkMachine) -> [Action] {
            var machine = machine
            let first = machine.close(.lost, or: .tls, "x")
            #expect(machine.close(.lost, or: .tls, "y") == [])
            #expect(machine.ticked(now: .distantFuture) == [])
            #expect(machine.unreadable(MeshCodecError(.truncated, "z")) == [])
            #expect(machine.send([Given.frame(SampleMessages.fixed[0])]) == [])
            #expect(machine.consumed(10_000) == [])
            #expect(machine.connected(now: Given.start) == [])
            return first
        }
        let refused: [Action] = [.refused(.tls, by: .us, context: "x")]
        var pair = MachinePair()
        #expect(ends(Given.dialer()) == refused)
        #expect(ends(pair.dialer.machine) == refused)
        pair.arrive(at: \.acceptor)
        #expect(ends(pair.acceptor.machine) == refused)
        pair.settle()
        #expect(ends(pair.dialer.machine) == [.closed(.lost, context: "x")])
        #expect(
            pair.dialer.machine.unreadable(MeshCodecError(.oversized, "z")) == [
                .closed(.oversized, context: "oversized at z")
            ])
    }
}
