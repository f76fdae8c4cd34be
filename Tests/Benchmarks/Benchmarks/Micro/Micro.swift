import Benchmark
import Operations

let benchmarks: @Sendable () -> Void = {
    for operation in operations {
        Benchmark(
            operation.name,
            configuration: .init(
                metrics: [.wallClock, .throughput], scalingFactor: operation.isLong ? .one : .kilo,
                maxDuration: .seconds(3))
        ) { benchmark in
            let run = operation.prepare()
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations { run() }
        }
    }
}
