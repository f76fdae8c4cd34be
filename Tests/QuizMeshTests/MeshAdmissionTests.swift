import Foundation
import Logging
import NIOCore
import NIOPosix
import QuizCluster
import QuizModel
import QuizTelemetry
import Testing

@testable import QuizMesh

/// Who becomes a link of a real transport and who does not.
@Suite struct MeshAdmissionTests {
    private static let told = "A peer has refused a connection."

    private func close(_ nodes: [TestNode]) async {
        for node in nodes { await node.transport.close() }
    }

    /// Neither side has ever had a link.
    private func expectNone(_ nodes: [TestNode]) {
        for node in nodes { #expect(node.events.events == [] && node.transport.linked == []) }
    }

    // MARK: Two nodes that should not be linked

    @Test func `a node with another secret is refused, and told so`() async throws {
        let (low, high) = (try await TestNode(1) { $0.secret = Given.secret(9) }, try await TestNode(2))
        TestNode.introduce([low, high])
        try await high.waitForRefusal(.secret)
        try await low.waitForRefusal(.secret, by: Self.told)
        #expect(high.refused(.secret) >= 1 && low.refused(.secret) >= 1)
        await close([low, high])
        expectNone([low, high])
    }

    @Test func `a former secret is taken while it is being replaced`() async throws {
        let (low, high) = (
            try await TestNode(1),
            try await TestNode(2) {
                $0.secret = Given.secret(9)
                $0.otherSecrets = [Given.secret()]
            }
        )
        TestNode.introduce([low, high])
        try await low.waitForLink(to: high)
        await close([low, high])
    }

    @Test func `another process at a peer's address is refused`() async throws {
        let (low, high) = (try await TestNode(1), try await TestNode(3))
        var former = high.address
        former.incarnation = Incarnation(value: 2)
        high.transport.setPeers([low.address])
        low.transport.setPeers([former])
        try await low.waitForRefusal(.incarnation)
        try await high.waitForRefusal(.incarnation, by: Self.told)
        var renamed = high.address
        renamed.name = "node-4"
        low.transport.setPeers([renamed])
        try await low.waitForRefusal(.name)
        await close([low, high])
        expectNone([low, high])
    }

    @Test func `another cluster is refused`() async throws {
        let (low, high) = (try await TestNode(1) { $0.cluster = "cellar" }, try await TestNode(2))
        TestNode.introduce([low, high])
        try await high.waitForRefusal(.cluster)
        try await low.waitForRefusal(.cluster, by: Self.told)
        await close([low, high])
        expectNone([low, high])
    }

    @Test func `neighbouring versions speak the older one, others do not speak`() async throws {
        let old = try await TestNode(2) { $0.versions = 1...2 }
        let new = try await TestNode(1) { $0.versions = 2...3 }
        let newest = try await TestNode(3) { $0.versions = 3...4 }
        TestNode.introduce([old, new, newest])
        try await old.waitForLink(to: new)
        try await new.waitForLink(to: old)
        try await new.waitForLink(to: newest)
        let versions = [old, new].map { node in
            node.log.events.first { $0.message == "A link to a peer is up." }?.metadata["version"]
        }
        #expect(versions[0] == "2")
        #expect(
            new.log.events.filter { $0.message == "A link to a peer is up." }.compactMap { $0.metadata["version"] }
                .sorted() == ["2", "3"])
        // Version 2 dials 3: the other side says no.
        try await newest.waitForRefusal(.version)
        try await old.waitForRefusal(.version, by: Self.told)
        #expect(newest.log.events.contains { $0.metadata["error"] == "here 3 to 4 are spoken, there 1 to 2" })
        #expect(old.transport.linked == [new.incarnation])
        await close([old, new, newest])
    }

    // MARK: TLS

    @Test func `with one authority there is TLS, with two there is nothing`() async throws {
        func node(_ number: UInt128, _ own: TestCertificates, trusting: TestCertificates? = nil) async throws
            -> TestNode
        {
            let certificates = try own.mesh(trusting: trusting)
            return try await TestNode(number) { $0.certificates = certificates }
        }
        let (low, high) = (try await node(1, .one), try await node(2, .one))
        TestNode.introduce([low, high])
        try await low.waitForLink(to: high)
        let longest = PeerMessage.answer(
            PeerAnswer(number: 1, status: 200, body: ByteBuffer(repeating: 7, count: 3_000_000)))
        #expect(low.transport.send(longest, to: high.incarnation))
        try await high.waitForMessages(1, from: low)
        #expect(high.messages(from: low) == [longest])
        await close([low, high])

        // The dialer's certificate is of another authority; the acceptor's is.
        for (first, second) in [(TestCertificates.two, TestCertificates.one), (.one, .two)] {
            let dialer = try await node(1, first, trusting: .one)
            let acceptor = try await node(2, second, trusting: .one)
            TestNode.introduce([dialer, acceptor])
            try await (first.key == TestCertificates.two.key ? acceptor : dialer).waitForRefusal(.tls)
            await close([dialer, acceptor])
            expectNone([dialer, acceptor])
        }
    }

    @Test func `whoever speaks without TLS to a node with it is refused`() async throws {
        let certificates = try TestCertificates.one.mesh()
        let (low, high) = (try await TestNode(1), try await TestNode(2) { $0.certificates = certificates })
        TestNode.introduce([low, high])
        try await high.waitForRefusal(.tls)
        await close([low, high])
        expectNone([low, high])
    }

