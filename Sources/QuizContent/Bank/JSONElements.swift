internal import Foundation

/// A value inside a JSON text and the line on which it begins.
struct JSONElement {
    var bytes: ArraySlice<UInt8>
    /// From 1.
    var line: Int
}

/// Cuts a JSON text into its outermost parts, so that each can be decoded and reported on its own line.
///
/// It only finds where values begin and end; whether they are valid is for the decoder to say.
struct JSONElements {
    private let bytes: [UInt8]
    private var position: Int
    private var line: Int

    /// The members of an object.
    ///
    /// - Throws: `BankRejected` with the line at which the text stops being JSON.
    static func members(of bytes: [UInt8]) throws(BankRejected) -> [String: JSONElement] {
        var scanner = JSONElements(bytes: bytes, position: bytes.startIndex, line: 1)
        var members: [String: JSONElement] = [:]
        try scanner.expect("{")
        while true {
            if try scanner.takes("}") { break }
            let name = try scanner.value()
            try scanner.expect(":")
            let value = try scanner.value()
            guard let text = try? JSONDecoder().decode(String.self, from: Data(name.bytes)) else {  // not a text
                throw BankRejected(line: name.line, "A member's name is missing.")
            }
            members[text] = value
            if try !scanner.takes(",") {
                try scanner.expect("}")
                break
            }
        }
        try scanner.expectEnd()
        return members
    }

    /// The elements of an array.
    static func elements(of array: JSONElement) throws(BankRejected) -> [JSONElement] {
        var scanner = JSONElements(bytes: Array(array.bytes), position: 0, line: array.line)
        var elements: [JSONElement] = []
        try scanner.expect("[")
        if try scanner.takes("]") { return [] }
        while true {
            elements.append(try scanner.value())
            if try !scanner.takes(",") {
                try scanner.expect("]")
                try scanner.expectEnd()
                return elements
            }
        }
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x0A: line += 1
            case 0x20, 0x09, 0x0D: break
            default: return
            }
            position += 1
        }
    }

    private mutating func takes(_ symbol: Unicode.Scalar) throws(BankRejected) -> Bool {
        skipSpace()
        guard position < bytes.count else { throw BankRejected(line: line, "The JSON text ends too early.") }
        guard bytes[position] == UInt8(ascii: symbol) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ symbol: Unicode.Scalar) throws(BankRejected) {
        guard try takes(symbol) else {
            throw BankRejected(line: line, "The JSON text is broken: `\(symbol)` is missing.")
        }
    }

    private mutating func expectEnd() throws(BankRejected) {
        skipSpace()
        guard position == bytes.count else {
            throw BankRejected(line: line, "There is something behind the JSON text.")
        }
    }

    /// One whole value: a text, or everything up to the end of its brackets, or a bare word.
    private mutating func value() throws(BankRejected) -> JSONElement {
        skipSpace()
        let start = position
        let startLine = line
        var depth = 0
        scan: while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""): try skipText()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { break scan }
                depth -= 1
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                if depth == 0 { break scan }
                position += 1
            case 0x0A, 0x20, 0x09, 0x0D:
                skipSpace()
                continue
            default:
                position += 1
                if depth == 0 { continue }
            }
            if depth == 0 { break }
        }
        guard depth == 0, position > start else {
            throw BankRejected(line: startLine, "The JSON text is broken: a value is missing.")
        }
        return JSONElement(bytes: bytes[start..<position], line: startLine)
    }

    private mutating func skipText() throws(BankRejected) {
        let startLine = line
        position += 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\\"): position += 2
            case UInt8(ascii: "\""):
                position += 1
                return
            case 0x0A: throw BankRejected(line: startLine, "A text does not end on its line.")
            default: position += 1
            }
        }
        throw BankRejected(line: startLine, "A text does not end.")
    }
}

/// Decodes one element and says in a sentence what is wrong with it.
enum JSONRow {
    static func decode<Row: Decodable>(_ type: Row.Type, from element: JSONElement) throws(BankRejected) -> Row {
        do {
            return try JSONDecoder().decode(type, from: Data(element.bytes))
        } catch DecodingError.keyNotFound(let key, let context) {
            throw BankRejected(line: element.line, "`\(path(context.codingPath + [key]))` is missing.")
        } catch DecodingError.typeMismatch(_, let context) {
            throw BankRejected(line: element.line, "`\(path(context.codingPath))` is of the wrong type.")
        } catch DecodingError.valueNotFound(_, let context) {
            throw BankRejected(line: element.line, "`\(path(context.codingPath))` is null.")
        } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
            throw BankRejected(line: element.line, "`\(path(context.codingPath))`: \(context.debugDescription)")
        } catch {
            throw BankRejected(line: element.line, "This is not valid JSON.")
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.map { key in key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)" }.joined().trimmingPrefix(".")
            .description
    }
}
