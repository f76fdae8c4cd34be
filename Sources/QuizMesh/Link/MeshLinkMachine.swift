import NIOCore
import QuizCluster
import QuizModel

/// One connection between two nodes, from its first byte to its end: who the other side is, what may be sent, whether
/// anybody is still there. Events go in, actions come out; `MeshLinkHandler` carries them out.
///
/// **The normal path.** Of two nodes the one with the lower incarnation dials (D), the other accepts (A):
///
///     D → A   hello    versions, cluster, incarnation, name, nonce
///     A → D   hello    the same of A
///     D → A   proof    HMAC over role, both hellos, version (`MeshTranscript`)
///     A → D   proof    with the other role; A's side of the link is up
///                      D's is up when it has verified this
///     both    credit   so many bytes of messages may be sent to me
///     both    ping     answered by `pong`; the next one a second later
///     both    message  …
///
/// D proves first: whoever connects to A learns nothing that depends on the secret. A answers with the very secret D's
/// proof was made with, so that a secret can be replaced node by node. The version is the highest both speak.
///
/// **Credit.** A receiver grants bytes and grants them again once it has consumed them, a quarter of its window at a time.
/// A message may be begun while any credit is left, and may overdraw it: so one as large as the window passes, and what a
/// receiver has to hold is the window and one frame. Without credit messages wait in order. `MeshOutbox` bounds what
/// waits; a link beyond the bound is closed, its peer's sessions attach again, and the sender's memory stays what it was.
/// Whoever receives slows a peer down in one way only: by withholding credit. It never stops reading, or pings would wait
/// behind messages and a slow peer would look dead.
///
/// **Silence.** Any byte shows that the other side lives; pings make sure that there are some. Silence counts only as far
/// as this side listened: a process that was stopped itself counts one interval at most, reads what has come meanwhile,
/// and judges then. One ping is under way at a time, and one pong: a peer that asks again before it can have had its answer
/// is closed, so that nobody makes us queue answers without bound.
///
/// **Failures.** Whatever is wrong before the link is up is a *refusal*, after it a *closing*; both end the connection, and
/// D dials again with growing pauses. Refused are: no common version, another cluster, an incarnation or a name other than
/// the one dialled (a port is soon reused), a dialer that is not listed or whose incarnation is the higher one, a wrong
/// proof, a frame out of turn, more than 1 KiB in all, more than five seconds. Where the hello could be read the other side
/// is told in a `refusal` frame, for its log only: it is not authenticated and nothing depends on it. What was under way
/// when a link breaks is lost; `PeerMessage` says for each message what then.
///
/// **Invariants.**
/// 1. `opened` comes at most once, after the peer's proof and before the first `deliver`; `deliver` only after it, in the
///    order of the peer's `send`.
/// 2. Exactly one `refused` or `closed` comes, and nothing after it.
/// 3. Messages leave in the order they were given, each once, none while `credit` is 0 or less.
/// 4. No bytes that depend on the secret leave before the other side's hello named somebody we expect.
/// 5. A nonce is used for one connection: a recorded proof fits no other.
///
/// What this does not do: without TLS, frames *after* the hello can be read and altered by whoever sits on the wire between
/// two nodes. The secret keeps strangers out; `MeshCertificates` keeps eavesdroppers out.
struct MeshLinkMachine {
    /// What a node says of itself and how patient it is; the same for all its links.
    struct Settings: Sendable {
        var cluster: String
        var incarnation: Incarnation
        var name: String
        var versions: ClosedRange<UInt8>
        /// The first one is proved with, any is accepted.
        var secrets: [MeshSecret]
        /// 4 ... `UInt32.max`.
        var creditBytes: Int
        var helloLimit: TimeAmount
        var keepAliveInterval: TimeAmount
        var silenceLimit: TimeAmount
    }

    /// Who the other side has proved to be.
    struct Peer: Hashable, Sendable {
        var incarnation: Incarnation
        var name: String
        /// What both speak on this link.
        var version: UInt8
    }

    enum Side: Equatable {
        case us, peer
    }

    enum Action: Equatable {
        case write(MeshFrame)
        /// A whole frame, handed to `send` before.
        case writeMessage(ByteBuffer)
        case opened(Peer)
        case deliver(PeerMessage)
        /// A message of a newer peer that means nothing here.
        case skipped(context: String)
        case measured(TimeAmount)
        /// The last action: the connection is no link. Says whose decision it was.
        case refused(MeshRefusal, by: Side, context: String)
        /// The last action: the link is down.
        case closed(MeshClosing, context: String)
    }

