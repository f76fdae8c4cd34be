/// Why bytes are not a room input, snapshot or result. They come from our own journal, so this means corruption or a
/// newer version's format, never a client's mistake.
package struct RoomCodecError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The bytes end too early.
        case truncated
        /// Bytes follow the end.
        case trailingBytes
        /// The first byte, or the rules number, is of a version this build cannot read.
        case unsupportedVersion
        /// A tag is of no known case.
        case unknownTag
        /// A number, length or text breaks its rule.
        case outOfRange
        /// The parts do not fit together.
        case inconsistent
    }

    package var code: Code
    /// Where: the type or field that was being read.
    package var context: String

    package init(_ code: Code, _ context: String) {
        self.code = code
        self.context = context
    }

    package var description: String { "\(code) while reading \(context)" }
}
