package import Logging
internal import NIOCore
internal import NIOFoundationCompat
package import QuizCluster
internal import QuizModel
package import QuizRoomHost
package import QuizSocial
package import QuizTelemetry
internal import QuizWire

/// QuizMania behind the Socket.IO layer: lets clients in, brings them back, and passes their commands to rooms.
///
/// A connection becomes a `GameSession`; everything it asks for is in `GameSession+Commands.swift`.
package final class GameApplication: SocketApplication {
    /// What sessions reach.
    package struct Parts: Sendable {
        package var router: RoomRouter
        /// This node's sessions, for what owners of rooms elsewhere send.
        package var forwarded: ForwardedSessions
        /// Makes rooms, here or elsewhere.
        package var rooms: ClusterRooms
        package var accounts: GuestAccounts
        package var recovery: RecoveryTokens
        /// Sends clients to the nodes of their rooms, and lets those in that others have sent here.
        package var redirects: Redirects
        package var chat: RoomChat
        package var presence: PresenceBook
        package var limiter: any RateLimiter
        package var pace: SessionPace
        package var work: BackgroundWork
        package var metrics: GameMetrics
        package var log: Logger
        /// Milliseconds since 1970.
        package var wallClockMs: @Sendable () -> Int64

        package init(
            router: RoomRouter, forwarded: ForwardedSessions, rooms: ClusterRooms, accounts: GuestAccounts,
            recovery: RecoveryTokens, redirects: Redirects, chat: RoomChat,
            presence: PresenceBook, limiter: any RateLimiter, pace: SessionPace = SessionPace(), work: BackgroundWork,
            metrics: GameMetrics, log: Logger, wallClockMs: @escaping @Sendable () -> Int64
        ) {
            self.router = router
            self.forwarded = forwarded
            self.rooms = rooms
            self.accounts = accounts
            self.recovery = recovery
            self.redirects = redirects
            self.chat = chat
            self.presence = presence
            self.limiter = limiter
            self.pace = pace
            self.work = work
            self.metrics = metrics
            self.log = log
            self.wallClockMs = wallClockMs
        }
    }

    let parts: Parts

    package init(_ parts: Parts) { self.parts = parts }

    // MARK: - Coming in

    package func connect(_ request: SocketConnectRequest, socket: SocketConnection) {
        guard request.namespace == "/" else { return socket.refuse(message: "Invalid namespace") }
        let auth: HandshakeAuth
        do throws(Rejection) {
            auth =
                try request.auth.map { buffer throws(Rejection) in try WireJSON.decode(HandshakeAuth.self, from: buffer)
                } ?? HandshakeAuth()
        } catch {
            return refuse(socket, error)
        }
        let address = request.remoteAddress
        let loop = socket.eventLoop
        let held = NIOLoopBound(socket, eventLoop: loop)
        let accepted = parts.work.submit { [parts] in
            let outcome: Result<Admission, Rejection>
            do throws(Rejection) {
                outcome = .success(try await Admission.decide(auth, address: address, parts: parts))
            } catch {
                outcome = .failure(error)
            }
            loop.execute { self.admitted(outcome, socket: held.value) }
        }
        if !accepted { refuse(socket, Rejection(.busy)) }
    }

    private func admitted(_ outcome: Result<Admission, Rejection>, socket: SocketConnection) {
        // Gone while it was decided: nobody would end a session that began now.
        guard socket.isOpen else { return }
        switch outcome {
        case .failure(let rejection): refuse(socket, rejection)
        case .success(let admission): GameSession(admission: admission, socket: socket, parts: parts).begin()
        }
    }

    private func refuse(_ socket: SocketConnection, _ rejection: Rejection) {
        let data = try? WireJSON.buffer(ErrorPayload(rejection))  // texts and numbers always encode
        socket.refuse(message: rejection.message, data: data)
    }

    // MARK: - Being in

    package func received(_ event: SocketEvent, socket: SocketConnection) {
        (socket.state as? GameSession)?.received(event)
    }

    package func disconnected(_ reason: SocketDisconnectReason, socket: SocketConnection) {
        (socket.state as? GameSession)?.disconnected()
        socket.state = nil
    }
}

/// What sessions count.
package struct GameMetrics: Sendable {
    let sessionsOpened: MetricCounter
    let recovered: MetricCounter
    let notRecovered: MetricCounter
    let refused: MetricCounters<ErrorCode>
    let latencySuspects: MetricCounter
    let redirectsOffered: MetricCounter
    let tickets: MetricCounters<TicketBook.Verdict>
    let chatStored: MetricCounter
    let chatFailures: MetricCounter

    package init(_ registry: MetricsRegistry) {
        sessionsOpened = registry.counter(.gatewaySessionsOpenedTotal)
        recovered = registry.counter(.gatewaySessionsRecoveredTotal)
        notRecovered = registry.counter(.gatewaySessionsNotRecoveredTotal)
        refused = registry.counters(.gatewayEventsRefusedTotal, by: ErrorCode.self)
        latencySuspects = registry.counter(.gatewayLatencySuspectsTotal)
        redirectsOffered = registry.counter(.gatewayRedirectsOfferedTotal)
        tickets = registry.counters(.gatewayTicketsTotal, by: TicketBook.Verdict.self)
        chatStored = registry.counter(.chatLinesStoredTotal)
        chatFailures = registry.counter(.chatStoreFailuresTotal)
    }
}
