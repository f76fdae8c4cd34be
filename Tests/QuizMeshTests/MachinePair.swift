import NIOCore
import QuizCluster
import QuizModel

@testable import QuizMesh

/// What link machines are made of in tests.
enum Given {
    static let low = Incarnation(value: 1)
    static let high = Incarnation(value: 2)
    static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    static func secret(_ byte: UInt8 = 1) -> MeshSecret {
        SampleMessages.checked(MeshSecret(Array(repeating: byte, count: 32)))
    }

    static func settings(_ incarnation: Incarnation, _ name: String) -> MeshLinkMachine.Settings {
        MeshLinkMachine.Settings(
            cluster: "kitchen", incarnation: incarnation, name: name, versions: 1...1, secrets: [secret()],
            creditBytes: 4_000, helloLimit: .seconds(5), keepAliveInterval: .seconds(1), silenceLimit: .seconds(3))
    }

    static func dialer(
        _ change: (inout MeshLinkMachine.Settings) -> Void = { _ in }, nonce: UInt8 = 10,
        expecting: PeerAddress = PeerAddress(incarnation: high, name: "high", address: "h:1")
    ) -> MeshLinkMachine {
        var settings = settings(low, "low")
        change(&settings)
        return MeshLinkMachine(settings: settings, expected: expecting, nonce: Array(repeating: nonce, count: 32))
    }

    static func acceptor(
        _ change: (inout MeshLinkMachine.Settings) -> Void = { _ in }, nonce: UInt8 = 20
    ) -> MeshLinkMachine {
        var settings = settings(high, "high")
        change(&settings)
        return MeshLinkMachine(settings: settings, expected: nil, nonce: Array(repeating: nonce, count: 32))
    }

    static func listed(_ incarnation: Incarnation) -> String? { [low: "low", high: "high"][incarnation] }

    static func body(_ message: PeerMessage) -> ByteBuffer {
        var frame = frame(message)
        frame.moveReaderIndex(forwardBy: MeshFrame.headerBytes)
        return frame
    }

    static func frame(_ message: PeerMessage) -> ByteBuffer {
        do { return try MeshCodec.frame(message) } catch { preconditionFailure("\(error)") }
    }

    /// A message whose frame has so many bytes; 30 ... 20,000.
    static func message(bytes: Int, number: Int = 0) -> PeerMessage {
        let empty = frame(.answer(PeerAnswer(number: UInt64(number), status: 200, body: ByteBuffer())))
        let rest = bytes - empty.readableBytes
        // A payload's length takes one byte up to 127, then two, then three.
        let length = rest > 16_385 ? rest - 2 : rest > 128 ? rest - 1 : rest
        return .answer(
            PeerAnswer(number: UInt64(number), status: 200, body: ByteBuffer(repeating: 0x20, count: length)))
    }
}

extension MeshLinkMachine {
    mutating func received(
        _ frame: MeshFrame, now: NIODeadline = Given.start, listed: (Incarnation) -> String? = Given.listed
    ) -> [Action] {
        received(frame, bytes: frame.bytes().readableBytes, now: now, listed: listed)
    }

    var isOpen: Bool {
        if case .open = state { true } else { false }
    }

    var isEnded: Bool {
        if case .ended = state { true } else { false }
    }
}

/// Two machines and the wire between them: bytes arrive when the test says so, in pieces if it likes.
struct MachinePair {
    struct End {
        var machine: MeshLinkMachine
        var reader = MeshFrameReader()
        /// Bytes that have been sent to it and have not arrived.
        var wire = ByteBuffer()
        var actions: [MeshLinkMachine.Action] = []
        var delivered: [PeerMessage] = []
        var isGone = false
        /// Of messages, on the wire or arrived and not consumed.
        var unconsumed = 0
    }

    var dialer: End
    var acceptor: End
    var now = Given.start

    init(_ dialer: MeshLinkMachine = Given.dialer(), _ acceptor: MeshLinkMachine = Given.acceptor()) {
        self.dialer = End(machine: dialer)
        self.acceptor = End(machine: acceptor)
        perform(self.acceptor.machine.connected(now: now), at: \.acceptor, to: \.dialer)
        perform(self.dialer.machine.connected(now: now), at: \.dialer, to: \.acceptor)
    }

    typealias Place = WritableKeyPath<MachinePair, End>

    func other(_ place: Place) -> Place { place == \MachinePair.dialer ? \.acceptor : \.dialer }

    mutating func perform(_ actions: [MeshLinkMachine.Action], at place: Place, to other: Place) {
        self[keyPath: place].actions += actions
        for action in actions {
            switch action {
            case .write(let frame):
                self[keyPath: other].wire.writeImmutableBuffer(frame.bytes())
                // Handed to the network at once.
                if case .pong = frame { self[keyPath: place].machine.pongWritten() }
            case .writeMessage(let frame):
                self[keyPath: other].wire.writeImmutableBuffer(frame)
                self[keyPath: other].unconsumed += frame.readableBytes
            case .opened: self[keyPath: place].reader.isProven = true
            case .deliver(let message): self[keyPath: place].delivered.append(message)
            case .refused, .closed: self[keyPath: place].isGone = true
            case .skipped, .measured: break
            }
        }
    }

    /// - Parameter bytes: how many arrive; nil: all.
    mutating func arrive(_ bytes: Int? = nil, at place: Place, consuming: Bool = true) {
        let other = other(place)
        let count = min(bytes ?? Int.max, self[keyPath: place].wire.readableBytes)
        guard count > 0, !self[keyPath: place].isGone,
            let bytes = self[keyPath: place].wire.readBytes(length: count)
        else { return }
        self[keyPath: place].wire.discardReadBytes()
        self[keyPath: place].machine.heard()
        self[keyPath: place].reader.append(ByteBuffer(bytes: bytes))
        var consumed = 0
        do throws(MeshCodecError) {
            while let read = try self[keyPath: place].reader.next() {
                let actions = self[keyPath: place].machine.received(
                    read.frame, bytes: read.bytes, now: now, listed: Given.listed)
                perform(actions, at: place, to: other)
                if case .message = read.frame { consumed += read.bytes }
            }
        } catch {
            perform(self[keyPath: place].machine.unreadable(error), at: place, to: other)
        }
        if consuming { consume(consumed, at: place) }
    }

    mutating func consume(_ bytes: Int, at place: Place) {
        self[keyPath: place].unconsumed -= bytes
        perform(self[keyPath: place].machine.consumed(bytes), at: place, to: other(place))
    }

    mutating func send(_ messages: [PeerMessage], at place: Place) {
        perform(self[keyPath: place].machine.send(messages.map(Given.frame)), at: place, to: other(place))
    }

    mutating func tick(at place: Place) {
        perform(self[keyPath: place].machine.ticked(now: now), at: place, to: other(place))
    }

    /// Lets everything arrive until nothing is on the wire.
    mutating func settle() {
        while dialer.wire.readableBytes > 0 && !dialer.isGone || acceptor.wire.readableBytes > 0 && !acceptor.isGone {
            arrive(at: \.acceptor)
            arrive(at: \.dialer)
        }
    }
}
