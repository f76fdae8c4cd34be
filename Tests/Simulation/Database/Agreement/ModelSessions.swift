internal import QuizCluster

/// A schedule's sessions on the simulated server. Nothing takes time there but waits.
final class ModelSessions {
    private final class Session {
        let wire: Wire
        let backend: Backend
        var answers: [AgreementAnswer] = []

        init(_ wire: Wire, _ backend: Backend) {
            self.wire = wire
            self.backend = backend
        }
    }

    let server: SimulatedPostgres
    private let scheduler = SeededScheduler(seed: 0)
    private var sessions: [Session] = []

    init(count: Int, sabotage: DatabaseSabotage?) {
        var timing = DatabaseTiming()
        timing.networkMs = 0...0
        timing.stepMs = 0...0
        timing.flushMs = 0...0
        timing.deadlockTimeoutMs = 20
        server = SimulatedPostgres(scheduler: scheduler, timing: timing, sabotage: sabotage)
        for index in 0..<count {
            let wire = Wire(node: "session-\(index)", server: server)
            guard let backend = server.accept(wire, SessionSettings()) else { continue }
            let session = Session(wire, backend)
            wire.toClient.receive = { [unowned session] message in
                if wire.clientIsGone { return }
                switch message {
                case .rows(let rows): session.answers.append(.rows(rows.normalised))
                case .refused(let state, _): session.answers.append(.refused(state))
                case .ready: session.answers.append(.ready)
                case .closed: session.answers.append(.closed)
                case .warning: break
                }
            }
            sessions.append(session)
        }
    }

    /// Whether a session could take a statement now.
    func isFree(_ session: Int) -> Bool {
        let one = sessions[session]
        return !one.wire.clientIsGone && [.idle, .executed].contains(one.backend.phase)
    }

    func isOpen(_ session: Int) -> Bool { !sessions[session].wire.clientIsGone && !sessions[session].backend.isGone }

    func play(_ step: AgreementStep) -> [SessionView] {
        switch step {
        case .execute(let session, let statement): sessions[session].wire.toServer.send(.execute(statement))
        case .sync(let session): sessions[session].wire.toServer.send(.sync)
        case .terminate(let session): sessions[session].backend.terminate()
        case .close(let session):
            sessions[session].wire.clientIsGone = true
            sessions[session].wire.toServer.send(.closed)
        }
        // Longer than a deadlock needs to be seen.
        scheduler.run(until: scheduler.nowMs + 100)
        return sessions.map { session in
            defer { session.answers = [] }
            let blockers = server.blockers(of: session.backend)
            return SessionView(
                answers: session.answers,
                waitsFor: Set(
                    blockers.compactMap { id in sessions.firstIndex { $0.backend.id == id } }),
                isThere: !session.backend.isGone)
        }
    }
}

extension SimulatedRows {
    /// Without what no two servers can have in common: the moment of a move.
    package var normalised: SimulatedRows {
        guard case .moves(let moves) = self else { return self }
        return .moves(
            moves.map { move in
                var move = move
                move.atMs = 0
                return move
            })
    }
}
