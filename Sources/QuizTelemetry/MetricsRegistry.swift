import NIOConcurrencyHelpers

/// Everything a node counts, and its Prometheus page.
///
/// Parts ask for their instruments once, at start, and keep them: counting is then an atomic addition. Asking again for
/// the same metric gives the same instrument. Metrics of libraries come in through ``RegistryMetricsFactory``.
package final class MetricsRegistry: Sendable {
    /// Series libraries may make; more are counted in `quizmania_telemetry_series_refused_total` and kept out of the
    /// page.
    package static let librarySeriesMax = 2_000

    private let families = NIOLockedValueBox(MetricFamilies())

    package init() {}

    // MARK: One series

    package func counter(_ name: MetricName) -> MetricCounter { counter(name, value: nil) }

    package func gauge(_ name: MetricName) -> MetricGauge { gauge(name, value: nil) }

    package func histogram(_ name: MetricName) -> MetricHistogram { histogram(name, value: nil) }

    /// Makes the page ask for a gauge's value; a later call replaces the question.
    ///
    /// - Parameter read: quick, from any thread, without asking the registry for anything.
    package func observe(_ name: MetricName, read: @escaping @Sendable () -> Double) {
        observe(name, value: nil, read: read)
    }

    // MARK: A series for each value of a closed set

    package func counters<Label>(_ name: MetricName, by label: Label.Type) -> MetricCounters<Label> {
        MetricFamily { counter(name, value: $0.rawValue) }
    }

    package func gauges<Label>(_ name: MetricName, by label: Label.Type) -> MetricGauges<Label> {
        MetricFamily { gauge(name, value: $0.rawValue) }
    }

    package func histograms<Label>(_ name: MetricName, by label: Label.Type) -> MetricHistograms<Label> {
        MetricFamily { histogram(name, value: $0.rawValue) }
    }

    /// As `observe`, for one value of the metric's label.
    package func observe<Label>(_ name: MetricName, at label: Label, read: @escaping @Sendable () -> Double)
    where Label: RawRepresentable<String> & CaseIterable & Hashable & Sendable {
        observe(name, value: label.rawValue, read: read)
    }

    // MARK: The page

    /// The page in Prometheus' text format 0.0.4; families and series in alphabetical order.
    package func render() -> String {
        // Copied out first: a gauge's question may take the locks of others.
        let families = families.withLockedValue { $0.byName }
        return PrometheusText.render(families)
    }

    // MARK: Libraries

    /// A series for a library; nil when there is no room or the name is taken by another kind.
    func librarySeries(
        _ name: String, type: PrometheusType, labels: String, make: () -> MetricInstrument
    ) -> MetricInstrument? {
        let instrument = families.withLockedValue { $0.librarySeries(name, type: type, labels: labels, make: make) }
        if instrument == nil { counter(.telemetrySeriesRefusedTotal).increment() }
        return instrument
    }

    // MARK: Detail

    private func counter(_ name: MetricName, value: String?) -> MetricCounter {
        guard case .counter(let counter) = instrument(name, value: value, make: { .counter(MetricCounter()) }) else {
            preconditionFailure("\(name.rawValue) is not a counter.")
        }
        return counter
    }

    private func gauge(_ name: MetricName, value: String?) -> MetricGauge {
        guard case .gauge(let gauge) = instrument(name, value: value, make: { .gauge(MetricGauge()) }) else {
            preconditionFailure("\(name.rawValue) is not a gauge that is set.")
        }
        return gauge
    }

    private func histogram(_ name: MetricName, value: String?) -> MetricHistogram {
        guard case .histogram(let bounds) = name.definition.kind,
            case .histogram(let histogram) = instrument(
                name, value: value, make: { .histogram(MetricHistogram(bounds: bounds)) })
        else { preconditionFailure("\(name.rawValue) is not a histogram.") }
        return histogram
    }

    private func instrument(_ name: MetricName, value: String?, make: () -> MetricInstrument) -> MetricInstrument? {
        let (type, labels) = checked(name, value)
        return families.withLockedValue {
            $0.series(name.rawValue, type: type, help: name.definition.help, labels: labels, make: make)
        }
    }

    private func observe(_ name: MetricName, value: String?, read: @escaping @Sendable () -> Double) {
        let (type, labels) = checked(name, value)
        let replaced = families.withLockedValue {
            $0.replace(name.rawValue, type: type, help: name.definition.help, labels: labels, with: .observed(read))
        }
        precondition(type == .gauge && replaced, "\(name.rawValue) is not a gauge.")
    }

    private func checked(_ name: MetricName, _ value: String?) -> (PrometheusType, labels: String) {
        let definition = name.definition
        let type: PrometheusType =
            switch definition.kind {
            case .counter: .counter
            case .gauge: .gauge
            case .histogram: .histogram
            }
        switch (definition.label, value) {
        case (nil, nil): return (type, "")
        case (let label?, let value?): return (type, PrometheusText.labels([(label, value)]))
        default: preconditionFailure("\(name.rawValue) has \(definition.label ?? "no") label.")
        }
    }
}
