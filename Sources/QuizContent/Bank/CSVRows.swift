/// A row and the line on which it begins, from 1.
struct CSVRow {
    var line: Int
    var fields: [String]
}

/// RFC 4180: fields in quotes may hold commas, line breaks and doubled quotes. Lines end in CR LF or LF.
enum CSVRows {
    /// - Throws: `BankRejected` for a quote that never closes or stands in the middle of a field.
    static func parse(_ text: String) throws(BankRejected) -> [CSVRow] {
        var rows: [CSVRow] = []
        var row = CSVRow(line: 1, fields: [])
        var field = ""
        var line = 1
        var isQuoted = false
        /// A quoted field has ended; only a separator may follow.
        var isClosed = false

        func endRow() {
            row.fields.append(field)
            field = ""
            if row.fields != [""] { rows.append(row) }  // an empty line is no row
        }

        var scalars = text.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            if isQuoted {
                if scalar == "\"" {
                    if scalars.first == "\"" {
                        scalars.removeFirst()
                        field.unicodeScalars.append("\"")
                    } else {
                        isQuoted = false
                        isClosed = true
                    }
                } else {
                    if scalar == "\n" { line += 1 }
                    field.unicodeScalars.append(scalar)
                }
                continue
            }
            switch scalar {
            case ",":
                row.fields.append(field)
                field = ""
                isClosed = false
            case "\r" where scalars.first == "\n": break
            case "\n":
                endRow()
                line += 1
                row = CSVRow(line: line, fields: [])
                isClosed = false
            case "\"" where field.isEmpty && !isClosed: isQuoted = true
            case "\"": throw BankRejected(line: row.line, "A quote stands in the middle of a field.")
            default:
                guard !isClosed else { throw BankRejected(line: row.line, "There is text behind a closing quote.") }
                field.unicodeScalars.append(scalar)
            }
        }
        guard !isQuoted else { throw BankRejected(line: row.line, "A quote never closes.") }
        if !field.isEmpty || !row.fields.isEmpty || isClosed { endRow() }
        return rows
    }

    /// In quotes where it must be.
    static func quote(_ field: String) -> String {
        guard field.unicodeScalars.contains(where: { [",", "\"", "\r", "\n"].contains($0) }) else { return field }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }
}
