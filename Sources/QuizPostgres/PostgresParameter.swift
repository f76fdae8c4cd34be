package import QuizModel

/// A parameter of a statement in PostgreSQL's binary format. Statements cast each one (`$1::uuid`), which fixes its
/// type.
package struct PostgresParameter: Sendable {
    /// Nil: NULL.
    package private(set) var bytes: [UInt8]?
    /// Text with U+0000 in it: the server would refuse the whole statement (and with it other people's rows), so the
    /// connection refuses it before anything is sent.
    private(set) var isUnsuitable = false

    package static let null = PostgresParameter(bytes: nil)

    static func bool(_ value: Bool) -> Self { Self(bytes: [value ? 1 : 0]) }
    package static func int4(_ value: Int) -> Self { Self(bytes: bigEndian(Int32(clamping: value))) }
    package static func int8(_ value: Int64) -> Self { Self(bytes: bigEndian(value)) }
    package static func int8(_ value: Int64?) -> Self { value.map(Self.int8) ?? .null }
    package static func uuid(_ value: some UniqueIdentifier) -> Self { Self(bytes: bigEndian(value.value)) }
    package static func bytea(_ value: [UInt8]) -> Self { Self(bytes: value) }

    package static func text(_ value: String?) -> Self {
        guard let value else { return .null }
        let bytes = Array(value.utf8)
        return Self(bytes: bytes, isUnsuitable: bytes.contains(0))
    }

    // MARK: One-dimensional arrays

    package static func int4s(_ values: [Int?]) -> Self {
        array(values, type: 23) { append(number: $0.map(Int32.init(clamping:)), to: &$1) }
    }

    package static func int8s(_ values: [Int64?]) -> Self { array(values, type: 20) { append(number: $0, to: &$1) } }

    static func bools(_ values: [Bool]) -> Self {
        array(values, type: 16) { append(number: UInt8($0 ? 1 : 0), to: &$1) }
    }

    package static func uuids(_ values: [some UniqueIdentifier]) -> Self {
        array(values, type: 2_950) { append(number: $0.value, to: &$1) }
    }

    static func byteas(_ values: [[UInt8]]) -> Self {
        array(values, type: 17) { value, bytes in
            append(Int32(value.count), to: &bytes)
            bytes.append(contentsOf: value)
        }
    }

    package static func texts(_ values: [String?]) -> Self {
        var isUnsuitable = false
        var parameter = array(values, type: 25) { value, bytes in
            guard let value else { return append(missing, to: &bytes) }
            append(Int32(value.utf8.count), to: &bytes)
            bytes.append(contentsOf: value.utf8)
            if value.utf8.contains(0) { isUnsuitable = true }
        }
        parameter.isUnsuitable = isUnsuitable
        return parameter
    }

    /// The length that stands for NULL.
    private static let missing = Int32(-1)

    /// Header: dimensions, "may hold NULLs", element type; then for the dimension its length and lower bound; then the
    /// elements, each behind its length.
    ///
    /// - Parameter type: the element's OID in `pg_type`; those of built-in types never change.
    private static func array<Element>(
        _ values: [Element], type: Int32, _ write: (Element, inout [UInt8]) -> Void
    ) -> Self {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + values.count * 36)
        let header = values.isEmpty ? [0, 0, type] : [1, 1, type, Int32(values.count), 1]
        for word in header { append(word, to: &bytes) }
        for value in values { write(value, &bytes) }
        return Self(bytes: bytes)
    }

    private static func append(number: (some FixedWidthInteger)?, to bytes: inout [UInt8]) {
        guard let number else { return append(missing, to: &bytes) }
        append(Int32(number.bitWidth / 8), to: &bytes)
        append(number, to: &bytes)
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
