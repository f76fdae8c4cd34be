/// One series of the page.
enum MetricInstrument: Sendable {
    case counter(MetricCounter)
    /// A counter that counts fractions; libraries only.
    case fractionalCounter(MetricGauge)
    case gauge(MetricGauge)
    /// Asked for its value when the page is made; must be quick and must not ask the registry for anything.
    case observed(@Sendable () -> Double)
    case histogram(MetricHistogram)

    var type: PrometheusType {
        switch self {
        case .counter, .fractionalCounter: .counter
        case .gauge, .observed: .gauge
        case .histogram: .histogram
        }
    }
}

enum PrometheusType: String, Sendable {
    case counter, gauge, histogram
}

/// What the registry holds behind its lock: families by name, series by their labels as they stand on the page.
struct MetricFamilies: Sendable {
    struct Family: Sendable {
        var type: PrometheusType
        var help: String
        var series: [String: MetricInstrument] = [:]
    }

    private(set) var byName: [String: Family] = [:]
    private(set) var librarySeries = 0

    /// The series with these labels, made if it is not there.
    ///
    /// - Returns: nil when the family is of another type.
    mutating func series(
        _ name: String, type: PrometheusType, help: String, labels: String, make: () -> MetricInstrument
    ) -> MetricInstrument? {
        var family = byName[name] ?? Family(type: type, help: help)
        guard family.type == type else { return nil }
        if let known = family.series[labels] { return known }
        let made = make()
        family.series[labels] = made
        byName[name] = family
        return made
    }

    /// As `series`, within the bound on what libraries may add.
    mutating func librarySeries(
        _ name: String, type: PrometheusType, labels: String, make: () -> MetricInstrument
    ) -> MetricInstrument? {
        let known = byName[name]?.series[labels] != nil
        guard known || librarySeries < MetricsRegistry.librarySeriesMax else { return nil }
        let instrument = series(name, type: type, help: "Counted by a library.", labels: labels, make: make)
        if instrument != nil, !known { librarySeries += 1 }
        return instrument
    }

    /// Puts `instrument` where the series is, whatever was there.
    mutating func replace(
        _ name: String, type: PrometheusType, help: String, labels: String, with instrument: MetricInstrument
    ) -> Bool {
        var family = byName[name] ?? Family(type: type, help: help)
        guard family.type == type else { return false }
        family.series[labels] = instrument
        byName[name] = family
        return true
    }
}