    @Test func `certificates are read again when their files change`() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "quizmania-mesh-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let files = try TestCertificates.two.files(in: directory)
        let certificates = try MeshCertificates(
            certificateFile: files.certificate, keyFile: files.key, authorityFile: files.authority,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let high = try await TestNode(2) { $0.certificates = certificates }
        let own = try TestCertificates.one.mesh()
        let low = try await TestNode(1) { $0.certificates = own }
        TestNode.introduce([low, high])
        try await low.waitForRefusal(.tls)
        try "broken".write(toFile: files.key, atomically: true, encoding: .utf8)
        certificates.reloadIfChanged()
        _ = try TestCertificates.one.files(in: directory)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: files.key)
        certificates.reloadIfChanged()
        try await low.waitForLink(to: high)
        await close([low, high])
    }

    // MARK: Whoever else connects

    private func listening(_ change: (inout MeshConfiguration) -> Void = { _ in }) async throws -> TestNode {
        let node = try await TestNode(2, change)
        node.transport.setPeers([
            PeerAddress(incarnation: Incarnation(value: 1), name: "node-1", address: "127.0.0.1:9")
        ])
        try await node.settle()
        return node
    }

    @Test func `frames before the hello end the connection`() async throws {
        let node = try await listening()
        for frame in [MeshFrame.message(ByteBuffer(bytes: [16, 1, 4])), .ping(1), .credit(1), .proof(Array(0..<32))] {
            let stranger = try await RawPeer(to: node.port)
            stranger.send(frame)
            try await stranger.waitForEnd()
            #expect(stranger.events.events == [.ended])
        }
        #expect(node.refused(.malformed) == 4)
        expectNone([node])
        await close([node])
    }

    @Test func `more than 1 KiB before the proof ends the connection`() async throws {
        let node = try await listening()
        let stranger = try await RawPeer(to: node.port)
        stranger.send(ByteBuffer(bytes: [0, 0, 4, 0, 1]))
        try await stranger.waitForEnd()
        #expect(node.refused(.oversized) == 1)
        await close([node])
    }

    @Test func `whoever says nothing is not waited for`() async throws {
        let node = try await listening {
            $0.helloLimit = .milliseconds(100)
            $0.keepAliveInterval = .milliseconds(100)
        }
        let stranger = try await RawPeer(to: node.port)
        try await stranger.waitForEnd()
        let slow = try await RawPeer(to: node.port)
        slow.send(.hello(RawPeer.hello(1)))
        try await slow.waitForEnd()
        #expect(node.refused(.deadline) == 2)
        await close([node])
    }

    @Test func `only so many may say nothing at once`() async throws {
        let node = try await listening { $0.hellosMax = 2 }
        let patient = [try await RawPeer(to: node.port), try await RawPeer(to: node.port)]
        // Both are known to the node once it has answered.
        for stranger in patient {
            stranger.send(.hello(RawPeer.hello(1)))
            _ = try await stranger.proof(RawPeer.hello(1), for: 1)
        }
        let third = try await RawPeer(to: node.port)
        try await third.waitForEnd()
        #expect(node.refused(.busy) == 1)
        for stranger in patient { stranger.close() }
        try await node.log.wait(for: "the end of both", times: 2) { $0.metadata["reason"] == "lost" }
        let linked = try await RawPeer(1, linkedTo: node)
        linked.close()
        await close([node])
    }

    @Test func `a hello that was recorded is refused`() async throws {
        let node = try await listening()
        let peer = try await RawPeer(1, linkedTo: node)
        let proof = try await peer.proof(RawPeer.hello(1), for: 1)
        peer.close()
        try await node.waitForEnd(of: Incarnation(value: 1))
        let replay = try await RawPeer(to: node.port)
        replay.send(.hello(RawPeer.hello(1)))
        replay.send(.proof(proof))
        try await replay.waitForEnd()
        #expect(node.refused(.secret) == 1)
        #expect(replay.events.events.contains(.frame(.refusal(.secret))))
        #expect(node.events.events.count == 2)
        await close([node])
    }

    @Test func `an oversized frame ends the link`() async throws {
        let node = try await listening()
        let peer = try await RawPeer(1, linkedTo: node)
        peer.send(ByteBuffer(bytes: [0, 0x40, 0, 0, 4]))
        try await peer.waitForEnd()
        #expect(node.closed(.oversized) == 1)
        try await node.waitForEnd(of: Incarnation(value: 1))
        await close([node])
    }

    @Test func `a second connection of a peer takes the first one's place`() async throws {
        let node = try await listening()
        let first = try await RawPeer(1, linkedTo: node)
        let second = try await RawPeer(1, linkedTo: node, nonce: 6)
        try await first.waitForEnd()
        let peer = Incarnation(value: 1)
        #expect(node.events.events == [.opened(peer), .closed(peer), .opened(peer)])
        #expect(node.closed(.replaced) == 1)
        #expect(node.transport.send(.ask(PeerCall(number: 1, question: .status)), to: peer))
        second.send(.credit(1_000))
        try await second.events.wait(for: "the message") {
            if case .frame(.message) = $0 { true } else { false }
        }
        second.close()
        await close([node])
    }
}
