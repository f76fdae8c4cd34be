internal import CLibPQ
internal import Foundation

/// One libpq connection. Not thread-safe: its `PostgresConnection` touches it on one thread only.
///
/// libpq runs non-blocking under `poll(2)`, so that every wait has a deadline. A statement is never cancelled: a
/// cancelled commit may report success although no standby has it. After a timeout or a lost connection the link is
/// unusable and is closed by its owner; the server's side may go on running, see `PostgresLane`.
final class PostgresLink {
    /// Who serves this link on the server. The start time tells a process from a later one with the same number.
    struct Backend: Hashable, Sendable {
        var pid: Int
        /// Microseconds since 1970.
        var startedAt: Int64
    }

    private final class Notices {
        var warnings: [String] = []
    }

    private let handle: OpaquePointer
    private let notices = Notices()
    /// Statements are prepared; not before it is known that the server itself is there.
    private var isDirect = false
    private var prepared: Set<String> = []
    private var isBroken = false
    private(set) var backend = Backend(pid: 0, startedAt: 0)

    /// Connects, trying the hosts of the connection string in turn for one that takes writes.
    init(_ endpoint: PostgresConfiguration.Endpoint) throws(PostgresError) {
        // Settings before the connection string can be overridden in it, those behind it cannot.
        let parameters: [(String, String)] = [
            ("application_name", "quizmania"),
            ("connect_timeout", String(max(2, endpoint.connectTimeout.components.seconds))),
            ("keepalives_idle", "5"), ("keepalives_interval", "2"), ("keepalives_count", "3"),
            ("dbname", endpoint.conninfo),
            ("target_session_attrs", "read-write"),
            ("client_encoding", "UTF8"),
        ]
        let keys = parameters.map { strdup($0.0) }
        let values = parameters.map { strdup($0.1) }
        defer { for text in keys + values { free(text) } }
        guard
            let handle = PQconnectdbParams(
                keys.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 1)
        else { throw PostgresError(.notConnected, "libpq has no memory for a connection.") }
        self.handle = handle
        guard PQstatus(handle) == CONNECTION_OK, PQsetnonblocking(handle, 1) == 0 else {
            throw PostgresError(.notConnected, Self.firstLine(PQerrorMessage(handle)))
        }
        PQsetNoticeReceiver(
            handle,
            { context, result in
                guard let context, let result, let severity = PQresultErrorField(result, Int32(UInt8(ascii: "V")))
                else { return }
                guard String(cString: severity) == "WARNING" else { return }
                let message = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) } ?? ""
                Unmanaged<Notices>.fromOpaque(context).takeUnretainedValue().warnings.append(message)
            }, Unmanaged.passUnretained(notices).toOpaque())
        if endpoint.isDirect { try prepareSession(endpoint) }
    }

    deinit { PQfinish(handle) }

    private func prepareSession(_ endpoint: PostgresConfiguration.Endpoint) throws(PostgresError) {
        // First, so that a pooler's sessions are not changed for everybody. It names a process of its own making, and the server's own
        // sessions cannot be ended by that.
        guard try serverPID(timeout: endpoint.connectTimeout) == Int(PQbackendPID(handle)) else {
            throw PostgresError(.behindPooler, Self.pooled)
        }
        isDirect = true
        do throws(PostgresError) {
            for setting in endpoint.settings { try script(setting, timeout: endpoint.connectTimeout) }
            backend = try readBackend(timeout: endpoint.connectTimeout)
        } catch {
            throw PostgresError(.notConnected, "A new connection could not be set up: \(error.context)")
        }
    }

    private static let pooled = """
        A connection pooler stands between, and the journal, the fence and migrations need the server itself: give its own address \
        as `postgres`, and the pooler's as `postgres.pooler`.
        """

    private func serverPID(timeout: Duration) throws(PostgresError) -> Int? {
        do throws(PostgresError) {
            return try execute(PostgresStatement("server_pid", "SELECT pg_backend_pid()"), timeout: timeout).first?
                .int4(0)
        } catch {
            throw PostgresError(.notConnected, "A new connection could not be set up: \(error.context)")
        }
    }

    private func readBackend(timeout: Duration) throws(PostgresError) -> Backend {
        guard let row = try execute(SessionStatements.ownBackend, timeout: timeout).first else {
            throw PostgresError(.unexpectedAnswer, "The server does not list this session.")
        }
        return Backend(pid: try row.int4(0), startedAt: try row.int8(1))
    }

    /// False: close it and make another.
    var isUsable: Bool { !isBroken && PQstatus(handle) == CONNECTION_OK }

    /// WARNINGs since the last statement was sent.
    var warnings: [String] { notices.warnings }

    // MARK: - Statements

    /// Sends a statement and waits for its answer and the end of its transaction.
    ///
    /// - Throws: `refused`, `connectionLost`, `timedOut`, `unsuitableText`.
    @discardableResult
    func execute(
        _ statement: PostgresStatement, _ parameters: [PostgresParameter] = [], timeout: Duration
    ) throws(PostgresError) -> PostgresResult {
        let deadline = ContinuousClock.now + timeout
        try send(statement, parameters, deadline: deadline)
        return try finish(deadline: deadline)
    }

    /// Runs SQL without parameters; several statements are one transaction unless they say otherwise.
    func script(_ sql: String, timeout: Duration) throws(PostgresError) {
        let deadline = ContinuousClock.now + timeout
        notices.warnings = []
        guard PQsendQuery(handle, sql) == 1 else { throw lost() }
        _ = try finish(deadline: deadline)
    }

    /// Sends a statement without waiting for its answer: statement and Sync together, so that the server commits it by
    /// itself even if this process stops now. `finish` must follow.
    func send(
        _ statement: PostgresStatement, _ parameters: [PostgresParameter], deadline: ContinuousClock.Instant
    ) throws(PostgresError) {
        guard !parameters.contains(where: \.isUnsuitable) else {
            throw PostgresError(.unsuitableText, "Text with the character U+0000 cannot be stored.")
        }
        if isDirect, !prepared.contains(statement.name) {
            notices.warnings = []
            guard PQsendPrepare(handle, statement.name, statement.sql, Int32(parameters.count), nil) == 1 else {
                throw lost()
            }
            _ = try finish(deadline: deadline)
            prepared.insert(statement.name)
        }
        notices.warnings = []
        let lengths = parameters.map { Int32($0.bytes?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: parameters.count)
        // One block for all values; a trailing byte gives empty ones an address, which libpq needs to tell them from
        // NULL.
        var block: [UInt8] = []
        block.reserveCapacity(parameters.reduce(1) { $0 + ($1.bytes?.count ?? 0) })
        for case let bytes? in parameters.map(\.bytes) { block += bytes }
        block.append(0)
        let sent = block.withUnsafeBytes { block -> Int32 in
            var position = 0
            let pointers = parameters.map { parameter -> UnsafePointer<CChar>? in
                guard let bytes = parameter.bytes else { return nil }
                defer { position += bytes.count }
                return block.baseAddress.map { ($0 + position).assumingMemoryBound(to: CChar.self) }
            }
            let count = Int32(parameters.count)
            return isDirect
                ? PQsendQueryPrepared(handle, statement.name, count, pointers, lengths, formats, 1)
                : PQsendQueryParams(handle, statement.sql, count, nil, pointers, lengths, formats, 1)
        }
        guard sent == 1 else { throw lost() }
        _ = try flush(deadline: deadline)
    }

    /// Waits for the answer to what was sent, and for the server's word that the transaction has ended: rows alone do
    /// not say that they were committed.
    func finish(deadline: ContinuousClock.Instant) throws(PostgresError) -> PostgresResult {
        guard let result = try poll(deadline: deadline) else {
            isBroken = true
            throw PostgresError(.timedOut, "The server did not answer in time.")
        }
        return result
    }

    /// Like `finish`, but gives nil at the deadline; call again to go on waiting.
    func poll(deadline: ContinuousClock.Instant) throws(PostgresError) -> PostgresResult? {
        guard try flush(deadline: deadline) else { return nil }
        while true {
            while PQisBusy(handle) == 1 {
                guard try wait(events: Int16(POLLIN), until: deadline) else { return nil }
                guard PQconsumeInput(handle) == 1 else { throw lost() }
            }
            guard let next = PQgetResult(handle) else { break }
            take(PostgresResult(adopting: next))
        }
        defer { (answer, refusal) = (nil, nil) }
        if PQstatus(handle) != CONNECTION_OK { throw lost() }
        if let refusal { throw refusal }
        guard let answer else { throw PostgresError(.unexpectedAnswer, "The server gave no answer.") }
        return answer
    }

    /// Of what was sent last, as far as it has come in.
    private var answer: PostgresResult?
    private var refusal: PostgresError?

    private func take(_ result: PostgresResult) {
        switch result.outcome {
        case .rows: answer = result
        case .refused(let state, let message):
            let code = state.map { PostgresError.Code.refused($0) } ?? .connectionLost
            if refusal == nil { refusal = PostgresError(code, message) }
        }
    }

    // MARK: - Waiting

    /// - Returns: false at the deadline.
    private func flush(deadline: ContinuousClock.Instant) throws(PostgresError) -> Bool {
        while true {
            let left = PQflush(handle)
            if left == 0 { return true }
            guard left == 1 else { throw lost() }
            // The server may want to be read before it reads on.
            guard try wait(events: Int16(POLLIN | POLLOUT), until: deadline) else { return false }
            guard PQconsumeInput(handle) == 1 else { throw lost() }
        }
    }

    private func wait(events: Int16, until deadline: ContinuousClock.Instant) throws(PostgresError) -> Bool {
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { return false }
            var descriptor = pollfd(fd: PQsocket(handle), events: events, revents: 0)
            // Rounded up: a wait of 0 ms would spin through the last millisecond.
            let ready = Foundation.poll(&descriptor, 1, left.wholeMilliseconds &+ 1)
            if ready > 0 { return true }
            if ready < 0, errno != EINTR { throw lost() }
        }
    }

    /// The server's last words, when it had any, say more than libpq's.
    private func lost() -> PostgresError {
        isBroken = true
        defer { (answer, refusal) = (nil, nil) }
        let said = refusal.map { "\($0.name): \($0.context)" }
        return PostgresError(.connectionLost, said ?? Self.firstLine(PQerrorMessage(handle)))
    }

    private static func firstLine(_ message: UnsafePointer<CChar>?) -> String {
        let text = message.map { String(cString: $0) } ?? ""
        return text.split(separator: "\n").first.map(String.init) ?? "The connection broke."
    }
}
