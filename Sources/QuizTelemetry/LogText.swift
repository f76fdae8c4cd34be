import Logging

/// Turns what was logged into text that cannot break the line it stands in.
enum LogText {
    /// Bytes of one value or message; the rest is cut and marked with an ellipsis.
    static let valueBytesMax = 4_096
    /// Entries of one array or dictionary; more are left out.
    static let entriesMax = 64
    /// Arrays and dictionaries inside one another; deeper ones are written as "…".
    static let depthMax = 4

    /// Appends a JSON string with its quotes (RFC 8259, section 7).
    static func appendJSONString(_ text: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        appendEscaped(text, quoteAsWell: true, to: &line)
        line.append(UInt8(ascii: "\""))
    }

    /// Appends text for a terminal: control characters are written as escapes, so that nobody's nickname can move the
    /// cursor.
    static func appendPlain(_ text: String, to line: inout [UInt8]) {
        appendEscaped(text, quoteAsWell: false, to: &line)
    }

    static func appendJSON(_ value: Logger.MetadataValue, depth: Int = 0, to line: inout [UInt8]) {
        switch value {
        case .string(let text): appendJSONString(text, to: &line)
        case .stringConvertible(let value):
            if let literal = jsonLiteral(value) {
                line.append(contentsOf: literal.utf8)
            } else {
                appendJSONString(value.description, to: &line)
            }
        case .array, .dictionary:
            guard depth < depthMax else { return appendJSONString("…", to: &line) }
            appendJSONContainer(value, depth: depth, to: &line)
        }
    }

    /// Appends an object with its keys in order, so that equal metadata give equal lines.
    static func appendJSONObject(_ metadata: Logger.Metadata, depth: Int = 0, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "{"))
        var first = true
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }).prefix(entriesMax) {
            if !first { line.append(UInt8(ascii: ",")) }
            first = false
            appendJSONString(key, to: &line)
            line.append(UInt8(ascii: ":"))
            appendJSON(value, depth: depth + 1, to: &line)
        }
        line.append(UInt8(ascii: "}"))
    }

    private static func appendJSONContainer(_ value: Logger.MetadataValue, depth: Int, to line: inout [UInt8]) {
        switch value {
        case .dictionary(let entries): appendJSONObject(entries, depth: depth, to: &line)
        case .array(let elements):
            line.append(UInt8(ascii: "["))
            for (index, element) in elements.prefix(entriesMax).enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                appendJSON(element, depth: depth + 1, to: &line)
            }
            line.append(UInt8(ascii: "]"))
        case .string, .stringConvertible: appendJSON(value, depth: depth, to: &line)
        }
    }

    /// JSON's own form of a number or Boolean; nil for everything else, infinities included.
    private static func jsonLiteral(_ value: any CustomStringConvertible & Sendable) -> String? {
        switch value {
        case let flag as Bool: flag ? "true" : "false"
        case let integer as any BinaryInteger: String(describing: integer)
        case let number as Double: number.isFinite ? "\(number)" : nil
        case let number as Float: number.isFinite ? "\(number)" : nil
        default: nil
        }
    }

    private static func appendEscaped(_ text: String, quoteAsWell: Bool, to line: inout [UInt8]) {
        let start = line.count
        for scalar in text.unicodeScalars {
            guard line.count - start < valueBytesMax else {
                line.append(contentsOf: "…".utf8)
                return
            }
            switch scalar {
            case "\"" where quoteAsWell: line.append(contentsOf: #"\""#.utf8)
            case "\\": line.append(contentsOf: #"\\"#.utf8)
            case "\n": line.append(contentsOf: #"\n"#.utf8)
            case "\r": line.append(contentsOf: #"\r"#.utf8)
            case "\t": line.append(contentsOf: #"\t"#.utf8)
            // C0, DEL, C1 and the two separators that some readers take for line feeds.
            case _
            where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028
                || scalar.value == 0x2029:
                let digits = String(scalar.value, radix: 16)
                line.append(contentsOf: #"\u"#.utf8)
                line.append(contentsOf: String(repeating: "0", count: 4 - digits.utf8.count).utf8)
                line.append(contentsOf: digits.utf8)
            default: if let bytes = UTF8.encode(scalar) { line.append(contentsOf: bytes) }
            }
        }
    }
}
