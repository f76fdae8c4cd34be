import QuizTelemetry

/// What the mesh counts.
struct MeshMetrics: Sendable {
    let linksUp: MetricGauge
    let linksOpened: MetricCounter
    let linksClosed: MetricCounters<MeshClosing>
    let hellosRefused: MetricCounters<MeshRefusal>
    let receivedFrames: MetricCounter
    let receivedBytes: MetricCounter
    let sentFrames: MetricCounter
    let sentBytes: MetricCounter
    let skipped: MetricCounter
    let unsendable: MetricCounter
    let roundTrip: MetricHistogram

    init(_ registry: MetricsRegistry) {
        linksUp = registry.gauge(.meshLinksUp)
        linksOpened = registry.counter(.meshLinksOpenedTotal)
        linksClosed = registry.counters(.meshLinksClosedTotal, by: MeshClosing.self)
        hellosRefused = registry.counters(.meshHellosRefusedTotal, by: MeshRefusal.self)
        receivedFrames = registry.counter(.meshReceivedFramesTotal)
        receivedBytes = registry.counter(.meshReceivedBytesTotal)
        sentFrames = registry.counter(.meshSentFramesTotal)
        sentBytes = registry.counter(.meshSentBytesTotal)
        skipped = registry.counter(.meshMessagesSkippedTotal)
        unsendable = registry.counter(.meshMessagesUnsendableTotal)
        roundTrip = registry.histogram(.meshRoundTripSeconds)
    }
}
