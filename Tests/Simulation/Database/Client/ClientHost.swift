internal import QuizRoomHost

/// A node's process as its database connections see it: it runs, is stopped for a while, or is gone.
final class ClientHost {
    let node: String
    let server: SimulatedPostgres
    private(set) var isStopped = false
    private(set) var isGone = false
    private var parked: [() -> Void] = []
    private var links: [ObjectIdentifier: ClientLink] = [:]
    private var calls: [Int: (JournalFailure) -> Void] = [:]
    private var lastCall = 0

    init(node: String, server: SimulatedPostgres) {
        self.node = node
        self.server = server
    }

    var scheduler: any SimulatedScheduler { server.scheduler }
    var nowMs: Int64 { scheduler.nowMs }

    func count(_ branch: DatabaseBranch) { server.statistics.count(branch) }

    // MARK: Running

    /// Runs `body` in the process: later if it is stopped, never if it is gone.
    func run(_ body: @escaping () -> Void) {
        if isGone { return }
        if isStopped { parked.append(body) } else { body() }
    }

    func run(afterMs ms: Int, _ body: @escaping () -> Void) {
        scheduler.schedule(ms: ms) { [weak self] in self?.run(body) }
    }

    func stop() { isStopped = true }

    func goOn() {
        isStopped = false
        let late = parked
        parked = []
        for body in late { run(body) }
    }

    /// - Parameter silently: the machine is gone too, so that nobody closes its connections.
    func vanish(silently: Bool) {
        isGone = true
        parked = []
        let open = links.values.sorted { $0.backend < $1.backend }
        links = [:]
        for link in open { if silently { link.wire.clientIsGone = true } else { link.close() } }
        let failures = calls.sorted { $0.key < $1.key }.map(\.value)
        calls = [:]
        for fail in failures { fail(JournalFailure(code: "closed", context: "The node is gone.")) }
    }

    // MARK: What ends with it

    func opened(_ link: ClientLink) { links[ObjectIdentifier(link)] = link }
    func closed(_ link: ClientLink) { links[ObjectIdentifier(link)] = nil }

    /// A call that fails when the process vanishes.
    ///
    /// - Returns: what answers it; only the first answer counts.
    func call<Value>(
        _ answer: @escaping (Result<Value, JournalFailure>) -> Void
    ) -> (Result<Value, JournalFailure>) -> Void {
        lastCall += 1
        let number = lastCall
        calls[number] = { answer(.failure($0)) }
        return { [self] result in
            guard calls.removeValue(forKey: number) != nil else { return }
            answer(result)
        }
    }
}

/// Jobs of one connection, each after the one before it; what its thread is to the adapter.
final class ClientQueue {
    private var jobs: [(@escaping () -> Void) -> Void] = []
    private var isBusy = false

    func add(_ job: @escaping (_ finished: @escaping () -> Void) -> Void) {
        jobs.append(job)
        proceed()
    }

    private func proceed() {
        guard !isBusy, !jobs.isEmpty else { return }
        isBusy = true
        jobs.removeFirst()({ [self] in
            isBusy = false
            proceed()
        })
    }
}
