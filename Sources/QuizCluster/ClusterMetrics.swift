internal import QuizModel
package import QuizTelemetry

/// What a node counts of the cluster.
package struct ClusterMetrics: Sendable {
    package enum Move: String, CaseIterable, Hashable, Sendable { case given, taken, inherited, failed }

    let nodesAlive: MetricGauge
    let shardsOwned: MetricGauge
    let isCoordinator: MetricGauge
    let isSettled: MetricGauge
    let moves: MetricCounters<Move>
    let received: MetricCounters<MoveReason>
    let handOffSeconds: MetricHistogram
    let takeOverSeconds: MetricHistogram
    let remoteSessions: MetricGauge
    let beatFailures: MetricCounter
    let generations: MetricCounter

    package init(_ registry: MetricsRegistry) {
        nodesAlive = registry.gauge(.clusterNodesAlive)
        shardsOwned = registry.gauge(.clusterShardsOwned)
        isCoordinator = registry.gauge(.clusterCoordinator)
        isSettled = registry.gauge(.clusterSettled)
        moves = registry.counters(.clusterShardMovesTotal, by: Move.self)
        received = registry.counters(.clusterShardsReceivedTotal, by: MoveReason.self)
        handOffSeconds = registry.histogram(.clusterHandOffSeconds)
        takeOverSeconds = registry.histogram(.clusterTakeOverSeconds)
        remoteSessions = registry.gauge(.clusterRemoteSessions)
        beatFailures = registry.counter(.nodeHeartbeatFailuresTotal)
        generations = registry.counter(.redisGenerationsTotal)
    }
}
