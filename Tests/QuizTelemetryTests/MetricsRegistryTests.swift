import Metrics
import QuizModel
import QuizTelemetry
import Testing

@Suite struct MetricsRegistryTests {
    private enum Transport: String, CaseIterable { case websocket, polling }

    @Test func `an empty registry renders an empty page`() {
        #expect(MetricsRegistry().render() == "")
    }

    @Test func `counters, gauges and histograms render in the text format`() {
        let registry = MetricsRegistry()
        registry.counter(.journalRowsTotal).increment(by: 3)
        registry.gauge(.roomsSaving).set(1.5)
        let sizes = registry.histogram(.journalBatchRows)
        for rows in [1.0, 2, 3, 5_000] { sizes.observe(rows) }
        let expected = """
            # HELP quizmania_journal_batch_rows Rows a batch.
            # TYPE quizmania_journal_batch_rows histogram
            quizmania_journal_batch_rows_bucket{le="1"} 1
            quizmania_journal_batch_rows_bucket{le="2"} 2
            quizmania_journal_batch_rows_bucket{le="5"} 3
            quizmania_journal_batch_rows_bucket{le="10"} 3
            quizmania_journal_batch_rows_bucket{le="20"} 3
            quizmania_journal_batch_rows_bucket{le="50"} 3
            quizmania_journal_batch_rows_bucket{le="100"} 3
            quizmania_journal_batch_rows_bucket{le="200"} 3
            quizmania_journal_batch_rows_bucket{le="500"} 3
            quizmania_journal_batch_rows_bucket{le="1000"} 3
            quizmania_journal_batch_rows_bucket{le="+Inf"} 4
            quizmania_journal_batch_rows_sum 5006
            quizmania_journal_batch_rows_count 4
            # HELP quizmania_journal_rows_total Rows committed.
            # TYPE quizmania_journal_rows_total counter
            quizmania_journal_rows_total 3
            # HELP quizmania_rooms_saving Rooms whose clocks stand still because the journal does not answer.
            # TYPE quizmania_rooms_saving gauge
            quizmania_rooms_saving 1.5

            """
        #expect(registry.render() == expected)
    }

    @Test func `every value of a closed set is on the page from the start`() {
        let registry = MetricsRegistry()
        let opened = registry.gauges(.gatewayConnectionsOpen, by: Transport.self)
        opened[.polling].increment()
        let page = registry.render()
        #expect(page.contains("quizmania_gateway_connections_open{transport=\"polling\"} 1\n"))
        #expect(page.contains("quizmania_gateway_connections_open{transport=\"websocket\"} 0\n"))
    }

    @Test func `asking twice gives the same instrument`() {
        let registry = MetricsRegistry()
        registry.counter(.redisCommandsTotal).increment()
        registry.counter(.redisCommandsTotal).increment()
        #expect(registry.counter(.redisCommandsTotal).value == 2)
        let first = registry.counters(.roomInputsRejectedTotal, by: ErrorCode.self)
        let second = registry.counters(.roomInputsRejectedTotal, by: ErrorCode.self)
        first[.busy].increment()
        #expect(second[.busy].value == 1)
    }

    @Test func `an observed gauge is read when the page is made`() {
        let registry = MetricsRegistry()
        let gauge = MetricGauge()
        registry.observe(.redisQueuedCommands) { gauge.value }
        gauge.set(7)
        #expect(registry.render().contains("quizmania_redis_queued_commands 7\n"))
        registry.observe(.redisQueuedCommands) { -.infinity }
        #expect(registry.render().contains("quizmania_redis_queued_commands -Inf\n"))
    }