    enum State {
        /// Can transition to: greeting, ended.
        case fresh
        /// Waits for the other side's hello. Can transition to: proving, ended.
        case greeting(deadline: NIODeadline)
        /// Waits for the other side's proof. Can transition to: open, ended.
        case proving(deadline: NIODeadline, transcript: MeshTranscript)
        /// Can transition to: ended.
        case open(MeshOpenLink)
        case ended
    }

    let settings: Settings
    let role: MeshRole
    /// Whom the dialer wants; nil for the acceptor.
    let expected: PeerAddress?
    let nonce: [UInt8]
    var state = State.fresh

    /// - Parameters:
    ///   - expected: whose address was dialled; nil: this side was connected to.
    ///   - nonce: 32 random bytes, used for nothing else.
    init(settings: Settings, expected: PeerAddress?, nonce: [UInt8]) {
        self.settings = settings
        self.expected = expected
        role = expected == nil ? .acceptor : .dialer
        self.nonce = nonce
    }

    // MARK: Events of the connection

    /// The connection is there.
    mutating func connected(now: NIODeadline) -> [Action] {
        guard case .fresh = state else { return [] }
        state = .greeting(deadline: now + settings.helloLimit)
        return role == .dialer ? [.write(.hello(hello))] : []
    }

    /// Bytes came, whatever they mean.
    mutating func heard() { changeOpen { $0.silentFor = .zero } }

    /// - Parameters:
    ///   - bytes: of the frame, with its header.
    ///   - listed: the name of a peer that is one at this moment.
    mutating func received(
        _ frame: MeshFrame, bytes: Int, now: NIODeadline, listed: (Incarnation) -> String?
    ) -> [Action] {
        switch (state, frame) {
        case (.greeting(let deadline), .hello(let hello)):
            return greeted(hello, deadline: deadline, listed: listed)
        case (.proving(_, let transcript), .proof(let proof)):
            return proved(proof, transcript, now: now, listed: listed)
        case (.greeting, .refusal(let reason)) where role == .dialer,
            (.proving, .refusal(let reason)):
            return end(.refused(reason, by: .peer, context: "told by the other side"))
        case (.greeting, _), (.proving, _):
            return refuse(.malformed, "\(frame.kind) out of turn")
        case (.open, _):
            return received(frame, bytes: bytes, now: now)
        case (.fresh, _), (.ended, _):
            return []
        }
    }

    /// What came cannot be cut into frames.
    mutating func unreadable(_ error: MeshCodecError) -> [Action] {
        error.code == .oversized
            ? close(.oversized, or: .oversized, "\(error)") : close(.malformed, or: .malformed, "\(error)")
    }

    /// Time has passed; to be called a few times in every keep-alive interval.
    mutating func ticked(now: NIODeadline) -> [Action] {
        switch state {
        case .greeting(let deadline), .proving(let deadline, _):
            return now >= deadline ? refuse(.deadline, "the hello took too long") : []
        case .open:
            return tickedOpen(now: now)
        case .fresh, .ended:
            return []
        }
    }

    /// The link has to end, for a reason outside of it.
    ///
    /// - Parameter refusal: what it is called if the link was not up yet.
    mutating func close(_ reason: MeshClosing, or refusal: MeshRefusal, _ context: String) -> [Action] {
        switch state {
        case .open: return end(.closed(reason, context: context))
        case .ended: return []
        case .fresh, .greeting, .proving: return refuse(refusal, context)
        }
    }

    // MARK: Detail

    var hello: MeshHello {
        MeshHello(
            versions: settings.versions, cluster: settings.cluster, incarnation: settings.incarnation,
            name: settings.name, nonce: nonce)
    }

    mutating func end(_ action: Action) -> [Action] {
        state = .ended
        return [action]
    }

    mutating func refuse(_ reason: MeshRefusal, _ context: String) -> [Action] {
        end(.refused(reason, by: .us, context: context))
    }

    /// As `refuse`, and lets the other side know.
    mutating func tell(_ reason: MeshRefusal, _ context: String) -> [Action] {
        [.write(.refusal(reason))] + refuse(reason, context)
    }

    @discardableResult
    mutating func changeOpen<Result>(_ change: (inout MeshOpenLink) -> Result) -> Result? {
        guard case .open(var link) = state else { return nil }
        // Held in one place while it is changed, or its queue would be copied.
        state = .ended
        defer { state = .open(link) }
        return change(&link)
    }
}
