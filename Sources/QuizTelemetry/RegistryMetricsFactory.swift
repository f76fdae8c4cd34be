package import Metrics

/// The registry as a back end of swift-metrics, so that what libraries count lands on the same page.
///
/// Names are made legal for Prometheus and get the ending of their kind: `_total` for counters, `_seconds` for timers.
/// Series beyond the registry's bound, or whose name is taken by another kind, are counted nowhere.
package struct RegistryMetricsFactory: MetricsFactory {
    private let registry: MetricsRegistry

    package init(registry: MetricsRegistry) { self.registry = registry }

    /// Makes swift-metrics of this process count into the registry. Call once.
    package func bootstrap() { MetricsSystem.bootstrap(self) }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let found = registry.librarySeries(
            name(label, ending: "_total"), type: .counter, labels: labels(dimensions),
            make: { .counter(MetricCounter()) })
        if case .counter(let counter) = found { return CounterFront(counter) }
        return CounterFront(MetricCounter())
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        let found = registry.librarySeries(
            name(label, ending: "_total"), type: .counter, labels: labels(dimensions),
            make: { .fractionalCounter(MetricGauge()) })
        if case .fractionalCounter(let gauge) = found { return FractionalCounterFront(gauge) }
        return FractionalCounterFront(MetricGauge())
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        GaugeFront(gauge(label, dimensions))
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return GaugeFront(gauge(label, dimensions)) }
        let found = registry.librarySeries(
            name(label, ending: ""), type: .histogram, labels: labels(dimensions),
            make: { .histogram(MetricHistogram(bounds: MetricBuckets.sizes)) })
        if case .histogram(let histogram) = found { return HistogramFront(histogram) }
        return HistogramFront(MetricHistogram(bounds: MetricBuckets.sizes))
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let found = registry.librarySeries(
            name(label, ending: "_seconds"), type: .histogram, labels: labels(dimensions),
            make: { .histogram(MetricHistogram(bounds: MetricBuckets.seconds)) })
        if case .histogram(let histogram) = found { return HistogramFront(histogram) }
        return HistogramFront(MetricHistogram(bounds: MetricBuckets.seconds))
    }

    // A scrape expects a series it has seen to stay; nothing is forgotten.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> MetricGauge {
        let found = registry.librarySeries(
            name(label, ending: ""), type: .gauge, labels: labels(dimensions), make: { .gauge(MetricGauge()) })
        if case .gauge(let gauge) = found { return gauge }
        return MetricGauge()
    }

    private func name(_ label: String, ending: String) -> String {
        let legal = PrometheusText.legalName(label)
        return legal.hasSuffix(ending) ? legal : legal + ending
    }

    /// In one order, each name once: the same dimensions must be the same series however they were listed.
    private func labels(_ dimensions: [(String, String)]) -> String {
        var seen: Set<String> = []
        let pairs = dimensions.map { (PrometheusText.legalName($0.0, colons: false), $0.1) }
            .sorted { $0.0 < $1.0 }
            .filter { seen.insert($0.0).inserted && $0.0 != "le" }
        return PrometheusText.labels(pairs)
    }
}

private final class CounterFront: CounterHandler {
    private let counter: MetricCounter
    init(_ counter: MetricCounter) { self.counter = counter }
    func increment(by amount: Int64) { counter.increment(by: Int(clamping: amount)) }
    func reset() { counter.reset() }
}

private final class FractionalCounterFront: FloatingPointCounterHandler {
    private let gauge: MetricGauge
    init(_ gauge: MetricGauge) { self.gauge = gauge }
    func increment(by amount: Double) { gauge.add(max(0, amount)) }
    func reset() { gauge.set(0) }
}

private final class GaugeFront: MeterHandler, RecorderHandler {
    private let gauge: MetricGauge
    init(_ gauge: MetricGauge) { self.gauge = gauge }
    func set(_ value: Int64) { gauge.set(Double(value)) }
    func set(_ value: Double) { gauge.set(value) }
    func increment(by amount: Double) { gauge.add(amount) }
    func decrement(by amount: Double) { gauge.add(-amount) }
    func record(_ value: Int64) { gauge.set(Double(value)) }
    func record(_ value: Double) { gauge.set(value) }
}

private final class HistogramFront: TimerHandler, RecorderHandler {
    private let histogram: MetricHistogram
    init(_ histogram: MetricHistogram) { self.histogram = histogram }
    func recordNanoseconds(_ duration: Int64) { histogram.observe(Double(duration) / 1e9) }
    func record(_ value: Int64) { histogram.observe(Double(value)) }
    func record(_ value: Double) { histogram.observe(value) }
}
