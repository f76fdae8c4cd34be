/// Columns for people: a header, and rows beneath it.
package struct TextTable: Sendable {
    package enum Side: Sendable, Hashable {
        case left, right
    }

    private var columns: [(title: String, side: Side)] = []
    private var rows: [[String]] = []

    /// - Parameter columns: numbers stand on the right.
    package init(_ columns: (title: String, side: Side)...) { self.columns = columns }

    /// - Parameter row: one text a column.
    package mutating func add(_ row: [String]) {
        precondition(row.count == columns.count, "A row has a text for each column.")
        rows.append(row)
    }

    /// Without blanks at the ends of lines.
    package var lines: [String] {
        let all = [columns.map(\.title)] + rows
        let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            var line = ""
            for (column, text) in row.enumerated() {
                let blanks = String(repeating: " ", count: widths[column] - text.count)
                line += (column == 0 ? "" : "  ") + (columns[column].side == .left ? text + blanks : blanks + text)
            }
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
