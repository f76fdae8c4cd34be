internal import Logging
internal import NIOCore
internal import QuizModel
internal import QuizShards
internal import QuizTelemetry

/// What a lane tells about the rooms it carries. Called on the lane's event loop.
protocol JournalLaneDelegate: AnyObject, Sendable {
    /// - Parameter began: when the append that committed was sent; see `Standing`.
    func committed(_ room: RoomID, _ head: JournalHead, began: NIODeadline)
    /// The fence has another term than this one.
    func lost(_ term: Term)
    func quarantine(_ room: RoomID, why: String)
}

/// Runs a `JournalLaneMachine` on an event loop: hands its batches to the journal and its findings to the rooms.
final class JournalLane: @unchecked Sendable {  // mutable state is confined to `loop`
    let index: Int
    let loop: any EventLoop
    private let journal: any RoomJournal
    private let work: BackgroundWork
    private let metrics: RoomMetrics
    private let log: Logger
    private weak var delegate: (any JournalLaneDelegate)?
    private var machine = JournalLaneMachine()
    private var flushScheduled = false
    private var began = NIODeadline.now()
    private var rowsInFlight = 0
    /// This lane's part of what the gauges say.
    private var shown = (bytes: 0, rows: 0)

    init(
        index: Int, loop: any EventLoop, journal: any RoomJournal, work: BackgroundWork, metrics: RoomMetrics,
        log: Logger
    ) {
        self.index = index
        self.loop = loop
        self.journal = journal
        self.work = work
        self.metrics = metrics
        self.log = log
    }

    func attach(_ delegate: any JournalLaneDelegate) {
        loop.preconditionInEventLoop()
        self.delegate = delegate
    }

    var backlogBytes: Int {
        loop.preconditionInEventLoop()
        return machine.backlogBytes
    }

    var backlogRows: Int {
        loop.preconditionInEventLoop()
        return machine.backlogRows
    }

    /// Takes rows of one room; they are sent when the loop's current batch of events is done.
    func enqueue(_ append: RoomAppend) {
        loop.preconditionInEventLoop()
        machine.enqueue(append)
        guard !flushScheduled else { return }
        flushScheduled = true
        loop.execute {
            self.flushScheduled = false
            self.proceed()
        }
    }

    func drop(_ room: RoomID) {
        loop.preconditionInEventLoop()
        machine.drop(room)
    }

    private func proceed() {
        while let action = machine.next() { perform(action) }
        // All lanes of the node share these gauges.
        metrics.backlogBytes.add(Double(machine.backlogBytes - shown.bytes))
        metrics.backlogRows.add(Double(machine.backlogRows - shown.rows))
        shown = (machine.backlogBytes, machine.backlogRows)
    }

    private func send(_ batch: JournalBatch) {
        began = .now()
        rowsInFlight = batch.appends.reduce(0) { $0 + $1.rows.count }
        journal.append(batch, lane: index) { outcome in
            self.loop.execute { self.finished(outcome) }
        }
    }

    private func finished(_ outcome: BatchOutcome) {
        switch outcome {
        case .committed:
            metrics.batches[.committed].increment()
            metrics.rows.increment(by: rowsInFlight)
            metrics.batchRows.observe(Double(rowsInFlight))
            metrics.commitSeconds.observe(Double((NIODeadline.now() - began).nanoseconds) / 1e9)
        case .failed(let failure):
            metrics.batches[.failed].increment()
            log.warning(
                "The journal refused a batch.",
                metadata: .keys([.code: "\(failure.code)", .error: "\(failure.context)"]))
        case .unknown(let failure):
            metrics.batches[.unknown].increment()
            log.warning(
                "A batch's outcome is unknown; the same bytes are sent again.",
                metadata: .keys([.code: "\(failure.code)", .error: "\(failure.context)"]))
        }
        for action in machine.outcome(outcome) { perform(action) }
        proceed()
    }

    private func perform(_ action: JournalLaneMachine.Action) {
        switch action {
        case .send(let batch):
            send(batch)
        case .sendAgain(let batch, let afterMs):
            loop.scheduleTask(in: .milliseconds(Int64(afterMs))) { self.send(batch) }
        case .readTerms(let shards):
            metrics.appendsRefused.increment()
            readTerms(of: shards)
        case .committed(let room, let head):
            delegate?.committed(room, head, began: began)
        case .lost(let term):
            delegate?.lost(term)
        case .quarantine(let room, let why):
            delegate?.quarantine(room, why: why)
        }
    }

    /// A refused room is retried only after its fence row has been read, with a pause, because a fencer may be at work.
    private func readTerms(of shards: [ShardID]) {
        loop.scheduleTask(in: .milliseconds(50)) { [journal, index, loop] in
            let accepted = self.work.submit {
                let terms: [ShardID: Term]?
                do { terms = try await journal.terms(of: shards, lane: index) } catch { terms = nil }
                loop.execute { self.haveRead(terms) }
            }
            // Its rooms wait until somebody asks again.
            if !accepted { self.haveRead(nil) }
        }
    }

    /// - Parameter terms: nil: they could not be read.
    private func haveRead(_ terms: [ShardID: Term]?) {
        for action in machine.terms(terms) { perform(action) }
        proceed()
    }
}
