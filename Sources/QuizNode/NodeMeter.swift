internal import QuizGateway
internal import QuizModel
internal import QuizRoomHost
internal import QuizTelemetry
internal import ServiceLifecycle

/// Copies what event loops and rooms know of themselves into the registry, once a second: nothing on a hot path touches
/// a shared counter for it.
struct NodeMeter: Service {
    private enum Transport: String, CaseIterable, Hashable, Sendable { case polling, websocket }
    private enum Refusal: String, CaseIterable, Hashable, Sendable { case rate }

    let gateway: GatewayMetrics
    let host: RoomHost
    let registry: MetricsRegistry

    func run() async throws {
        let meters = Meters(registry)
        registry.gauge(.nodeUp).set(true)
        await cancelWhenGracefulShutdown {
            var before = GatewayCounters()
            while !Task.isCancelled {
                let now = await gateway.counters()
                meters.count(now, since: before)
                before = now
                meters.count(await host.phases())
                try? await Task.sleep(for: .seconds(1))  // ends early only when cancelled
            }
        }
        registry.gauge(.nodeUp).set(false)
    }

    private struct Meters: Sendable {
        let sessions: MetricGauge
        let connections: MetricGauges<Transport>
        let refused: MetricCounters<Refusal>
        let bytesReceived: MetricCounter
        let bytesSent: MetricCounter
        let eventsReceived: MetricCounter
        let eventsSent: MetricCounter
        let eventsDropped: MetricCounter
        let rooms: MetricGauges<RoomPhase>

        init(_ registry: MetricsRegistry) {
            sessions = registry.gauge(.gatewaySessionsOpen)
            connections = registry.gauges(.gatewayConnectionsOpen, by: Transport.self)
            refused = registry.counters(.gatewayHandshakesRefusedTotal, by: Refusal.self)
            bytesReceived = registry.counter(.gatewayReceivedBytesTotal)
            bytesSent = registry.counter(.gatewaySentBytesTotal)
            eventsReceived = registry.counter(.gatewayEventsReceivedTotal)
            eventsSent = registry.counter(.gatewayEventsSentTotal)
            eventsDropped = registry.counter(.gatewayEventsDroppedTotal)
            rooms = registry.gauges(.roomsLive, by: RoomPhase.self)
        }

        func count(_ now: GatewayCounters, since before: GatewayCounters) {
            sessions.set(now.sessions)
            connections[.websocket].set(now.webSockets)
            connections[.polling].set(max(0, now.sessions - now.webSockets))
            refused[.rate].increment(by: now.handshakesShed - before.handshakesShed)
            bytesReceived.increment(by: now.bytesReceived - before.bytesReceived)
            bytesSent.increment(by: now.bytesSent - before.bytesSent)
            eventsReceived.increment(by: now.messagesReceived - before.messagesReceived)
            eventsSent.increment(by: now.messagesSent - before.messagesSent)
            eventsDropped.increment(by: now.messagesConflated - before.messagesConflated)
        }

        func count(_ counts: [RoomPhase: Int]) {
            for phase in RoomPhase.allCases { rooms[phase].set(counts[phase] ?? 0) }
        }
    }
}
