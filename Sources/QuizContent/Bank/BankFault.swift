/// One thing that is wrong with one row of a bank file.
package struct BankFault: Sendable, Hashable, CustomStringConvertible {
    /// From 1; where the row begins.
    package var line: Int
    /// The row's id or the beginning of its prompt, when it has one.
    package var row: String?
    /// What is wrong and what would be right.
    package var sentence: String

    package init(line: Int, row: String? = nil, sentence: String) {
        self.line = line
        self.row = row
        self.sentence = sentence
    }

    package var description: String {
        "line \(line): " + (row.map { "\($0): " } ?? "") + sentence
    }
}

/// A bank file with at least one bad row. Nothing of it is used.
package struct BankRejected: Error, Sendable, Hashable, CustomStringConvertible {
    /// In order of lines; at least one.
    package var faults: [BankFault]

    package init(faults: [BankFault]) { self.faults = faults.sorted { $0.line < $1.line } }

    init(line: Int, _ sentence: String) { faults = [BankFault(line: line, sentence: sentence)] }

    /// One line a fault.
    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
