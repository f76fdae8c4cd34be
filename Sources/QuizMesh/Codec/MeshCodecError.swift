/// Why bytes are no message, or why a message cannot be bytes.
package struct MeshCodecError: Error, Hashable, CustomStringConvertible {
    package enum Code: String, Hashable, Sendable {
        /// The bytes end before the value does, or announce more than there are.
        case truncated
        /// Something follows the message.
        case trailingBytes
        /// A number, a length or a text outside its range, or not in its one form.
        case outOfRange
        /// A tag inside a message, or a kind of frame, that has no meaning.
        case unknownTag
        /// A message of a kind this version does not know: from a newer peer it is skipped.
        case unknownMessage
        /// A frame longer than its kind allows.
        case oversized
    }

    package var code: Code
    /// The place: `attach.nickname`.
    package var context: String

    init(_ code: Code, _ context: String) {
        self.code = code
        self.context = context
    }

    package var description: String { "\(code.rawValue) at \(context)" }
}
