internal import QuizCluster

/// From where on a node sheds load. Each measure has three marks: from the first on new rooms are refused, from the second on new players too, from the
/// third on rooms tell progress less often.
struct OverloadSettings: Sendable {
    var marks: OverloadMarks
    /// Nil: the control group's limit, else the machine's memory.
    var memoryLimitMiB: Int?

    static let keys: [NodeSettings.Key] = [
        .init(
            name: "overload.cpu.percent",
            meaning:
                "Marks of processor time, of what the process may use; three rising numbers, or off. Default: 85,92,97."
        ),
        .init(
            name: "overload.lag.ms",
            meaning:
                "Marks of the event loops' lateness, milliseconds; three rising numbers, or off. Default: 500,1000,2000."
        ),
        .init(
            name: "overload.memory.percent",
            meaning: "Marks of resident memory, of the limit; three rising numbers, or off. Default: 75,85,92."),
        .init(
            name: "overload.backlog.rows",
            meaning: "Marks of rows not yet committed; three rising numbers, or off. Default: 8000,16000,32000."),
        .init(
            name: "overload.memory.limit.mib",
            meaning:
                "What memory is measured against, MiB; 64 to 1048576. Default: the control group's limit, else the machine's."
        ),
    ]

    private static let defaults: [(measure: OverloadMeasure, text: String)] = [
        (.cpu, "85,92,97"), (.lag, "500,1000,2000"), (.memory, "75,85,92"), (.backlog, "8000,16000,32000"),
    ]

    /// - Parameter text: a setting's text by its key; nil: not set.
    init(_ text: (String) -> String?) throws(SettingsFault) {
        var rows: [OverloadMeasure: OverloadMarks.Row] = [:]
        for (key, fallback) in zip(Self.keys, Self.defaults) {
            let given = text(key.name) ?? fallback.text
            if given == "off" { continue }
            let numbers = given.split(separator: ",", omittingEmptySubsequences: false).map { part in
                Int(String(part.filter { $0 != " " }))
            }
            guard numbers.count == 3, let first = numbers[0], let second = numbers[1], let third = numbers[2],
                let row = OverloadMarks.Row(first, second, third)
            else {
                throw SettingsFault(
                    "`\(key.name)` is \(given); it has to be three rising numbers like \(fallback.text), or off.")
            }
            rows[fallback.measure] = row
        }
        marks = OverloadMarks(rows: rows)
        guard let limit = text("overload.memory.limit.mib") else { return }
        guard let mebibytes = Int(limit), (64...1_048_576).contains(mebibytes) else {
            throw SettingsFault("`overload.memory.limit.mib` is \(limit); it has to be 64 to 1048576.")
        }
        memoryLimitMiB = mebibytes
    }

    /// The values in force, in the order of the keys.
    var values: [String?] {
        Self.defaults.map { measure, _ in
            marks.rows[measure].map { "\($0.rooms),\($0.joins),\($0.progress)" } ?? "off"
        } + [memoryLimitMiB.map(String.init)]
    }
}
