import NIOConcurrencyHelpers
import Synchronization

/// Counts upwards; safe from any thread, one atomic addition.
package final class MetricCounter: Sendable {
    private let count = Atomic<UInt64>(0)

    package init() {}

    package func increment() { count.wrappingAdd(1, ordering: .relaxed) }

    /// - Parameter amount: 0 or more.
    package func increment(by amount: Int) { count.wrappingAdd(UInt64(max(0, amount)), ordering: .relaxed) }

    package var value: UInt64 { count.load(ordering: .relaxed) }

    func reset() { count.store(0, ordering: .relaxed) }
}

/// A value that goes up and down; safe from any thread.
package final class MetricGauge: Sendable {
    private let bits = Atomic<UInt64>(0)

    package init() {}

    package func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    package func set(_ value: Int) { set(Double(value)) }
    package func set(_ value: Bool) { set(value ? 1.0 : 0.0) }
    package func increment() { add(1) }
    package func decrement() { add(-1) }

    package func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, current) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = current
        }
    }

    package var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}

/// Counts observations in fixed buckets; safe from any thread, behind a short lock.
package final class MetricHistogram: Sendable {
    package struct Snapshot: Sendable, Equatable {
        /// Observations at or below each bound, not cumulative; the last one is above all bounds.
        package var counts: [UInt64]
        package var sum: Double
        package var count: UInt64 { counts.reduce(0, +) }
    }

    package let bounds: [Double]
    private let state: NIOLockedValueBox<Snapshot>

    /// - Parameter bounds: ascending upper bounds, infinity not among them.
    package init(bounds: [Double]) {
        self.bounds = bounds
        state = NIOLockedValueBox(Snapshot(counts: Array(repeating: 0, count: bounds.count + 1), sum: 0))
    }

    /// - Parameter value: in the metric's unit. Not-a-number is ignored.
    package func observe(_ value: Double) {
        guard !value.isNaN else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLockedValue {
            $0.counts[bucket] += 1
            $0.sum += value
        }
    }

    /// Observes seconds.
    package func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        observe(Double(seconds) + Double(attoseconds) * 1e-18)
    }

    package var snapshot: Snapshot { state.withLockedValue { $0 } }

    func reset() {
        state.withLockedValue { $0 = Snapshot(counts: Array(repeating: 0, count: bounds.count + 1), sum: 0) }
    }
}

/// One instrument for each value of a closed set; made whole at start, so that reading it takes no lock and every
/// series is there from the first scrape.
package struct MetricFamily<Label, Instrument: Sendable>: Sendable
where Label: RawRepresentable<String> & CaseIterable & Hashable & Sendable {
    private let instruments: [Label: Instrument]

    init(_ make: (Label) -> Instrument) {
        instruments = Dictionary(uniqueKeysWithValues: Label.allCases.map { ($0, make($0)) })
    }

    package subscript(label: Label) -> Instrument {
        guard let instrument = instruments[label] else {
            preconditionFailure("`allCases` of a label's type has all its cases.")
        }
        return instrument
    }
}

package typealias MetricCounters<Label> = MetricFamily<Label, MetricCounter>
where Label: RawRepresentable<String> & CaseIterable & Hashable & Sendable
package typealias MetricGauges<Label> = MetricFamily<Label, MetricGauge>
where Label: RawRepresentable<String> & CaseIterable & Hashable & Sendable
package typealias MetricHistograms<Label> = MetricFamily<Label, MetricHistogram>
where Label: RawRepresentable<String> & CaseIterable & Hashable & Sendable
