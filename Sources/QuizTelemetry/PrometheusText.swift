/// Prometheus' text format, version 0.0.4.
///
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
package enum PrometheusText {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    static func render(_ families: [String: MetricFamilies.Family]) -> String {
        var page = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            page += "# HELP \(name) \(escapedHelp(family.help))\n# TYPE \(name) \(family.type.rawValue)\n"
            for (labels, instrument) in family.series.sorted(by: { $0.key < $1.key }) {
                append(name, labels, instrument, to: &page)
            }
        }
        return page
    }

    /// `a="1",b="2"`, in the order given, without braces. Names are made legal, values escaped.
    static func labels(_ pairs: [(String, String)]) -> String {
        pairs.map { "\(legalName($0.0, colons: false))=\"\(escapedLabel($0.1))\"" }.joined(separator: ",")
    }

    /// Replaces what a name may not contain by `_`; a digit in front gets one before it.
    static func legalName(_ name: String, colons: Bool = true) -> String {
        var legal = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_": legal.unicodeScalars.append(scalar)
            case ":" where colons: legal.unicodeScalars.append(scalar)
            case "0"..."9":
                if legal.isEmpty { legal = "_" }
                legal.unicodeScalars.append(scalar)
            default: legal += "_"
            }
        }
        return legal.isEmpty ? "_" : legal
    }

    static func escapedLabel(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += #"\\"#
            case "\"": escaped += #"\""#
            case "\n": escaped += #"\n"#
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    static func escapedHelp(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += #"\\"#
            case "\n": escaped += #"\n"#
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Whole numbers below 2^53 are exact; written without a fraction they are easier to read.
        if value == value.rounded(), abs(value) < 9_007_199_254_740_992 { return String(Int64(value)) }
        return String(value)
    }

    private static func append(
        _ name: String, _ labels: String, _ instrument: MetricInstrument, to page: inout String
    ) {
        let braced = labels.isEmpty ? "" : "{\(labels)}"
        switch instrument {
        case .counter(let counter): page += "\(name)\(braced) \(counter.value)\n"
        case .fractionalCounter(let gauge), .gauge(let gauge): page += "\(name)\(braced) \(number(gauge.value))\n"
        case .observed(let read): page += "\(name)\(braced) \(number(read()))\n"
        case .histogram(let histogram):
            let snapshot = histogram.snapshot
            let before = labels.isEmpty ? "" : labels + ","
            var cumulative: UInt64 = 0
            for (bound, count) in zip(histogram.bounds + [.infinity], snapshot.counts) {
                cumulative += count
                page += "\(name)_bucket{\(before)le=\"\(number(bound))\"} \(cumulative)\n"
            }
            page += "\(name)_sum\(braced) \(number(snapshot.sum))\n\(name)_count\(braced) \(cumulative)\n"
        }
    }
}