    @Test func `concurrent counting loses nothing`() async {
        let registry = MetricsRegistry()
        let counter = registry.counter(.roomInputsAppliedTotal)
        let gauge = registry.gauge(.journalBacklogRows)
        let histogram = registry.histogram(.roomAckSeconds)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<5_000 {
                        counter.increment()
                        gauge.increment()
                        histogram.observe(.milliseconds(3))
                    }
                }
            }
        }
        #expect(counter.value == 40_000)
        #expect(gauge.value == 40_000)
        #expect(histogram.snapshot.count == 40_000)
        #expect(histogram.snapshot.counts[3] == 40_000)
    }

    @Test func `what libraries count lands on the page under legal names`() {
        let registry = MetricsRegistry()
        let factory = RegistryMetricsFactory(registry: registry)
        Counter(label: "hb.requests", dimensions: [("path", "/a\"b\\c\nd"), ("1x", "y")], factory: factory).increment(
            by: 2)
        Counter(label: "hb.requests", dimensions: [("1x", "y"), ("path", "/a\"b\\c\nd")], factory: factory).increment()
        Meter(label: "pool-size", factory: factory).set(4)
        Timer(label: "hb.request.duration", factory: factory).recordMilliseconds(30)
        FloatingPointCounter(label: "spent_total", factory: factory).increment(by: 0.5)
        let page = registry.render()
        #expect(page.contains(#"hb_requests_total{_1x="y",path="/a\"b\\c\nd"} 3"# + "\n"))
        #expect(page.contains("pool_size 4\n"))
        #expect(
            page.contains(
                "hb_request_duration_seconds_bucket{le=\"0.025\"} 0\nhb_request_duration_seconds_bucket{le=\"0.05\"} 1\n"
            ))
        #expect(page.contains("spent_total 0.5\n"))
    }

    @Test func `a library cannot fill the registry or clash with another kind`() {
        let registry = MetricsRegistry()
        let factory = RegistryMetricsFactory(registry: registry)
        for number in 0...MetricsRegistry.librarySeriesMax {
            Counter(label: "many", dimensions: [("n", "\(number)")], factory: factory).increment()
        }
        #expect(registry.counter(.telemetrySeriesRefusedTotal).value == 1)
        let other = MetricsRegistry()
        Meter(label: "x_total", factory: RegistryMetricsFactory(registry: other)).set(1)
        Counter(label: "x", factory: RegistryMetricsFactory(registry: other)).increment()
        #expect(other.counter(.telemetrySeriesRefusedTotal).value == 1)
        #expect(other.render().contains("# TYPE x_total gauge\nx_total 1\n"))
    }

    @Test func `names follow the house rule`() throws {
        for name in MetricName.allCases {
            let words = name.rawValue.split(separator: "_", omittingEmptySubsequences: false)
            #expect(words.first == "quizmania" && words.count >= 3, "\(name.rawValue)")
            #expect(name.rawValue.allSatisfy { $0.isLowercase || $0 == "_" }, "\(name.rawValue)")
            #expect(name.definition.help.hasSuffix("."), "\(name.rawValue)")
            switch name.definition.kind {
            case .counter: #expect(words.last == "total", "\(name.rawValue)")
            case .gauge: #expect(words.last != "total", "\(name.rawValue)")
            case .histogram(let bounds):
                #expect(words.last == "seconds" || words.last == "rows" || words.last == "bytes", "\(name.rawValue)")
                #expect(bounds == bounds.sorted() && Set(bounds).count == bounds.count)
            }
        }
    }

    @Test func `a page with every metric has one HELP and TYPE each and well-formed samples`() throws {
        let registry = MetricsRegistry.withEveryMetric()
        let sample = /[a-z_]+(_bucket|_sum|_count)?(\{[a-z]+="[^"]*"(,le="[^"]*")?\})? (-?[0-9.e+-]+|\+Inf|-Inf|NaN)/
        var types: [Substring] = []
        for line in registry.render().split(separator: "\n") {
            if line.hasPrefix("# TYPE ") {
                types.append(line.split(separator: " ")[2])
            } else if !line.hasPrefix("# HELP ") {
                #expect(line.wholeMatch(of: sample) != nil, "\(line)")
            }
        }
        #expect(types.map(String.init) == MetricName.allCases.map(\.rawValue).sorted())
    }
}

extension MetricsRegistry {
    enum AnyLabel: String, CaseIterable { case one, two }

    /// A registry in which every metric of the product has been counted once.
    static func withEveryMetric() -> MetricsRegistry {
        let registry = MetricsRegistry()
        for name in MetricName.allCases {
            switch (name.definition.kind, name.definition.label) {
            case (.counter, nil): registry.counter(name).increment()
            case (.counter, _?): registry.counters(name, by: AnyLabel.self)[.one].increment()
            case (.gauge, nil): registry.gauge(name).increment()
            case (.gauge, _?): registry.gauges(name, by: AnyLabel.self)[.one].increment()
            case (.histogram, nil): registry.histogram(name).observe(0.25)
            case (.histogram, _?): registry.histograms(name, by: AnyLabel.self)[.one].observe(0.25)
            }
        }
        return registry
    }
}
