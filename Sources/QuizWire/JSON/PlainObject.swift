package import NIOCore

/// Reads a JSON object of a usual form without building anything: no blanks, no escapes, whole numbers.
///
/// For the few commands that come in bursts. A client's JSON library writes this form; whatever else is legal is nil here and read by
/// Foundation, whose verdict and sentences count. So this may refuse anything, and must never read what Foundation reads otherwise.
package struct PlainObject {
    package enum Value: Equatable {
        case text(String)
        case number(Int)
        case numbers([Int])
    }

    /// More keys than a command has.
    private static let membersMax = 8
    private static let digitsMax = 9
    private static let numbersMax = 64

    private var members: [(key: String, value: Value)] = []

    /// - Parameter json: well-formed UTF-8.
    package init?(_ json: ByteBuffer) {
        let found: [(key: String, value: Value)]? = json.withUnsafeReadableBytes { bytes in
            var reader = Reader(bytes: bytes)
            return reader.object()
        }
        guard let found else { return nil }
        members = found
    }

    package var count: Int { members.count }

    package subscript(key: String) -> Value? { members.first { $0.key == key }?.value }

    /// One that is text; nil when it is missing or something else.
    package func text(_ key: String) -> String? {
        if case .text(let text)? = self[key] { text } else { nil }
    }

    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var index = 0

        private mutating func take(_ byte: UInt8) -> Bool {
            guard index < bytes.count, bytes[index] == byte else { return false }
            index += 1
            return true
        }

        mutating func object() -> [(key: String, value: Value)]? {
            var members: [(key: String, value: Value)] = []
            members.reserveCapacity(4)
            guard take(UInt8(ascii: "{")) else { return nil }
            repeat {
                guard members.count < PlainObject.membersMax, let key = string(), take(UInt8(ascii: ":")),
                    let value = value(), !members.contains(where: { $0.key == key })
                else { return nil }
                members.append((key, value))
            } while take(UInt8(ascii: ","))
            return take(UInt8(ascii: "}")) && index == bytes.count ? members : nil
        }

        private mutating func value() -> Value? {
            guard index < bytes.count else { return nil }
            switch bytes[index] {
            case UInt8(ascii: "\""): return string().map { .text($0) }
            case UInt8(ascii: "["): return array().map { .numbers($0) }
            default: return number().map { .number($0) }
            }
        }

        private mutating func string() -> String? {
            guard take(UInt8(ascii: "\"")) else { return nil }
            let start = index
            while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                guard bytes[index] >= 0x20, bytes[index] != UInt8(ascii: "\\") else { return nil }
                index += 1
            }
            let text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self)
            return take(UInt8(ascii: "\"")) ? text : nil
        }

        private mutating func array() -> [Int]? {
            guard take(UInt8(ascii: "[")) else { return nil }
            var numbers: [Int] = []
            if take(UInt8(ascii: "]")) { return numbers }
            repeat {
                guard numbers.count < PlainObject.numbersMax, let next = number() else { return nil }
                numbers.append(next)
            } while take(UInt8(ascii: ","))
            return take(UInt8(ascii: "]")) ? numbers : nil
        }

        /// Digits without a zero in front; what stands behind them is the caller's to judge.
        private mutating func number() -> Int? {
            let start = index
            var number = 0
            while index < bytes.count, bytes[index].isDecimalDigit {
                guard index - start < PlainObject.digitsMax else { return nil }
                number = number * 10 + Int(bytes[index] - UInt8(ascii: "0"))
                index += 1
            }
            let count = index - start
            return count > 0 && (count == 1 || bytes[start] != UInt8(ascii: "0")) ? number : nil
        }
    }
}
