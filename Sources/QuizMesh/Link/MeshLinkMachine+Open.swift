import DequeModule
import NIOCore
import QuizCluster

/// A link that is up: messages, credit, keep-alive.
extension MeshLinkMachine {
    /// Credit beyond this is a peer's error: no window is so large.
    static let creditMax = Int(UInt32.max)

    // MARK: Sending

    /// Sends frames, or keeps them until there is credit.
    mutating func send(_ frames: [ByteBuffer]) -> [Action] {
        changeOpen { link in
            link.waiting.append(contentsOf: frames)
            return Self.release(&link)
        } ?? []
    }

    private static func release(_ link: inout MeshOpenLink) -> [Action] {
        var actions: [Action] = []
        while link.credit > 0, let frame = link.waiting.popFirst() {
            link.credit -= frame.readableBytes
            actions.append(.writeMessage(frame))
        }
        return actions
    }

    /// More is waiting than may.
    mutating func overflowed(_ bytes: Int) -> [Action] {
        close(.backlog, or: .lost, "\(bytes) bytes wait for the peer")
    }

    // MARK: Receiving

    mutating func received(_ frame: MeshFrame, bytes: Int, now: NIODeadline) -> [Action] {
        switch frame {
        case .message(let body): return message(body, bytes: bytes)
        case .ping(let number):
            let isFirst = changeOpen { link in
                defer { link.isPongPending = true }
                return !link.isPongPending
            }
            guard isFirst == true else { return end(.closed(.malformed, context: "a ping before the last one's pong")) }
            return [.write(.pong(number))]
        case .pong(let number):
            let sentAt = changeOpen { link -> NIODeadline? in
                guard let pinged = link.pinged, pinged.number == number else { return nil }
                link.pinged = nil
                return pinged.at
            }
            guard let sentAt = sentAt.flatMap({ $0 }) else {
                return end(.closed(.malformed, context: "a pong without a ping"))
            }
            return [.measured(now - sentAt)]
        case .credit(let bytes):
            let released = changeOpen { link -> [Action]? in
                link.credit += Int(bytes)
                return link.credit > Self.creditMax || bytes == 0 ? nil : Self.release(&link)
            }
            guard let released = released.flatMap({ $0 }) else {
                return end(.closed(.credit, context: "\(bytes) bytes of credit"))
            }
            return released
        case .hello, .proof, .refusal:
            return end(.closed(.malformed, context: "\(frame.kind) on a link that is up"))
        }
    }

    private mutating func message(_ body: ByteBuffer, bytes: Int) -> [Action] {
        guard case .open(let link) = state else { return [] }
        guard link.allowance > 0 else { return end(.closed(.credit, context: "a message without credit")) }
        do {
            let message = try MeshCodec.decode(body)
            changeOpen { $0.allowance -= bytes }
            return [.deliver(message)]
        } catch {
            guard error.code == .unknownMessage, link.isNewer else {
                return end(.closed(.malformed, context: "\(error)"))
            }
            changeOpen { $0.allowance -= bytes }
            return [.skipped(context: error.context)]
        }
    }

    /// Whoever received has done with so many bytes of frames.
    mutating func consumed(_ bytes: Int) -> [Action] {
        let window = settings.creditBytes
        return changeOpen { link in
            link.consumed += bytes
            return Self.grant(&link, window: window)
        } ?? []
    }

    /// While withheld, what is consumed is not granted again.
    mutating func setWithheld(_ isWithheld: Bool) -> [Action] {
        let window = settings.creditBytes
        return changeOpen { link in
            link.isWithheld = isWithheld
            return Self.grant(&link, window: window)
        } ?? []
    }

    private static func grant(_ link: inout MeshOpenLink, window: Int) -> [Action] {
        // A quarter at a time: few frames, and three quarters are always on their way or granted.
        guard !link.isWithheld, link.consumed > 0, link.consumed >= window / 4 else { return [] }
        defer {
            link.allowance += link.consumed
            link.consumed = 0
        }
        return [.write(.credit(UInt32(link.consumed)))]
    }

    // MARK: The pulse

    /// The pong has left.
    mutating func pongWritten() { changeOpen { $0.isPongPending = false } }

    mutating func tickedOpen(now: NIODeadline) -> [Action] {
        let settings = settings
        let ping = changeOpen { link -> UInt64? in
            // A tick that comes late was not listened for: then nothing says that the peer was silent.
            let listened = min((now - link.tickedAt).nanoseconds, settings.keepAliveInterval.nanoseconds)
            link.silentFor = .nanoseconds(link.silentFor.nanoseconds + max(0, listened))
            link.tickedAt = now
            guard link.pinged == nil, now >= link.pingAt else { return nil }
            return link.ping(now: now, interval: settings.keepAliveInterval)
        }
        if case .open(let link) = state, link.silentFor >= settings.silenceLimit {
            return end(.closed(.silent, context: "nothing was heard for \(link.silentFor.nanoseconds / 1_000_000) ms"))
        }
        return ping.flatMap { $0 }.map { [.write(.ping($0))] } ?? []
    }
}
