internal import Logging
internal import NIOCore
internal import QuizCluster
internal import QuizModel
internal import QuizRoomHost
internal import QuizTelemetry
internal import ServiceLifecycle

/// Measures the node once a second and has it shed what its level says. Nothing on a hot path knows of it.
struct OverloadWatch: Service {
    let settings: OverloadSettings
    let host: RoomHost
    let load: NodeLoad
    let registry: MetricsRegistry
    let log: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var machine = OverloadMachine(marks: settings.marks)
            var usage = ProcessUsage(memoryLimitBytes: settings.memoryLimitMiB.map { Int64($0) << 20 })
            let meters = Meters(registry)
            while !Task.isCancelled {
                let (lag, backlogRows) = await host.takeStress()
                let share = usage.takeProcessorShare()
                let vitals = NodeVitals(
                    cpuPercent: share.map { Int(($0 * 100).rounded()) }, lagMs: Int(lag.nanoseconds / 1_000_000),
                    memoryBytes: ProcessUsage.residentBytes(), memoryLimitBytes: usage.limits.memoryBytes,
                    backlogRows: backlogRows)
                if let change = machine.observe(vitals) { act(on: change, vitals) }
                load.set(machine.level, vitals)
                meters.show(machine.level, vitals)
                try? await Task.sleep(for: .seconds(1))  // ends early only when cancelled
            }
        }
    }

    private func act(on change: OverloadMachine.Change, _ vitals: NodeVitals) {
        let level = change.to
        host.strain(
            RoomStrain(
                refusesJoins: level >= .refusesJoins,
                progressEveryMs: level >= .coarsens
                    ? RoomStrain.coarseProgressEveryMs : RoomStrain.none.progressEveryMs))
        guard let measure = change.measure else {
            log.notice("The node sheds less load.", metadata: .keys([.status: "\(level.rawValue)"]))
            return
        }
        log.warning(
            "The node is overloaded and sheds load.",
            metadata: .keys([
                .status: "\(level.rawValue)", .reason: "\(measure.rawValue)", .count: "\(vitals[measure] ?? 0)",
            ]))
    }

    private struct Meters: Sendable {
        let level: MetricGauge
        let cpu: MetricGauge
        let lag: MetricGauge
        let memory: MetricGauge
        let memoryLimit: MetricGauge

        init(_ registry: MetricsRegistry) {
            level = registry.gauge(.nodeOverloadLevel)
            cpu = registry.gauge(.nodeCPURatio)
            lag = registry.gauge(.nodeLoopLagMaxSeconds)
            memory = registry.gauge(.nodeMemoryBytes)
            memoryLimit = registry.gauge(.nodeMemoryLimitBytes)
        }

        func show(_ level: OverloadLevel, _ vitals: NodeVitals) {
            self.level.set(level.rank)
            cpu.set(Double(vitals.cpuPercent ?? 0) / 100)
            lag.set(Double(vitals.lagMs ?? 0) / 1_000)
            memory.set(Double(vitals.memoryBytes ?? 0))
            memoryLimit.set(Double(vitals.memoryLimitBytes ?? 0))
        }
    }
}
