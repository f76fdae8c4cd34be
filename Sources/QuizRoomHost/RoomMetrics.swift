internal import QuizModel
package import QuizTelemetry

/// What the rooms and the journal of a node count.
package struct RoomMetrics: Sendable {
    package enum BatchLabel: String, CaseIterable, Sendable { case committed, failed, unknown }
    /// What an overloaded node sheds.
    package enum ShedLabel: String, CaseIterable, Sendable {
        /// Rooms that were refused.
        case rooms
        /// Rooms that were made on another node.
        case passedRooms = "passed_rooms"
        case joins
    }
    package enum LoadLabel: String, CaseIterable, Sendable { case live, closed, quarantined }

    let roomsCreated: MetricCounter
    let roomsClosed: MetricCounter
    let roomsSaving: MetricGauge
    let roomsQuarantined: MetricGauge
    let inputsApplied: MetricCounter
    let inputsRejected: MetricCounters<ErrorCode>
    let ackSeconds: MetricHistogram
    let gamesFinished: MetricCounter
    let batches: MetricCounters<BatchLabel>
    let rows: MetricCounter
    let batchRows: MetricHistogram
    let appendsRefused: MetricCounter
    let commitSeconds: MetricHistogram
    let backlogRows: MetricGauge
    let backlogBytes: MetricGauge
    let busy: MetricCounter
    let snapshots: MetricCounter
    let shardsLost: MetricCounter
    let lostCommits: MetricCounter
    let loaded: MetricCounters<LoadLabel>
    let loadSeconds: MetricHistogram
    let loopLag: MetricHistogram
    package let shed: MetricCounters<ShedLabel>

    package init(_ registry: MetricsRegistry) {
        roomsCreated = registry.counter(.roomsCreatedTotal)
        roomsClosed = registry.counter(.roomsClosedTotal)
        roomsSaving = registry.gauge(.roomsSaving)
        roomsQuarantined = registry.gauge(.roomsQuarantined)
        inputsApplied = registry.counter(.roomInputsAppliedTotal)
        inputsRejected = registry.counters(.roomInputsRejectedTotal, by: ErrorCode.self)
        ackSeconds = registry.histogram(.roomAckSeconds)
        gamesFinished = registry.counter(.roomGamesFinishedTotal)
        batches = registry.counters(.journalBatchesTotal, by: BatchLabel.self)
        rows = registry.counter(.journalRowsTotal)
        batchRows = registry.histogram(.journalBatchRows)
        appendsRefused = registry.counter(.journalAppendsRefusedTotal)
        commitSeconds = registry.histogram(.journalCommitSeconds)
        backlogRows = registry.gauge(.journalBacklogRows)
        backlogBytes = registry.gauge(.journalBacklogBytes)
        busy = registry.counter(.journalBusyTotal)
        snapshots = registry.counter(.journalSnapshotsTotal)
        shardsLost = registry.counter(.journalShardsLostTotal)
        lostCommits = registry.counter(.journalLostCommitsTotal)
        loaded = registry.counters(.recoveryRoomsTotal, by: LoadLabel.self)
        loadSeconds = registry.histogram(.recoverySeconds)
        loopLag = registry.histogram(.nodeLoopLagSeconds)
        shed = registry.counters(.nodeOverloadRefusedTotal, by: ShedLabel.self)
    }
}
