/// One process of the server.
///
/// **Normal path.** A statement arrives, takes its snapshot and runs in steps; its locks and changes stay with the
/// transaction. Sync commits: the log is written, a standby is waited for, the changes become visible, locks are let
/// go, the client is answered.
///
/// **Failure paths.** An error undoes the transaction at once; messages up to the next Sync are skipped. A client that
/// is gone is noticed only when its bytes end: until then the process goes on, waits, commits. One that is ended from
/// outside stops between two steps; once its commit is in the log it cannot be taken back, and a wait for the standby
/// then ends with a warning.
final class Backend {
    enum Phase { case idle, working, executed, failed, committing, waitingForStandby, gone }

    let id: Int
    let server: SimulatedPostgres
    let wire: Wire
    let settings: SessionSettings
    private(set) var phase = Phase.idle
    private(set) var transaction: Xid?
    /// Commands of the transaction so far.
    private var command = 0
    /// Whether its end has to be written to the log.
    private(set) var hasWritten = false
    private var startedMs: Int64 = 0
    private var inbox: [ClientMessage] = []
    /// Somebody has asked it to end.
    private(set) var isEnding = false
    var wait: Wait?
    var waits = 0
    /// Rows whose queue it stands in or leads.
    var queued: [RowAddress] = []
    /// Counts statements, so that late timers do not hit the next one.
    private var statements = 0
    var whenConfirmed: ((_ warning: String?) -> Void)?

    init(id: Int, server: SimulatedPostgres, wire: Wire, settings: SessionSettings) {
        self.id = id
        self.server = server
        self.wire = wire
        self.settings = settings
        wire.toServer.receive = { [weak self] in self?.receive($0) }
    }

    var isGone: Bool { phase == .gone }
    /// The transaction's number; it has one from the first statement on.
    var xid: Xid { transaction ?? 0 }
    /// What `now()` gives: when the transaction began.
    var nowMs: Int64 { startedMs }
    var commandNumber: Int { command }

    // MARK: Messages

    private func receive(_ message: ClientMessage) {
        guard phase != .gone else { return }
        if case .closed = message { server.statistics.count(.orphaned, by: isIdle ? 0 : 1) }
        inbox.append(message)
        proceed()
    }

    private var isIdle: Bool { phase == .idle }

    private func proceed() {
        guard [.idle, .executed, .failed].contains(phase), !inbox.isEmpty else { return }
        if isEnding { return die() }
        switch inbox.removeFirst() {
        case .execute(let statement):
            if phase == .failed { return proceed() }
            begin(statement)
        case .sync:
            if phase == .executed { commit() } else { becomeReady() }
        case .closed:
            rollBack()
            leave(lastWords: nil)
        }
    }

    private func begin(_ statement: SimulatedStatement) {
        phase = .working
        statements += 1
        let number = statements
        if transaction == nil {
            transaction = server.transactions.begin()
            startedMs = server.scheduler.nowMs
            command = 0
            hasWritten = false
        }
        command += 1
        if let timeout = settings.statementTimeoutMs {
            server.step(ms: timeout) { [weak self] in
                guard let self, statements == number, phase == .working else { return }
                fail("57014", "canceling statement due to statement timeout")
            }
        }
        // Parsing takes its time; the snapshot is taken after it.
        step { [self] in
            run(statement) { [self] rows in
                phase = .executed
                if isEnding { return die() }
                wire.toClient.send(.rows(rows))
                proceed()
            }
        }
    }

    private func becomeReady() {
        phase = .idle
        wire.toClient.send(.ready)
        proceed()
    }

    // MARK: Steps of a statement

    /// Goes on with the statement a little later, unless the process ended or the statement failed meanwhile.
    func step(_ body: @escaping () -> Void) { pause(ms: nil, body) }

    func pause(ms: Int?, _ body: @escaping () -> Void) {
        let number = statements
        server.step(ms: ms) { [weak self] in
            guard let self, statements == number, phase == .working else { return }
            if isEnding { return die() }
            body()
        }
    }

    /// What the statement sees.
    func takeSnapshot() -> Snapshot {
        Snapshot(sequence: server.transactions.sequence, xid: xid, command: command)
    }

    func willWrite() {
        hasWritten = true
        server.transactions.willWrite(xid)
    }

    /// The statement fails; its transaction is undone.
    func fail(_ state: String, _ message: String) {
        guard phase == .working else { return }
        rollBack()
        phase = .failed
        wire.toClient.send(.refused(state: state, message: message))
        proceed()
    }

    // MARK: The end of a transaction

    private func commit() {
        phase = .committing
        guard hasWritten else { return finishCommit(warning: nil) }
        let flush = server.scheduler.choose(in: server.timing.flushMs)
        server.step(ms: flush) { [weak self] in
            guard let self, phase == .committing else { return }
            phase = .waitingForStandby
            server.write(xid, for: self) { [weak self] warning in
                guard let self, phase == .waitingForStandby else { return }
                finishCommit(warning: warning)
            }
        }
    }

    private func finishCommit(warning: String?) {
        phase = .committing
        let ended = xid
        server.transactions.commit(ended)
        transaction = nil
        server.release(ended)
        server.statistics.count(.committed)
        if wire.clientIsGone, hasWritten { server.statistics.count(.orphanCommitted) }
        if let warning {
            server.statistics.count(.warning)
            wire.toClient.send(.warning(warning))
        } else if hasWritten {
            server.acknowledged = max(server.acknowledged, server.log.lastIndex(of: ended).map { $0 + 1 } ?? 0)
        }
        // A process that was asked to end during its commit may or may not get to answer.
        if isEnding, server.scheduler.choose(2) == 0 { return die() }
        becomeReady()
        if isEnding { die() }
    }

    private func rollBack() {
        guard let ended = transaction else { return }
        transaction = nil
        wait = nil
        server.leaveQueues(self)
        server.transactions.abort(ended)
        server.release(ended)
        server.statistics.count(.rolledBack)
    }

    // MARK: Its own end

    /// Asks the process to end, as `pg_terminate_backend` does.
    func terminate() {
        guard !isGone, !isEnding else { return }
        isEnding = true
        server.step { [weak self] in
            guard let self else { return }
            switch phase {
            case .idle, .executed, .failed: die()
            case .working: if wait != nil { die() }
            case .waitingForStandby: abandonStandby()
            case .committing, .gone: break
            }
        }
    }

    /// Asks the statement to stop, as `pg_cancel_backend` does. A commit that waits for its standby says success all
    /// the same, with a warning.
    func cancel() {
        server.step { [weak self] in
            guard let self else { return }
            switch phase {
            case .working: fail("57014", "canceling statement due to user request")
            case .waitingForStandby: abandonStandby()
            default: break
            }
        }
    }

    private func abandonStandby() {
        let resume = whenConfirmed
        whenConfirmed = nil
        resume?(
            "The transaction has already committed locally, but might not have been replicated to the standby.")
    }

    private func die() {
        guard !isGone else { return }
        if wire.clientIsGone { server.statistics.count(.orphanEnded) }
        server.statistics.count(.backendEnded)
        rollBack()
        leave(lastWords: "terminating connection due to administrator command")
    }

    private func leave(lastWords: String?) {
        phase = .gone
        statements += 1
        server.forget(self)
        wire.serverIsGone = true
        wire.toClient.send(.closed(lastWords: lastWords))
    }

    /// The server's machine fails: nothing is undone in order, nobody is told.
    func vanish() {
        phase = .gone
        statements += 1
        transaction = nil
        wait = nil
        wire.serverIsGone = true
    }
}
